"""What every baseline is: options, a fit without labels, codes of every view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor

from .._checks import positive_int
from ..codes import PackedCodes
from ..data import FeatureScaler, Items, Pairs
from ..data.arrays import FeatureArray, row_chunks
from ..models import HashModel, HashTower

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Baseline", "Learned"]


@dataclass(frozen=True, eq=False)
class Learned:
    """Towers that a method found, and its objective after every sweep where it has one."""

    image_tower: HashTower
    text_tower: HashTower
    objective: tuple[float, ...] = ()


@dataclass(eq=False)
class Baseline(ABC):
    """Learn a map from the features of each modality to codes, from pairs alone.

    Features are scaled first, as those of a trained model are. What is learnt is a
    :class:`~ucch.models.HashModel` whose codes are the signs of its outputs, so that it is saved, evaluated and
    searched like any other.

    Args:
        n_bits: D, the bits of a code.
        image_scaling, text_scaling: modes of :class:`~ucch.data.FeatureScaler`.
        seed: decides everything random.

    Attributes:
        model: what :meth:`fit` learnt.
        objective: the objective after every sweep of an iterative method; empty for others.
        section: the recipe section that holds a method's own options.
        one_view: whether the method makes sense of one view.

    Raises:
        TypeError, ValueError: an option is not what it must be.
    """

    n_bits: int = 64
    image_scaling: str = field(default="auto", kw_only=True)
    text_scaling: str = field(default="auto", kw_only=True)
    seed: int = field(default=0, kw_only=True)

    section: ClassVar[str] = "linear"
    one_view: ClassVar[bool] = False

    def __post_init__(self) -> None:
        positive_int("n_bits", self.n_bits)
        self.objective: tuple[float, ...] = ()

    @abstractmethod
    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        """Find the towers.

        Args:
            image: (n, dx) scaled features, float32.
            text: (n, dy), of the same items.
            generator: source of everything drawn.
        """

    def learn_views(
        self, views: Sequence[Tensor], generator: torch.Generator
    ) -> tuple[tuple[HashTower, ...], tuple[float, ...]]:
        """Find a tower for each of some views, (n, d) scaled features, and the objective; here of one or two.

        A view by itself is image and text at once, which suits the methods that ask nothing of pairs (``one_view``).

        Raises:
            ValueError: the method needs image and text.
        """
        if len(views) > 2 or (len(views) == 1 and not self.one_view):
            raise ValueError(f"{type(self).__name__} needs image and text, got {len(views)} views")
        learned = self.learn(views[0], views[-1], generator)
        return (learned.image_tower, learned.text_tower)[: len(views)], learned.objective

    def fit(self, image: FeatureArray, text: FeatureArray) -> Self:
        """Learn from paired features, (n, dx) and (n, dy).

        Raises:
            DataError: an array has the wrong kind or shape, is not finite, or the row counts differ.
            ValueError: the features do not suit the method.
        """
        return self.fit_pairs(Pairs(image, text))

    @torch.no_grad()
    def fit_pairs(self, pairs: Pairs) -> Self:
        """Learn from pairs, whose labels are not read; of several captions, each makes a pair with its image."""
        scalers = (
            FeatureScaler.fit(pairs.image, self.image_scaling, name=pairs.array_name("image")),
            FeatureScaler.fit(pairs.text, self.text_scaling, name=pairs.array_name("text")),
        )
        image, text = (_scaled(*side) for side in zip(scalers, (pairs.image, pairs.text), strict=True))
        if pairs.image_of_text is not None:
            image = image[torch.from_numpy(np.asarray(pairs.item_of_text))]
        learned = self.learn(image, text, torch.Generator().manual_seed(self.seed))
        self.model = HashModel(*scalers, learned.image_tower, learned.text_tower).eval()
        self.objective = learned.objective
        return self

    @torch.no_grad()
    def fit_items(self, items: Items) -> Self:
        """Learn from items of any views, whose labels are not read; pairs as :meth:`fit_pairs` does.

        Raises:
            ValueError: the method does not suit such views.
        """
        if isinstance(items, Pairs):
            return self.fit_pairs(items)
        scalers = {
            name: FeatureScaler.fit(
                rows, self.image_scaling if name == "image" else self.text_scaling, name=items.array_name(name)
            )
            for name, rows in items.views.items()
        }
        views = [_scaled(scaler, items.views[name]) for name, scaler in scalers.items()]
        towers, self.objective = self.learn_views(views, torch.Generator().manual_seed(self.seed))
        self.model = HashModel.of_views(scalers, dict(zip(scalers, towers, strict=True))).eval()
        return self

    def encode_image(self, image: FeatureArray) -> PackedCodes:
        """Encode image features, (n, dx), into packed codes, (n, ceil(D/8)).

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: the features are not a finite (n, dx) matrix.
        """
        return self._fitted().encode_image(image)

    def encode_text(self, text: FeatureArray) -> PackedCodes:
        """Encode text features, (n, dy), into packed codes, (n, ceil(D/8)).

        Raises:
            NotFittedError: before :meth:`fit`.
            DataError: the features are not a finite (n, dy) matrix.
        """
        return self._fitted().encode_text(text)

    def _fitted(self) -> HashModel:
        if not hasattr(self, "model"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit(image, text) first")
        return self.model


def _scaled(scaler: FeatureScaler, features: FeatureArray) -> Tensor:
    return torch.cat([scaler(torch.from_numpy(np.array(features[rows]))) for rows in row_chunks(features)])
