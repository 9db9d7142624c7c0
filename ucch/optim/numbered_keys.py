"""Keys that know which table row each negative is, for optimizers that send gradients back to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import torch
from torch import Tensor

from .._checks import index_rows, one_of, positive_int
from .code_bank import NEGATIVES, CodeBank
from .keys import Keys

__all__ = ["NumberedKeys", "numbered_keys"]


@dataclass(frozen=True)
class NumberedKeys(Keys):
    """Keys of a batch with their places in the table.

    Args:
        index: (B,) table rows of the positives.
        rows: table rows of ``negatives``, in their order.
    """

    index: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    rows: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))


def numbered_keys(
    bank: CodeBank,
    index: Tensor,
    *,
    n_negatives: int = 4096,
    negatives: str = "shared",
    mask_own: bool = True,
    generator: torch.Generator | None = None,
) -> NumberedKeys:
    """Draw binary keys as :meth:`CodeBank.keys <ucch.optim.CodeBank.keys>` does, with their row numbers.

    Args:
        bank: the table.
        index: (B,) int64 table rows of the batch.
        n_negatives, negatives, mask_own, generator: as there; one generator gives the same draw.

    Example:
        >>> bank = CodeBank(n_codes=100, n_bits=16)
        >>> keys = numbered_keys(bank, torch.tensor([3, 7]), n_negatives=32)
        >>> torch.equal(keys.negatives, bank.codes(keys.rows))
        True
    """
    index_rows("index", index, bank.n_codes)
    positive_int("n_negatives", n_negatives)
    one_of("negatives", negatives, NEGATIVES)
    device, columns = bank.latent.device, None
    rows = torch.arange(bank.n_codes, device=device)
    if negatives == "per_anchor":
        columns = own = _draw((len(index), n_negatives), bank, generator)  # (B, K)
    else:
        rows = rows if n_negatives >= bank.n_codes else _draw((n_negatives,), bank, generator)
        own = rows[None, :]
    keys = NumberedKeys(bank.codes(index), bank.codes(rows), sqrt(bank.n_bits), columns, index=index, rows=rows)
    if not mask_own:
        return keys
    excluded = keys.excluding(own == index[:, None])
    assert isinstance(excluded, NumberedKeys)
    return excluded


def _draw(size: tuple[int, ...], bank: CodeBank, generator: torch.Generator | None) -> Tensor:
    device = bank.latent.device if generator is None else generator.device
    return torch.randint(bank.n_codes, size, generator=generator, device=device).to(bank.latent.device)
