"""The scikit-learn face: fit on pairs, encode either modality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from .codes import PackedCodes
from .data import Items, Pairs, multi_hot
from .data.arrays import FeatureArray
from .data.row_forms import as_rows
from .data.sides import Mask, one_sided_pairs
from .errors import DataError, RecipeError
from .estimator_base import HasherBase
from .models import HashModel
from .recipe import Recipe
from .training import TrainingLoop, choose_device
from .training.growing import Earlier, grown_recipe

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["CrossModalHasher"]


class CrossModalHasher(HasherBase):
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
        n_features_image_, n_features_text_: widths of the features seen in :meth:`fit`, so for every view by its name.

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

    fit_call: ClassVar[str] = "fit(image, text)"
    _earlier: Earlier | None = None

    def fit(
        self,
        image: FeatureArray | Mapping[str, FeatureArray],
        text: FeatureArray | None = None,
        label: object = None,
        *,
        image_seen: Mask | None = None,
        text_seen: Mask | None = None,
    ) -> Self:
        """Learn from paired features, or from those of any views of the same items.

        Args:
            image: (n, dx) real finite numbers: an array, a tensor, lists or a column of ``datasets``; row i belongs to
                row i of ``text``. Or all views by name, ``{"image": ..., "text": ..., "audio": ...}``; :meth:`encode`
                then takes the name.
            text: (n, dy) real finite numbers; left out beside views by name.
            label: for the recipes ``unihash`` and ``mlwch-like``: classes (n,) or 0/1 multi-hot (n, C); read by no
                other recipe.
            image_seen, text_seen: (n,) bool, which items have that side, where not all have (docs/missing_sides.md).
                With ``settings=["one_sided=keep"]`` or ``drop`` a row all of NaN says the same.

        Raises:
            DataError: an array has the wrong kind or shape, is not finite, the row counts differ, or the recipe needs
                labels, or image and text, and there are none.
            RecipeError: an option has the wrong type or is out of range.
        """
        self._earlier, recipe = None, self._full_recipe()
        return self._learn(recipe, _items(recipe, image, text, label, image_seen, text_seen))

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
        items = _items(recipe, image, text, None, image_seen, text_seen)
        return self._trained(TrainingLoop(recipe, items, device=choose_device(self.device), earlier=earlier))

    def _trained(self, loop: TrainingLoop) -> Self:
        super()._trained(loop)
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

    def _take(self, model: HashModel, recipe: Recipe) -> None:
        super()._take(model, recipe)
        for name, tower in model.towers().items():
            setattr(self, f"n_features_{name}_", tower.n_features)


def _items(
    recipe: Recipe,
    image: FeatureArray | Mapping[str, FeatureArray],
    text: FeatureArray | None,
    label: object,
    image_seen: Mask | None,
    text_seen: Mask | None,
) -> Items:
    """Items of what a user gives; of pairs, by what the recipe makes of missing sides."""
    named: Mapping[str, FeatureArray]
    if isinstance(image, Mapping):
        if text is not None:
            raise DataError("text must be left out beside views by name, got both; put it into the mapping")
        named = image
    elif text is None:
        raise DataError("text must be given beside image; one view alone goes to ucch.Hasher")
    else:
        named = {"image": image, "text": text}
    views = {name: as_rows(name, features) for name, features in named.items()}
    labels, how = None if label is None else multi_hot({"label": label})["label"], recipe.pairs.one_sided
    if set(views) != {"image", "text"}:
        if image_seen is not None or text_seen is not None:
            raise DataError("image_seen and text_seen go with pairs of image and text; leave them out")
        return Items(views, labels)
    pair = views["image"], views["text"], labels
    if how == "refuse":
        return Pairs(*pair, image_seen=image_seen, text_seen=text_seen)
    return one_sided_pairs(*pair, {"image": image_seen, "text": text_seen}, how=how, split="")
