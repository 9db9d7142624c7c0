"""Recipes: every choice of a training run, validated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from ..errors import RecipeError
from ..plain_json import one_line
from ..toml import tomllib
from .baseline_sections import BASELINES, BaselineName, BaselineSections
from .common_sections import (
    FeatureSection,
    FineTuningSection,
    LossSection,
    ModelSection,
    SourceSection,
    TableSection,
    TrainingSection,
)
from .goal_sections import GoalName, NeighborsSection
from .growing_section import GrowingSection
from .label_sections import LabelSections
from .objective_names import LABELLED, ObjectiveName
from .pair_sections import PairsSection
from .reconstruction_sections import ReconstructionSections
from .section_base import Section
from .strategy_sections import OptimizerName, StrategySections
from .teacher_sections import TeacherSections

__all__ = ["METHODS", "Recipe", "known_keys", "nearest"]


# recipes of the baselines, shallow and deep, which learn without labels
METHODS: tuple[str, ...] = (*BASELINES, *ReconstructionSections.model_fields)


class _Shared(Section):
    """What every run has; bases of a recipe are read from the last, so that these come first."""

    name: str = "default"
    bits: Annotated[int, Field(ge=1, le=4096)] = 64
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data: str = "digits"
    data_root: str | None = None
    source: SourceSection = SourceSection()
    baseline: BaselineName = "none"
    objective: ObjectiveName = "ucch"
    optimizer: OptimizerName = "rotation"
    goal: GoalName = "auto"
    pairs: PairsSection = PairsSection()
    features: FeatureSection = FeatureSection()
    model: ModelSection = ModelSection()
    table: TableSection = TableSection()
    loss: LossSection = LossSection()
    training: TrainingSection = TrainingSection()
    fine_tuning: FineTuningSection = FineTuningSection()
    neighbors: NeighborsSection = NeighborsSection()
    growing: GrowingSection = GrowingSection()


class Recipe(BaselineSections, StrategySections, ReconstructionSections, LabelSections, TeacherSections, _Shared):
    """Everything that decides a training run.

    Sections hold the choices of their part, those named after an optimizer, objective or baseline what it alone
    needs, and stand in the file of their kind; fields and defaults are listed in ``docs/recipe_fields.md``. With a
    ``baseline`` nothing is trained in epochs, and only ``features`` and the baseline's own section count. A recipe is
    frozen: :func:`with_settings` returns a changed copy.
    """

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
            return cls.from_values(tomllib.loads(text))
        except RecipeError:
            raise
        except (ValueError, RecursionError) as error:  # numbers too long and nesting too deep are no TOMLDecodeError
            raise RecipeError(f"recipe is not TOML: {one_line(error)}") from error

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Recipe:
        """Check values, nested by section; what they leave out keeps its default.

        Raises:
            RecipeError: an unknown key, a wrong type, or a value out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"] if not _is_union_branch(part))
            if first["type"] == "extra_forbidden":
                raise RecipeError(f"recipe has no key {key!r}{nearest(key, known_keys())}") from error
            raise RecipeError(f"recipe key {key}: {first['msg'].lower()}, got {first['input']!r}") from error


def known_keys(model: type[BaseModel] = Recipe, prefix: str = "") -> list[str]:
    """Keys of a recipe with their sections, ``loss.temperature``, in the order of its fields."""
    keys = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def nearest(word: str, words: Iterable[str]) -> str:
    """``; did you mean word?`` where one of ``words`` is near, else nothing."""
    near = get_close_matches(word, list(words), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _is_union_branch(part: int | str) -> bool:
    return isinstance(part, int) or "[" in part or "-" in part or part in {"int", "str"}
