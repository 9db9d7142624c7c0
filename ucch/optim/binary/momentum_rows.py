"""The momentum table's rule round any optimizer: rows follow where it wants them, at unit length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..._checks import interval
from ..momentum import momentum_binary_
from .binary_map import LatentRule, row_view

__all__ = ["MomentumRows"]


@dataclass(frozen=True)
class MomentumRows(LatentRule):
    """Let rows follow the base's steps: ``v <- unit(m v + (1 - m) unit(v'))``, where v' is what the base made of v.

    With ``SGD(lr=1)`` and the gradient of ``|v - t|^2 / 2`` for a mean view t, v' is t and this is the rule of
    :class:`MomentumBinary`. A row that the base leaves as it is stays as it is.

    Args:
        momentum: m, weight of the old row in [0, 1); .4 as published.
        normalize: bring v' and the new row to unit length (default).

    Shape:
        - latent values: any; a row is everything under one index of the first dimension, a vector is one row.

    Raises:
        ValueError: ``momentum`` is outside [0, 1).

    Note:
        Rows of length 1 have entries of about ``1 / sqrt(D)``, which the rate of the base has to fit. Memory: a copy of
        the latent values during a step, in the parameter itself where it is of their dtype. Cost: about seven passes
        over the parameter, most of them over blocks in the cache. For a long table of which a step touches few rows use
        :class:`MomentumBinary`, whose cost is that of the rows.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, Eq. 5 and section 3.2.

    Example:
        >>> import torch
        >>> row = torch.tensor([[0.0, 2.0]])
        >>> MomentumRows(momentum=0.5).move(row, torch.tensor([[1.0, 0.0]]))
        >>> row
        tensor([[0.7071, 0.7071]])
    """

    name: ClassVar[str] = "momentum-rows"
    needs_before: ClassVar[bool] = True
    momentum: float = 0.4
    normalize: bool = True

    def __post_init__(self) -> None:
        interval("momentum", self.momentum, 0.0, 1.0, open_high=True)

    def move(self, latent: Tensor, before: Tensor | None) -> None:
        if before is None:
            raise ValueError("before must be the latent values before the step of the base, got None")
        old, new = row_view(before), row_view(latent)
        if not new.numel():
            return
        same = (new[:, 0] == old[:, 0]).nonzero().squeeze(1)  # few, of which most stay
        stays = same[(new[same] == old[same]).all(dim=1)]
        momentum_binary_(old, new, momentum=self.momentum, normalize=self.normalize)
        new[stays] = old[stays]
        if new.data_ptr() != latent.data_ptr():  # the rows of values that lie in another order are a copy
            latent.copy_(new.view_as(latent))
