"""UCCH's momentum binary optimizer: table rows follow the outputs, their signs are the codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize as unit

from .._checks import interval
from .table_optimizer import TableOptimizer

__all__ = ["MomentumBinary", "momentum_binary"]


def momentum_binary(row: Tensor, target: Tensor, *, momentum: float, normalize: bool) -> Tensor:
    """Move table rows towards what was observed.

    ``v <- unit(momentum v + (1 - momentum) unit(t))``, or without the two ``unit`` where ``normalize`` is off.

    Args:
        row: (B, D) latent values v.
        target: (B, D) mean views t.
        momentum: weight of the old row in [0, 1).
        normalize: bring target and result to unit length.

    Returns:
        (B, D) new rows. A row of zero length stays zero, and its code +1.

    Example:
        >>> import torch
        >>> momentum_binary(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]]), momentum=0.5, normalize=True)
        tensor([[0.7071, 0.7071]])
    """
    if not normalize:
        return momentum * row + (1 - momentum) * target
    return unit(momentum * row + (1 - momentum) * unit(target, dim=1), dim=1)


def momentum_binary_(row: Tensor, target: Tensor, *, momentum: float, normalize: bool) -> None:
    """As :func:`momentum_binary` but for rounding, written over ``target``: for whole tables, in half the passes."""
    share = 1 - momentum
    target.mul_(share / _length(target) if normalize else share).add_(row, alpha=momentum)
    if normalize:
        target.div_(_length(target))


def _length(rows: Tensor) -> Tensor:
    """Lengths as :func:`torch.nn.functional.normalize` takes them: (R, 1)."""
    length: Tensor = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return length.clamp_min_(1e-12)


class MomentumBinary(TableOptimizer):
    """Learn binary codes by momentum on latent values: the optimizer of UCCH.

    For every row that :meth:`CodeBank.observe <ucch.optim.CodeBank.observe>` reached since the last step, with t the
    mean of its views, ``v <- unit(momentum v + (1 - momentum) unit(t))``. The gradient deposited there is ``v - t``,
    so without normalisation this is sparse gradient descent with rate ``1 - momentum``. A bit of the code flips when
    the accumulated mean changes sign; with the default of .4 the newest output weighs .6, a short memory.

    A row whose observation equals the row, one that is no finite number, and a table that was not observed stay as
    they are. Cost O(B D) per step, whatever N.

    Args:
        params: parameters of one or more code tables, or param groups.
        momentum: weight of the old row in [0, 1); .4 as published. 0 overwrites rows, as in warm-up.
        normalize: bring the mean view and the new row to unit length, as the published code does (default); False
            is Eq. 5 as written. The two differ in sign where the modalities of a pair disagree, since a short mean
            then moves its row less.
        strict: refuse an observed row that is no finite number instead of leaving it out (default False).

    Shape:
        - every parameter: (N, D), the table of a :class:`~ucch.optim.CodeBank`.

    Attributes:
        state: for every table the counts of :class:`~ucch.optim.TableOptimizer`; nothing per row.

    Raises:
        ValueError: ``momentum`` is outside [0, 1); at :meth:`step` with ``strict``, a row is no finite number.
        TypeError: at :meth:`step`, a table has a gradient in ``.grad``; a loss then reaches it.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, Eq. 5 and section 3.2.

    Example:
        >>> import torch
        >>> from ucch.optim import CodeBank
        >>> bank = CodeBank(n_codes=4, n_bits=2)
        >>> binary = MomentumBinary(bank.parameters(), momentum=0.0)
        >>> bank.observe(torch.tensor([1]), torch.tensor([[3.0, -4.0]]))
        >>> binary.step()
        >>> bank.codes(torch.tensor([1]))
        tensor([[ 1., -1.]])
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        momentum: float = 0.4,
        normalize: bool = True,
        strict: bool = False,
    ) -> None:
        super().__init__(params, {"momentum": momentum, "normalize": normalize, "strict": strict})

    def check(self, options: dict[str, Any]) -> None:
        """Refuse a momentum outside [0, 1)."""
        interval("momentum", options["momentum"], 0.0, 1.0, open_high=True)

    def rule(self, old: Tensor, target: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        """:func:`momentum_binary`."""
        return momentum_binary(old, target, momentum=options["momentum"], normalize=options["normalize"])
