"""Bits that say nothing, and codes that are all alike: what to warn about."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ..optim import CodeBank, ShardedCodeBank

__all__ = ["BalanceWatch", "table_balance"]

_ROWS = 4096  # looked at, evenly spaced
_FEWEST = 256  # rows below which a dead bit may be chance, and small sets are let be


def table_balance(bank: CodeBank | ShardedCodeBank) -> tuple[int, float]:
    """Dead bits of a code table, and the share of bits on which two of its rows agree.

    Up to 4,096 evenly spaced rows are looked at. A bit is dead if it is equal in all of them. With p the share of +1
    of a bit, two rows drawn with replacement agree on it with probability ``p^2 + (1 - p)^2``; the mean over the bits
    is 1/2 for balanced bits and 1 where all codes are one.

    Args:
        bank: N codes of D bits; all processes of one cut by rows call.

    Returns:
        Count and share. O(4096 D), whatever N.

    Example:
        >>> bank = CodeBank(n_codes=2, n_bits=2)
        >>> _ = bank.latent.data.copy_(torch.tensor([[1.0, 1.0], [1.0, -1.0]]))
        >>> table_balance(bank)
        (1, 0.75)
    """
    rows = torch.arange(0, bank.n_codes, -(-bank.n_codes // _ROWS))
    share = (bank.codes(rows.to(bank.latent.device)) > 0).double().mean(dim=0)
    likeness = (share.square() + (1 - share).square()).mean()
    return int(((share == 0) | (share == 1)).sum()), float(likeness)


class BalanceWatch:
    """Look at the table at the end of each epoch after warm-up and say, once per trouble, that codes are wasted.

    Collapsed: two rows agree on more than ``alike`` of their bits, chance being half. Else dead: at least one bit is
    the same in every row. Either must last for ``patience`` epochs or a quarter of a shorter run. Tables of fewer than
    256 rows are not looked at.

    Args:
        n_codes: N.
        n_bits: D.
        n_epochs: length of the run.
        warmup_epochs: first epochs, which are not looked at.
        patience: epochs in a row.
        alike: share of bits.

    Example:
        >>> watch = BalanceWatch(n_codes=1000, n_bits=16, n_epochs=4)
        >>> watch.see({"epoch": 1, "dead_bits": 2, "likeness": 0.6})  # doctest: +ELLIPSIS
        '2 of 16 bits are the same in every code for 1 epochs (epoch 1); they tell nothing apart. Fewer --bits, ...'
    """

    def __init__(
        self,
        *,
        n_codes: int,
        n_bits: int,
        n_epochs: int,
        warmup_epochs: int = 0,
        patience: int = 5,
        alike: float = 0.9,
    ) -> None:
        self.n_bits, self.warmup_epochs, self.alike = n_bits, warmup_epochs, alike
        self.patience = max(1, min(patience, n_epochs // 4))
        self.looks = n_codes >= _FEWEST
        self.collapsed = self.dead = 0

    def see(self, line: Mapping[str, float]) -> str | None:
        """Take note of one epoch, a line of ``history.jsonl``; return a warning where one is due."""
        if not self.looks or line["epoch"] <= self.warmup_epochs:
            return None
        collapsed = line["likeness"] > self.alike
        self.collapsed = self.collapsed + 1 if collapsed else 0
        self.dead = self.dead + 1 if line["dead_bits"] and not collapsed else 0
        if self.collapsed == self.patience:
            return (
                f"the codes have collapsed: two of them agree on {line['likeness']:.0%} of their bits for"
                f" {self.collapsed} epochs (epoch {line['epoch']:.0f}), chance is 50%. Look at the features (ucch data"
                " info), or lower the learning rate: --set learning_rate=1e-4"
            )
        if self.dead == self.patience:
            return (
                f"{line['dead_bits']:.0f} of {self.n_bits} bits are the same in every code for {self.dead} epochs"
                f" (epoch {line['epoch']:.0f}); they tell nothing apart. Fewer --bits, or --optimizer bi-half, which"
                " balances every bit"
            )
        return None
