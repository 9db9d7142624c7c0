"""Towers that start where the features are: ITQ in a space that modalities share, CCA with a rotation elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..baselines import canonical_directions, rotated, stacked_components
from ..data import Pairs
from ..models import HashTower
from ..teachers import item_features, partner_percentile
from .recipe import Recipe

__all__ = ["closed_form_towers", "sampled_features", "shares_a_space"]

_MOST = 10_000  # pairs that the start is fitted to
_SHARED = 0.9  # partner percentile from which both modalities are taken to share a space; unrelated columns have .5
_RIDGE, _SWEEPS = 1e-4, 50


def sampled_features(recipe: Recipe, pairs: Pairs, most: int = _MOST) -> tuple[Tensor, Tensor]:
    """Scaled features of at most ``most`` pairs, evenly spread: (n, dx), (n, dy); of several captions, their mean."""
    step = -(-len(pairs) // most)
    sample = pairs if step == 1 else pairs.take(np.arange(0, len(pairs), step))
    scaling = recipe.features
    return item_features(sample, image_scaling=scaling.image_scaling, text_scaling=scaling.text_scaling)


def shares_a_space(image: Tensor, text: Tensor) -> bool:
    """Whether the modalities lie in one space, as those of CLIP do: equally wide, and partners are near in it.

    Args:
        image: (n, dx) features of a sample of training pairs.
        text: (n, dy).
    """
    if image.shape[1] != text.shape[1] or len(image) < 2:
        return False
    return partner_percentile(image[:2048], text[:2048]) >= _SHARED


def closed_form_towers(
    image: Tensor, text: Tensor, n_bits: int, *, shared: bool, seed: int
) -> tuple[HashTower, HashTower]:
    """Fit linear towers without training, each modality centred by its own mean.

    Args:
        image: (n, dx) features as the towers see them, of training pairs; a sample is enough.
        text: (n, dy).
        n_bits: D.
        shared: whether the modalities share a space: then ITQ of both stacked, one map, whose layer both towers hold;
            else CCA, weighted by the correlations, and a rotation.
        seed: of the rotation's start.

    Returns:
        Towers of one layer. O(n d^2 + d^3 + n D^2) work, d = dx + dy.

    Reference:
        Gong et al., "Iterative Quantization", IEEE TPAMI 35(12), 2013. Stacking the modalities is ours.
    """
    if shared:
        space = stacked_components(image, text, n_bits)
    else:
        found = canonical_directions(image, text, n_bits, ridge=_RIDGE)
        space = replace(found, image=found.image * found.strength, text=found.text * found.strength)
    generator = torch.Generator().manual_seed(seed)
    learned = rotated(space, image, text, n_bits, sweeps=_SWEEPS, generator=generator)
    by_image, by_text = learned.image_tower, learned.text_tower
    assert isinstance(by_image, HashTower)
    assert isinstance(by_text, HashTower)
    if shared:
        by_text[-1] = by_image[-1]
    return by_image, by_text
