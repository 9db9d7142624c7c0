"""Recipes: every choice of a training run, validated, from TOML and ``--set key=value``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from ..errors import RecipeError
from ..files import check_file
from ..plain_json import one_line
from .baseline_sections import BaselineName, CmfhSection, FshSection, LinearSection, LsshSection
from .goal_sections import GoalName, NeighborsSection
from .label_sections import LabelSection, MlwchLikeSection, UniHashSection
from .objective_names import LABELLED, ObjectiveName
from .reconstruction_sections import CirhSection, DgcpnSection, DjsrhSection, JdshSection
from .sections import Count, NotNegative, Positive, Section, Share
from .strategy_sections import (
    BiHalfSection,
    BopSection,
    ContinuationSection,
    DiscreteSection,
    GreedySection,
    ItqSection,
    OptimizerName,
    QuantizationSection,
    StraightThroughSection,
)
from .teacher_sections import MieSection, TeacherSection, UchmLikeSection

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Recipe", "apply_recipe", "full_key", "load_recipe", "recipe_names", "with_settings"]


_LONGEST = 1 << 20


class FeatureSection(Section):
    """How features are scaled before the towers; fitted on the training rows."""

    image_scaling: Literal["auto", "none", "center", "global", "standard", "unit"] = "auto"
    text_scaling: Literal["auto", "none", "center", "global", "standard", "unit"] = "auto"


class ModelSection(Section):
    """The two hash towers; 3 and 2 linear layers as published, or, started in closed form, one linear map.

    With ``nested`` the first 32, 64, 128 and so on bits of a code are codes themselves.
    """

    start: Literal["auto", "closed-form", "random"] = "auto"
    width: Count = 1024
    image_layers: Count = 3
    text_layers: Count = 2
    nested: bool = False


class TableSection(Section):
    """The code table and its optimizer (Hu et al. 2023, section 3.2)."""

    momentum: Share = 0.4
    normalize: bool = True
    init: Literal["unbiased", "published"] = "unbiased"
    negatives: Literal["shared", "per_anchor"] = "shared"
    n_negatives: Count = 4096
    mask_own: bool = True
    warmup_epochs: Annotated[int, Field(ge=0)] = 1
    placement: Literal["replicated", "sharded"] = "replicated"


class LossSection(Section):
    """``beta`` times the contrastive hashing loss plus ``1 - beta`` times the ranking loss (Eq. 2)."""

    beta: Annotated[float, Field(ge=0, le=1)] = 0.7
    temperature: Positive = 0.9
    ranking: Literal["cross_modal", "max_margin"] = "cross_modal"
    margin: NotNegative = 0.2
    shift: NotNegative = 0.1
    kappa: Positive = 1.0


class TrainingSection(Section):
    """The loop around them.

    With ``calibrate`` one pair in twenty, at least 100 (one in ten of under 1,000) and at most 1,000, is set aside to
    learn what distances mean; where pairs are set aside anyway, to keep the best epoch or for the guarantee of a goal,
    those are taken without it.
    """

    epochs: Count | Literal["auto"] = "auto"
    batch_size: Annotated[int, Field(ge=2)] = 256
    learning_rate: Positive = 1e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    weight_decay: NotNegative = 1e-6
    clip_norm: Positive = 1.0
    nonfinite_steps: Count = 10
    precision: Literal["float32", "bfloat16"] = "float32"
    keep: Literal["last", "best"] = "last"
    validation_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    calibrate: bool = False


class SourceSection(Section):
    """Photographs and captions to take features from, instead of ``data``; empty where ``data`` is used."""

    images: str = ""
    captions: str = ""
    encoding: str = ""
    image_encoder: str = ""
    text_encoder: str = ""
    query_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    split_seed: Annotated[int, Field(ge=0)] = 0
    group_near: bool = False
    max_bad: Annotated[float, Field(ge=0, le=1)] = 0.05


class FineTuningSection(Section):
    """The image encoder trained on with the towers, after the published code's mode for raw images."""

    enabled: bool = False
    frozen_epochs: Annotated[int, Field(ge=0)] = 5
    encoder_learning_rate: Positive = 1e-5
    augment: bool = True
    smallest_crop: Annotated[float, Field(gt=0, le=1)] = 0.5
    pictures_at_once: Count = 32


class Recipe(Section):
    """Everything that decides a training run.

    Sections hold the choices of their part, those named after an optimizer, objective or baseline what it alone
    needs; fields and defaults are listed in ``docs/recipe_fields.md``. With a ``baseline`` nothing is trained in
    epochs, and only ``features`` and the baseline's own section count. A recipe is frozen: :func:`with_settings`
    returns a changed copy.
    """

    name: str = "default"
    bits: Annotated[int, Field(ge=1, le=4096)] = 64
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data: str = "digits"
    data_root: str | None = None
    source: SourceSection = SourceSection()
    baseline: BaselineName = "none"
    objective: ObjectiveName = "ucch"
    optimizer: OptimizerName = "momentum"
    goal: GoalName = "auto"
    features: FeatureSection = FeatureSection()
    model: ModelSection = ModelSection()
    table: TableSection = TableSection()
    loss: LossSection = LossSection()
    training: TrainingSection = TrainingSection()
    fine_tuning: FineTuningSection = FineTuningSection()
    neighbors: NeighborsSection = NeighborsSection()
    teacher: TeacherSection = TeacherSection()
    mie: MieSection = MieSection()
    uchm_like: UchmLikeSection = UchmLikeSection()
    labels: LabelSection = LabelSection()
    unihash: UniHashSection = UniHashSection()
    mlwch_like: MlwchLikeSection = MlwchLikeSection()
    djsrh: DjsrhSection = DjsrhSection()
    jdsh: JdshSection = JdshSection()
    dgcpn: DgcpnSection = DgcpnSection()
    cirh: CirhSection = CirhSection()
    straight_through: StraightThroughSection = StraightThroughSection()
    continuation: ContinuationSection = ContinuationSection()
    greedy: GreedySection = GreedySection()
    bi_half: BiHalfSection = BiHalfSection()
    bop: BopSection = BopSection()
    discrete: DiscreteSection = DiscreteSection()
    itq: ItqSection = ItqSection()
    quantization: QuantizationSection = QuantizationSection()
    linear: LinearSection = LinearSection()
    cmfh: CmfhSection = CmfhSection()
    lssh: LsshSection = LsshSection()
    fsh: FshSection = FshSection()

    @property
    def wants_labels(self) -> bool:
        """Whether the objective learns from labels, those of the data or made up from the features."""
        return self.baseline == "none" and self.objective in LABELLED

    @property
    def supervised(self) -> bool:
        """Whether training reads the labels of the data; labels made up from the features do not count."""
        return self.wants_labels and self.labels.pseudo == "none"

    def to_toml(self) -> str:
        """Write the recipe out in full; :func:`load_recipe` reads it back equal."""
        return tomli_w.dumps(self.model_dump(exclude_none=True))

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """Read a recipe from TOML text; what it leaves out keeps its default.

        Raises:
            RecipeError: not TOML, an unknown key, a wrong type, or a value out of range.
        """
        try:
            return _validate(tomllib.loads(text))
        except RecipeError:
            raise
        except (ValueError, RecursionError) as error:  # numbers too long and nesting too deep are no TOMLDecodeError
            raise RecipeError(f"recipe is not TOML: {one_line(error)}") from error


def recipe_names() -> list[str]:
    """Names of the recipes that ship with the package, sorted."""
    folder = resources.files("ucch.recipes")
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(name_or_path: str | Path | Recipe, settings: Iterable[str] = ()) -> Recipe:
    """Read a recipe by name or from a file and apply settings.

    Args:
        name_or_path: a recipe as it is, a name of :func:`recipe_names`, or a ``.toml`` file; what it leaves out keeps
            its default.
        settings: ``key=value`` texts as of :func:`with_settings`.

    Raises:
        RecipeError: no such recipe, not TOML, an unknown key, a wrong type, or a value out of range.
    """
    if isinstance(name_or_path, Recipe):
        return with_settings(name_or_path, settings)
    try:
        return with_settings(Recipe.from_toml(_recipe_text(name_or_path)), settings)
    except RecipeError as error:
        raise RecipeError(f"{name_or_path}: {error}") from error


def apply_recipe(base: Recipe, name: str) -> Recipe:
    """Change what a named recipe says, and nothing else.

    Args:
        base: where to start.
        name: one of :func:`recipe_names`.

    Raises:
        RecipeError: no such recipe.
    """
    values = base.model_dump(exclude_none=True)
    for key, value in tomllib.loads(_recipe_text(name)).items():
        values[key] = {**values[key], **value} if isinstance(value, dict) else value
    return _validate(values)


def _recipe_text(name_or_path: str | Path) -> str:
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.exists():
        return _read(path)
    if (word := str(name_or_path).replace("_", "-").lower()) in recipe_names():
        return resources.files("ucch.recipes").joinpath(f"{word}.toml").read_text(encoding="utf-8")
    raise RecipeError(
        f"recipe must be a .toml file or one of {', '.join(recipe_names())}, got {str(name_or_path)!r}"
        + _nearest(str(name_or_path), recipe_names())
    )


def _read(path: Path) -> str:
    try:
        check_file(path, RecipeError, said="recipe")
        with open(path, "rb") as file:
            raw = file.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise RecipeError(f"recipe {path} is longer than {_LONGEST:,} bytes, as no recipe is")
        return raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error


def with_settings(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """Change single choices.

    Args:
        recipe: where to start.
        settings: texts ``key=value``; the key with its section (``loss.temperature``) or alone where only one
            section has it (``temperature``), the value as in TOML, quotes around words optional.

    Raises:
        RecipeError: a text has no ``=``, the key is unknown or stands in several sections, the value does not fit.

    Example:
        >>> with_settings(Recipe(), ["temperature=0.5"]).loss.temperature
        0.5
    """
    if not (settings := list(settings)):
        return recipe
    values = recipe.model_dump(exclude_none=True)
    for setting in settings:
        key, found, text = setting.partition("=")
        if not found:
            raise RecipeError(f"a setting must read key=value, got {setting!r}")
        *sections, leaf = full_key(key.strip()).split(".")
        target = values
        for section in sections:
            target = target[section]
        target[leaf] = _toml_value(text.strip())
    return _validate(values)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        pass
    try:
        return float(text)  # .5 and 1e-4, which TOML would write 0.5 and 1e-4
    except ValueError:
        return text


def _known_keys(model: type[BaseModel] = Recipe, prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += _known_keys(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def full_key(key: str) -> str:
    """Complete a key by its section: ``temperature`` to ``loss.temperature``.

    Raises:
        RecipeError: the key is unknown or stands in several sections.
    """
    known = _known_keys()
    if key in known:
        return key
    ends = [full for full in known if full.rpartition(".")[2] == key]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise RecipeError(f"setting {key!r} stands in several sections; say which of {', '.join(ends)}")
    leaves = {full.rpartition(".")[2]: full for full in known}
    near = get_close_matches(key, [*known, *leaves], n=1)
    hint = f"; did you mean {leaves.get(near[0], near[0])}?" if near else f"; keys are {', '.join(known)}"
    raise RecipeError(f"recipe has no key {key!r}{hint}")


def _nearest(word: str, words: Iterable[str]) -> str:
    near = get_close_matches(word, list(words), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _validate(values: Mapping[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if not _is_union_branch(part))
        if first["type"] == "extra_forbidden":
            raise RecipeError(f"recipe has no key {key!r}{_nearest(key, _known_keys())}") from error
        raise RecipeError(f"recipe key {key}: {first['msg'].lower()}, got {first['input']!r}") from error


def _is_union_branch(part: int | str) -> bool:
    return isinstance(part, int) or "[" in part or "-" in part or part in {"int", "str"}
