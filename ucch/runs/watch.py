"""Watching codes learn: say when none of them moves, or all of them do."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FlipWatch"]


class FlipWatch:
    """Look at the flips of each epoch after warm-up and say, once per trouble, that something is wrong.

    Nothing flips: not one bit for a quarter of the run, at least ``patience`` epochs, while the learning rate is above
    a tenth of its first value. Codes rest as they should at the end of a schedule, and where they have moved and the
    outputs agree with them: ``key_agreement`` of at least ``agree``. Nearly everything
    flips: more than ``high`` of the bits of the rows moved, chance being half, for ``patience`` epochs.

    Args:
        n_epochs: length of the run.
        n_bits: D.
        warmup_epochs: first epochs, which are not looked at.
        patience: epochs in a row.
        high: share of bits.
        agree: share of bits.

    Example:
        >>> watch = FlipWatch(n_epochs=8, n_bits=16, patience=2)
        >>> watch.see({"epoch": 1, "flips_per_row": 0.0, "learning_rate": 0.1}) is None
        True
        >>> watch.see({"epoch": 2, "flips_per_row": 0.0, "learning_rate": 0.1})
        'no bit of the code table has flipped for 2 epochs (epoch 2): its keys no longer follow the outputs'
    """

    def __init__(
        self,
        *,
        n_epochs: int,
        n_bits: int,
        warmup_epochs: int = 0,
        patience: int = 5,
        high: float = 0.4,
        agree: float = 0.9,
    ) -> None:
        self.warmup_epochs, self.high_flips, self.high_patience = warmup_epochs, high * n_bits, patience
        self.still_patience = max(patience, n_epochs // 4)
        self.agree, self.has_moved = agree, False
        self.still = self.restless = 0
        self.first_rate = 0.0

    def see(self, line: Mapping[str, float]) -> str | None:
        """Take note of one epoch, a line of ``history.jsonl``; return a warning where one is due."""
        self.first_rate = max(self.first_rate, line["learning_rate"])
        flips = line["flips_per_row"]
        self.has_moved = self.has_moved or flips > 0
        if line["epoch"] <= self.warmup_epochs or line["learning_rate"] <= 0.1 * self.first_rate:
            return None
        rests = self.has_moved and line.get("key_agreement", 0.0) >= self.agree
        self.still = self.still + 1 if flips == 0 and not rests else 0
        self.restless = self.restless + 1 if flips > self.high_flips else 0
        if self.still == self.still_patience:
            return (
                f"no bit of the code table has flipped for {self.still} epochs (epoch {line['epoch']:.0f}):"
                " its keys no longer follow the outputs"
            )
        if self.restless == self.high_patience:
            return (
                f"{flips:.1f} bits of every moved code have flipped in each of {self.restless} epochs"
                f" (epoch {line['epoch']:.0f}): the keys are close to noise"
            )
        return None
