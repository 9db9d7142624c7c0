"""How much better the two views of a pair fit than views of different pairs, as a number that is normal by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from .. import baselines

__all__ = ["pair_agreement"]

_FOLDS, _REFERENCE, _OTHERS = 8, 8192, 512  # parts of the pairs; pairs learnt from; others a pair is compared with
_NEIGHBORS, _DIRECTIONS, _RIDGE = 20, 64, 0.3
_CHUNK = 2048


class _Sides(NamedTuple):
    """Vectors of images and of texts, (n, d) each, whose inner products say how well an image fits a text."""

    image: Tensor
    text: Tensor


@torch.no_grad()
def pair_agreement(image: Tensor, text: Tensor, *, seed: int = 0) -> Tensor:
    """Say how well the views of every pair fit, in closed form and without labels.

    Pairs are parted at random into eight. From the other seven, at most 8,192 pairs of them, a part learns three
    ways to compare an image with a text: cosines between canonical directions of both; between the text and the mean
    text of the 20 nearest images; between the image and the mean image of the 20 nearest texts. Each is brought to
    mean 0 and deviation 1 over what an image, and what a text, gets from up to 512 pairs of its own part, and the three
    are added up. The agreement of a pair is the share of all image-text combinations of it with those pairs which fit
    no less than its own two views, turned into the normal quantile with that much beyond it.

    Whether a pair is compared with itself or with others, nothing was learnt from either. So the agreement of a pair
    whose views were put together at random is standard normal, whatever the features; that of a right one is higher.

    Args:
        image: (N, dx) scaled features; N >= 80.
        text: (N, dy), the same items.
        seed: of the parts and of the pairs compared with.

    Returns:
        (N,) float32. O(N (m + k) d + d^3) for m = 8,192 and d = dx + dy.

    Raises:
        ValueError: rows are not paired, or too few.

    Note:
        **Ours.** A permutation test of each pair, learnt on others (cross-fitting).

    Example:
        >>> rows = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
        >>> bool(pair_agreement(rows, rows).median() > 1.5)
        True
    """
    if len(image) != len(text) or len(image) < 10 * _FOLDS:
        raise ValueError(
            f"image and text must have one row per pair and at least {10 * _FOLDS},"
            f" got {len(image)} and {len(text)} rows"
        )
    if not all((rows != rows[:1]).any() for rows in (image, text)):
        return torch.zeros(len(image))  # all alike: nothing is known
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(image)))
    found = torch.empty(len(image))
    for number in range(_FOLDS):
        part = order[number::_FOLDS]
        outside = torch.ones(len(image), dtype=torch.bool)
        outside[part] = False
        learnt = order[outside[order]][:_REFERENCE]
        sides = _ways_to_compare(image[learnt], text[learnt], image[part], text[part])
        found[part] = _quantiles(sides, torch.arange(min(_OTHERS, len(part))))
    return found


def _ways_to_compare(image: Tensor, text: Tensor, asked_image: Tensor, asked_text: Tensor) -> list[_Sides]:
    """Learn from pairs (n, dx), (n, dy) what to compare of others."""
    directions = baselines.canonical_directions(image, text, _DIRECTIONS, ridge=_RIDGE)
    u, v = directions.outputs(asked_image, asked_text)
    root = directions.strength.clamp(0, 1).to(u.dtype).sqrt()
    x, y = (rows - rows.mean(dim=0) for rows in (image, text))
    x, y = normalize(x, dim=1), normalize(y, dim=1)
    asked_x = normalize(asked_image - image.mean(dim=0), dim=1)
    asked_y = normalize(asked_text - text.mean(dim=0), dim=1)
    return [
        _Sides(normalize(u * root, dim=1), normalize(v * root, dim=1)),
        _Sides(_mean_partner(asked_x, x, y), asked_y),
        _Sides(asked_x, _mean_partner(asked_y, y, x)),
    ]


def _mean_partner(asked: Tensor, known: Tensor, partners: Tensor) -> Tensor:
    """Mean partner of the nearest known rows, (m, d)."""
    count = min(_NEIGHBORS, max(1, len(known) // 10))
    parts = []
    for rows in torch.split(asked, _CHUNK):
        nearest = (rows @ known.T).topk(count, dim=1).indices
        parts.append(partners[nearest].mean(dim=1))
    return torch.cat(parts)


def _quantiles(ways: list[_Sides], others: Tensor) -> Tensor:
    """Normal quantiles of the own fit of every row among its fits with ``others``: (n,)."""
    n = len(ways[0].image)
    own, by_image, by_text = torch.zeros(n), torch.zeros(n, len(others)), torch.zeros(n, len(others))
    for way in ways:
        a, b = way.image @ way.text[others].T, way.text @ way.image[others].T  # an image asks texts; a text images
        a_mean, b_mean = a.mean(dim=1, keepdim=True), b.mean(dim=1, keepdim=True)
        a_size, b_size = (rows.std(dim=1, keepdim=True).clamp(min=1e-12) for rows in (a, b))
        fit = (way.image * way.text).sum(dim=1)
        own += (fit - a_mean[:, 0]) / a_size[:, 0] + (fit - b_mean[:, 0]) / b_size[:, 0]
        by_image += (a - a_mean) / a_size + (a - b_mean[others].T) / b_size[others].T
        by_text += (b - b_mean) / b_size + (b - a_mean[others].T) / a_size[others].T
    foreign = others[None, :] != torch.arange(n)[:, None]
    above, level = torch.zeros(n), torch.zeros(n)
    for fits in (by_image, by_text):
        above += ((fits > own[:, None]) & foreign).sum(dim=1)
        level += ((fits == own[:, None]) & foreign).sum(dim=1)
    share = (above + level / 2 + 0.5) / (2 * foreign.sum(dim=1) + 1)
    quantiles: Tensor = -torch.special.ndtri(share.double()).float()
    return quantiles
