"""Towers that start where the features are: ITQ in a space that views share, CCA with a rotation elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .. import baselines
from ..data import FeatureScaler, Items, Pairs
from ..data.arrays import row_chunks
from ..errors import RecipeError
from ..models import HashTower
from ..recipe.recipe import Recipe
from ..teachers import item_features

__all__ = ["MOST_FITTED", "check_start", "closed_form_towers", "sampled_features", "start_features"]

MOST_FITTED = 10_000  # pairs that a start is fitted to


def sampled_features(recipe: Recipe, items: Items, most: int = MOST_FITTED) -> tuple[Tensor, ...]:
    """Scaled features of at most ``most`` items with all views, evenly spread; of several captions, their mean.

    Returns:
        (n, d) for each view.
    """
    some, scaling = items.complete().spread(most), recipe.features
    if isinstance(some, Pairs):
        return item_features(some, image_scaling=scaling.image_scaling, text_scaling=scaling.text_scaling)
    return tuple(
        torch.cat([scaler(torch.from_numpy(np.array(rows[part]))) for part in row_chunks(rows, 4096)])
        for name, rows in some.views.items()
        for scaler in [FeatureScaler.fit(rows, scaling.of(name), name=some.array_name(name))]
    )


def start_features(
    recipe: Recipe, pairs: Items, sampled: tuple[Tensor, ...], *, shared: bool, most: int = MOST_FITTED
) -> tuple[Tensor, ...]:
    """Scaled features that a start is fitted to: in a shared space, where nothing asks for pairs, every side there is.

    Args:
        recipe, pairs, most: as of :func:`sampled_features`.
        sampled: what that gave, which is the answer where no item lacks a side.
        shared: whether the views share a space.

    Returns:
        ``sampled``; where items lack a side and a space is shared, (n, dx) and (m, dx).
    """
    if not isinstance(pairs, Pairs) or pairs.all_complete or not shared:
        return sampled
    some, scaling = pairs.spread(most), recipe.features
    sides = item_features(some, image_scaling=scaling.image_scaling, text_scaling=scaling.text_scaling)
    image, text = (rows[torch.from_numpy(some.seen[kind])] for kind, rows in zip(("image", "text"), sides, strict=True))
    return image, text


def check_start(n_views: int, *, shared: bool) -> None:
    """Refuse a start in closed form of views that no map takes to one space.

    Raises:
        RecipeError: three views or more that share no space.
    """
    if not shared and n_views != 2:
        raise RecipeError(
            f"a closed-form start of {n_views} views needs a space that they share; take the goal categories, which"
            " starts at random (--goal categories)"
        )


def closed_form_towers(views: Sequence[Tensor], n_bits: int, *, shared: bool, seed: int) -> tuple[HashTower, ...]:
    """Fit linear towers without training, each view centred by its own mean.

    Args:
        views: (n, d) features of each as the towers see them, of training items; a sample is enough.
        n_bits: D.
        shared: whether the views share a space: then :class:`~ucch.baselines.StackedItq`, one map, whose layer all
            towers hold; else, of two views, :class:`~ucch.baselines.CcaItq`.
        seed: of the rotation's start.

    Returns:
        Towers of one layer. O(n d^2 + d^3 + n D^2) work, d the columns of all views.

    Raises:
        RecipeError: as :func:`check_start`.
    """
    check_start(len(views), shared=shared)
    method = (baselines.StackedItq if shared else baselines.CcaItq)(n_bits)
    towers = method.learn_views(views, torch.Generator().manual_seed(seed))[0]
    if shared:
        for tower in towers[1:]:
            tower[-1] = towers[0][-1]
    return towers
