"""The scikit-learn face for one view: fit on embeddings, transform them to codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sklearn.base import TransformerMixin

from .codes import PackedCodes
from .data import Items
from .data.arrays import FeatureArray
from .data.items import ALONE
from .data.row_forms import as_rows
from .errors import DataError
from .estimator_base import HasherBase
from .models import HashModel
from .recipe import Recipe

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Hasher"]


class Hasher(TransformerMixin, HasherBase):  # type: ignore[misc]
    """Learn codes that keep the neighbours of features, from one view alone, without labels.

    For embeddings of texts, or of images, in one space. For image and text take :class:`~ucch.CrossModalHasher`.

    Args:
        n_bits: D, the bits of a code; 64 by default.
        recipe: name or ``.toml`` file of the other choices, ``itq``, ``sign`` and ``lsh`` among them; a
            :class:`~ucch.training.Recipe` is taken as it is.
        settings: ``key=value`` changes of the recipe, as ``ucch train --set``.
        epochs: passes over the items; None leaves it to the recipe.
        seed: decides everything random.
        device: ``auto``, ``cpu`` or ``cuda``.
        objective: a class of one's own to train by, as of :class:`~ucch.training.Trainer`.

    Attributes:
        model_: the trained :class:`~ucch.models.HashModel`.
        recipe_: the recipe it was trained by.
        outcome_: what the codes are for and why, and what they keep of items set aside.
        n_features_in_: width of the features seen in :meth:`fit`.

    Example:
        >>> import numpy as np
        >>> features = np.random.default_rng(0).normal(size=(200, 12))
        >>> Hasher(16, epochs=1).fit(features).transform(features[:3]).shape
        (3, 2)
    """

    fit_call: ClassVar[str] = "fit(features)"

    def fit(self, X: FeatureArray, y: object = None) -> Self:  # noqa: N803 - as scikit-learn calls it
        """Learn from features.

        Args:
            X: (n, d) real finite numbers: an array, a tensor, lists or a column of ``datasets``.
            y: not read.

        Raises:
            DataError: an array has the wrong kind or shape, or is not finite.
            RecipeError: an option has the wrong type or is out of range, or the recipe needs pairs.
        """
        return self._learn(self._full_recipe(), Items({ALONE: as_rows(ALONE, X)}))

    def transform(self, X: FeatureArray) -> PackedCodes:  # noqa: N803
        """Encode features (n, d) into packed codes (n, ceil(D/8)).

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: the features are not a finite (n, d) matrix.
        """
        model = self._fitted()
        return model.encode(model.names[0], X)

    def _take(self, model: HashModel, recipe: Recipe) -> None:
        if len(model.names) > 1:
            raise DataError(
                f"a Hasher has one view, got a model of {', '.join(model.names)}; load it by CrossModalHasher"
            )
        super()._take(model, recipe)
        self.n_features_in_ = model.tower(model.names[0]).n_features
