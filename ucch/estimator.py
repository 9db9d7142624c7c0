"""The scikit-learn face: fit on pairs, encode either modality."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from .codes import PackedCodes
from .data import Pairs, multi_hot
from .data.arrays import FeatureArray
from .data.row_forms import as_rows
from .data.sides import Mask, one_sided_pairs
from .errors import RecipeError, RunError
from .models import HashModel
from .recipe import Recipe, load_recipe
from .training import Objective, TrainingLoop, choose_device, fit_baseline
from .training.calibrate import calibrated, for_calibration
from .training.growing import Earlier, grown_recipe

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CrossModalHasher"]


class CrossModalHasher(BaseEstimator):  # type: ignore[misc]
    """Learn codes that images and texts share, from pairs without labels unless the recipe asks for them.

    Args:
        n_bits: D, the bits of a code; 64 by default.
        recipe: name or ``.toml`` file of the other choices, a baseline such as ``cvh`` among them; a
            :class:`~ucch.training.Recipe` is taken as it is.
        settings: ``key=value`` changes of the recipe, as ``ucch train --set``.
        epochs: passes over the pairs; None leaves it to the recipe.
        seed: decides everything random.
        device: ``auto``, ``cpu`` or ``cuda``.
        objective: a class of one's own to train by, as of :class:`~ucch.training.Trainer`.

    Attributes:
        model_: the trained :class:`~ucch.models.HashModel`.
        recipe_: the recipe it was trained by.
        outcome_: what the codes are for and why, and what they keep of pairs set aside where that was the goal.
        calibration_: what distances mean (:class:`~ucch.calibration.PartnerCalibration`), where pairs were set aside;
            else None.
        n_features_image_, n_features_text_: widths of the features seen in :meth:`fit`.

    Note:
        :meth:`fit` is the loop of ``ucch train`` without its files: pairs are held out where the recipe says so, and
        what that command warns of is a Python warning.

        As scikit-learn has it, the constructor only stores; wrong values are refused by :meth:`fit`.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023.

    Example:
        >>> from ucch.data import load_digits_pairs
        >>> digits = load_digits_pairs()
        >>> hasher = CrossModalHasher(n_bits=16, epochs=1).fit(digits.train.image, digits.train.text)
        >>> hasher.encode_text(digits.query.text[:3]).shape
        (3, 2)
    """

    def __init__(
        self,
        n_bits: int = 64,
        *,
        recipe: str | Path | Recipe = "default",
        settings: Sequence[str] = (),
        epochs: int | None = None,
        seed: int = 0,
        device: str = "auto",
        objective: type[Objective] | None = None,
    ) -> None:
        self.n_bits = n_bits
        self.recipe = recipe
        self.settings = settings
        self.epochs = epochs
        self.seed = seed
        self.device = device
        self.objective = objective

    def fit(
        self,
        image: FeatureArray,
        text: FeatureArray,
        label: object = None,
        *,
        image_seen: Mask | None = None,
        text_seen: Mask | None = None,
    ) -> Self:
        """Learn from paired features.

        Args:
            image: (n, dx) real finite numbers: an array, a tensor, lists or a column of ``datasets``; row i belongs to
                row i of ``text``.
            text: (n, dy) real finite numbers.
            label: for the recipes ``unihash`` and ``mlwch-like``: classes (n,) or 0/1 multi-hot (n, C); read by no
                other recipe.
            image_seen, text_seen: (n,) bool, which items have that side, where not all have (docs/missing_sides.md).
                With ``settings=["one_sided=keep"]`` or ``drop`` a row all of NaN says the same.

        Raises:
            DataError: an array has the wrong kind or shape, is not finite, the row counts differ, or the recipe needs
                labels and there are none.
            RecipeError: an option has the wrong type or is out of range.
        """
        recipe = self._full_recipe()
        pairs = _pairs(recipe, image, text, label, image_seen, text_seen)
        self._earlier: Earlier | None = None
        if recipe.baseline != "none" and self.objective is None:
            rows, unseen = for_calibration(recipe, pairs)
            self._take(fit_baseline(recipe, pairs.take(rows) if len(unseen) else pairs)[0], recipe)
            self.calibration_ = calibrated(self.model_, pairs, unseen)
            return self
        return self._trained(TrainingLoop(recipe, pairs, device=choose_device(self.device), objective=self.objective))

    def partial_fit(
        self,
        image: FeatureArray,
        text: FeatureArray,
        *,
        image_seen: Mask | None = None,
        text_seen: Mask | None = None,
    ) -> Self:
        """Learn from more pairs; the first call is :meth:`fit`.

        Later calls go on from what is learnt, as ``ucch train --continue`` (docs/growing.md): towers stay near what
        they were, and earlier pairs take part by their codes, not by their features. Of an estimator that was loaded
        those are not known. ``step_share`` and its like of the recipe's section ``growing`` say how long.

        Args:
            image, text, image_seen, text_seen: new pairs, as of :meth:`fit`, of the same widths.

        Raises:
            DataError: as of :meth:`fit`, or features of another width.
            RecipeError: the recipe's method does not go on, a baseline for one.
        """
        if not hasattr(self, "model_"):
            return self.fit(image, text, image_seen=image_seen, text_seen=text_seen)
        if self.objective is not None:
            raise RecipeError(
                f"an objective of one's own does not go on, got objective={self.objective.__name__}; fit on all pairs"
            )
        recipe = grown_recipe(self.recipe_)
        earlier = self._earlier
        if earlier is None:
            earlier = Earlier(self.model_, self.recipe_)
        pairs = _pairs(recipe, image, text, None, image_seen, text_seen)
        return self._trained(TrainingLoop(recipe, pairs, device=choose_device(self.device), earlier=earlier))

    def _trained(self, loop: TrainingLoop) -> Self:
        self._take(loop.train(_warn), loop.trainer.recipe)
        self.outcome_ = loop.outcome()
        self.calibration_ = loop.calibration(self.model_)
        if self.objective is None:
            self._earlier = Earlier.of_trainer(loop.trainer, self.model_)
        return self

    def encode_image(self, image: FeatureArray) -> PackedCodes:
        """Encode image features (n, dx) into packed codes (n, ceil(D/8)).

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: the features are not a finite (n, dx) matrix.
        """
        return self._fitted().encode_image(image)

    def encode_text(self, text: FeatureArray) -> PackedCodes:
        """Encode text features (n, dy) into packed codes (n, ceil(D/8)).

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: the features are not a finite (n, dy) matrix.
        """
        return self._fitted().encode_text(text)

    def encode_item(
        self,
        image: FeatureArray,
        text: FeatureArray,
        *,
        image_seen: Mask | None = None,
        text_seen: Mask | None = None,
    ) -> PackedCodes:
        """Encode pictures with their texts, (n, dx) and (n, dy), into one packed code each (n, ceil(D/8)).

        Args:
            image, text: features, row by row of one item.
            image_seen, text_seen: (n,) bool, which items have that side; None for all.

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: the features are no finite matrices of as many rows.
        """
        return self._fitted().encode_item(image, text, image_seen=image_seen, text_seen=text_seen)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the trained model, as safetensors, with its recipe inside.

        Raises:
            NotFittedError: before :meth:`fit`.
            RunError: the file exists and ``overwrite`` is off, or cannot be written.
        """
        model = self._fitted()
        if Path(path).exists() and not overwrite:
            raise RunError(f"{path} exists; pass overwrite=True to replace it")
        model.save(Path(path))

    @classmethod
    def load(cls, path: str | Path) -> CrossModalHasher:
        """Read a model that :meth:`save` or ``ucch train`` wrote; no code in the file is run.

        Raises:
            RunError: the file is missing, damaged, or no model of this format.
        """
        model = HashModel.load(Path(path))
        recipe = Recipe.from_toml(model.recipe) if model.recipe else Recipe(bits=model.n_bits)
        hasher = cls(n_bits=model.n_bits, recipe=recipe, seed=recipe.seed)
        hasher._take(model, recipe)
        hasher._earlier = None
        return hasher

    def _full_recipe(self) -> Recipe:
        """The recipe with the options of the constructor, validated as a whole."""
        settings = [*self.settings, f"bits={self.n_bits}", f"seed={self.seed}"]
        if self.epochs is not None:
            settings.append(f"epochs={self.epochs}")
        return load_recipe(self.recipe, settings)

    def _take(self, model: HashModel, recipe: Recipe) -> None:
        self.model_, self.recipe_ = model, recipe
        self.n_features_image_ = model.image_tower.n_features
        self.n_features_text_ = model.text_tower.n_features

    def _fitted(self) -> HashModel:
        if not hasattr(self, "model_"):
            raise NotFittedError("this CrossModalHasher is not fitted yet; call fit(image, text) or load(path) first")
        return self.model_


def _pairs(
    recipe: Recipe,
    image: FeatureArray,
    text: FeatureArray,
    label: object,
    image_seen: Mask | None,
    text_seen: Mask | None,
) -> Pairs:
    """Pairs of what a user gives, by what the recipe makes of missing sides."""
    image, text = as_rows("image", image), as_rows("text", text)
    labels, how = None if label is None else multi_hot({"label": label})["label"], recipe.pairs.one_sided
    if how == "refuse":
        return Pairs(image, text, labels, image_seen=image_seen, text_seen=text_seen)
    return one_sided_pairs(image, text, labels, {"image": image_seen, "text": text_seen}, how=how, split="")


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)
