"""ITQ: principal components of the pair, turned so that taking signs loses least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import positive_int
from ..models import HashTower
from ..optim import ItqRotation, itq_error
from .baseline import Baseline, Learned
from .directions import Directions, pair_components
from .linear_maps import linear_tower

__all__ = ["Itq", "rotated", "rotated_towers"]


def rotated(
    space: Directions, image: Tensor, text: Tensor, n_bits: int, *, sweeps: int, generator: torch.Generator
) -> Learned:
    """Turn a space by one ITQ rotation fitted to the outputs of both modalities.

    A space of fewer dimensions than bits is padded with zeros, so that the rotation finds D directions in it.

    Args:
        space: of at most D dimensions.
        image: (n, dx) features that the rotation is fitted to; text: (n, dy).
        n_bits: D.
        sweeps: of the fit.
        generator: of the random start.

    Returns:
        Towers, and the quantisation error per item before and after the fit.
    """
    maps = (space.image, space.image_mean), (space.text, space.text_mean)
    (by_image, by_text), errors = rotated_towers(maps, (image, text), n_bits, sweeps=sweeps, generator=generator)
    return Learned(by_image, by_text, errors)


def rotated_towers(
    maps: Sequence[tuple[Tensor, Tensor]],
    views: Sequence[Tensor],
    n_bits: int,
    *,
    sweeps: int,
    generator: torch.Generator,
) -> tuple[tuple[HashTower, ...], tuple[float, ...]]:
    """Do :func:`rotated` for any number of views, each with its map (d, r), r at most D, and its mean (d,)."""
    values = torch.cat(
        [(rows - mean.to(rows.dtype)) @ matrix.to(rows.dtype) for rows, (matrix, mean) in zip(views, maps, strict=True)]
    )
    values = torch.nn.functional.pad(values, (0, n_bits - values.shape[1])).float()
    rotation = ItqRotation(n_bits, n_iterations=sweeps, generator=generator)
    before = itq_error(values, rotation.matrix)
    rotation.fit(rotation(values))
    turn = rotation.matrix[: maps[0][0].shape[1]].double()
    errors = tuple(float(error) / len(values) for error in (before, itq_error(values, rotation.matrix)))
    return tuple(linear_tower(matrix @ turn, mean) for matrix, mean in maps), errors


@dataclass(eq=False)
class Itq(Baseline):
    """Rotate the leading principal components of the pair towards the corners of the cube, and take signs.

    The space is that of :class:`~ucch.baselines.Sign`; one rotation serves both modalities.

    Args:
        ridge: of the regressions, as a share of a modality's mean variance.
        rotation_sweeps: of the rotation's fit; 50 as published.

    Note:
        The publication rotates the components of one modality; joining two is ours. :class:`~ucch.baselines.CcaItq`
        is its form for two views.

    Reference:
        Gong et al., "Iterative Quantization: A Procrustean Approach to Learning Binary Codes for Large-scale Image
        Retrieval", IEEE TPAMI 35(12), 2013.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Itq(8).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    ridge: float = field(default=1e-4, kw_only=True)
    rotation_sweeps: int = field(default=50, kw_only=True)

    one_view: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        positive_int("rotation_sweeps", self.rotation_sweeps)

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        space = pair_components(image, text, self.n_bits, ridge=self.ridge)
        return rotated(space, image, text, self.n_bits, sweeps=self.rotation_sweeps, generator=generator)
