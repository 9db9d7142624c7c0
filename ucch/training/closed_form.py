"""Towers that start where the features are: ITQ in a space that modalities share, CCA with a rotation elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor

from .. import baselines
from ..data import Pairs
from ..models import HashTower
from ..recipe.recipe import Recipe
from ..teachers import item_features

__all__ = ["closed_form_towers", "sampled_features", "start_features"]

_MOST = 10_000  # pairs that the start is fitted to


def sampled_features(recipe: Recipe, pairs: Pairs, most: int = _MOST) -> tuple[Tensor, Tensor]:
    """Scaled features of at most ``most`` pairs with both sides, evenly spread; of several captions, their mean.

    Returns:
        (n, dx) and (n, dy).
    """
    scaling = recipe.features
    return item_features(
        pairs.complete().spread(most), image_scaling=scaling.image_scaling, text_scaling=scaling.text_scaling
    )


def start_features(
    recipe: Recipe, pairs: Pairs, sampled: tuple[Tensor, Tensor], *, shared: bool, most: int = _MOST
) -> tuple[Tensor, Tensor]:
    """Scaled features that a start is fitted to: in a shared space, where nothing asks for pairs, every side there is.

    Args:
        recipe, pairs, most: as of :func:`sampled_features`.
        sampled: what that gave, which is the answer where no item lacks a side.
        shared: whether the modalities share a space.

    Returns:
        ``sampled``; where items lack a side and a space is shared, (n, dx) and (m, dx).
    """
    if pairs.all_complete or not shared:
        return sampled
    some, scaling = pairs.spread(most), recipe.features
    sides = item_features(some, image_scaling=scaling.image_scaling, text_scaling=scaling.text_scaling)
    image, text = (rows[torch.from_numpy(some.seen[kind])] for kind, rows in zip(("image", "text"), sides, strict=True))
    return image, text


def closed_form_towers(
    image: Tensor, text: Tensor, n_bits: int, *, shared: bool, seed: int
) -> tuple[HashTower, HashTower]:
    """Fit linear towers without training, each modality centred by its own mean.

    Args:
        image: (n, dx) features as the towers see them, of training pairs; a sample is enough.
        text: (n, dy).
        n_bits: D.
        shared: whether the modalities share a space: then :class:`~ucch.baselines.StackedItq`, one map, whose layer
            both towers hold; else :class:`~ucch.baselines.CcaItq`.
        seed: of the rotation's start.

    Returns:
        Towers of one layer. O(n d^2 + d^3 + n D^2) work, d = dx + dy.
    """
    method = (baselines.StackedItq if shared else baselines.CcaItq)(n_bits)
    learned = method.learn(image, text, torch.Generator().manual_seed(seed))
    by_image, by_text = learned.image_tower, learned.text_tower
    if shared:
        by_text[-1] = by_image[-1]
    return by_image, by_text
