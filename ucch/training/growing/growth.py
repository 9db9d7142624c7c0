"""What growing changed of the codes that were there, and what it cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...codes import PackedCodes
from ...data import Pairs
from ...models import HashModel
from .earlier import Earlier

__all__ = ["Growth", "GrowthCodes"]


@dataclass(frozen=True)
class Growth:
    """What a run that went on changed.

    Attributes:
        earlier_items, new_items: of the earlier run, and those that joined.
        replayed_by: ``features`` or ``codes``, how earlier items took part.
        keep_codes: whether earlier items answer by the codes they had: as asked for, or for want of their features.
        steps: that were made; steps_of_all: that training on all pairs takes.
        seconds: of training.
        moved: by ``image`` and ``text`` the share of bits that the towers give otherwise than the earlier ones did.
        moved_of: ``earlier items``, or ``new items`` where no others are at hand.
        earlier_rows: rows of each side that are the earlier run's, where their features are at hand; else 0.
        bits_changed: bits by which earlier items answer otherwise than they did.
    """

    earlier_items: int
    new_items: int
    replayed_by: str
    keep_codes: bool
    steps: int
    steps_of_all: int
    seconds: float
    moved: dict[str, float]
    moved_of: str
    earlier_rows: dict[str, int]
    bits_changed: int

    def __str__(self) -> str:
        moved = ", ".join(f"{kind} {share:.2%}" for kind, share in self.moved.items())
        return (
            f"{self.new_items:,} items joined {self.earlier_items:,}, replayed by {self.replayed_by}, in {self.steps}"
            f" steps, {self.steps / self.steps_of_all:.1%} of those of training on all ({self.seconds:.1f} s); bits of"
            f" {self.moved_of} that the towers give otherwise: {moved}; bits by which earlier items answer otherwise:"
            f" {self.bits_changed:,}" + (", their codes are kept" if self.keep_codes else "")
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class GrowthCodes:
    """Codes of the items of a run that went on, by the earlier model and by the grown one, each worked out once.

    Attributes:
        earlier: what the earlier run handed on.
        n_bits: of a code.
        n_items: of the run, all there are.
        now: by ``image`` and ``text`` the packed codes of the rows of a side, by the grown model: of earlier items
            first, where these are replayed by features, then of new ones.
        before: those of the earlier model, of the earlier items alone where these are replayed by features.
    """

    earlier: Earlier
    n_bits: int
    n_items: int
    now: dict[str, PackedCodes]
    before: dict[str, PackedCodes]

    @classmethod
    def of(cls, earlier: Earlier, model: HashModel, pairs: Pairs) -> GrowthCodes:
        """Encode by both models.

        Args:
            earlier: what the earlier run handed on.
            model: as it encodes now.
            pairs: of the run: earlier ones, where they are replayed by features, then new ones.

        Returns:
            The codes. O(n (dx + dy) D) for n pairs.
        """
        sides = {kind: pairs.side(kind) for kind in ("image", "text")}
        now = {kind: model.encode(kind, rows) for kind, rows in sides.items()}
        if earlier.replayed:
            sides = {kind: rows[: _rows_of_first(pairs, kind, earlier.replayed)] for kind, rows in sides.items()}
        before = {kind: earlier.model.encode(kind, rows) for kind, rows in sides.items()}
        return cls(earlier, model.n_bits, len(pairs), now, before)

    @property
    def had(self) -> dict[str, PackedCodes]:
        """Codes that earlier items have: those their run kept, where they are of as many rows, or what its model gives.

        Of items that are replayed by features.
        """
        kept = self.earlier.codes
        if all(len(kept.get(kind, ())) == len(rows) for kind, rows in self.before.items()):
            return dict(kept)
        return self.before

    def of_all(self, *, keep_codes: bool) -> dict[str, PackedCodes]:
        """Codes of all items of the run, earlier ones first; empty where those of the earlier are not known.

        Args:
            keep_codes: whether earlier items keep the codes they have, bit for bit; they do without features.
        """
        codes, known = self.now, self.earlier.codes
        if not self.earlier.replayed:
            return {kind: np.concatenate([known[kind], codes[kind]]) for kind in codes} if known else {}
        if not keep_codes:
            return codes
        return {kind: np.concatenate([rows, codes[kind][len(rows) :]]) for kind, rows in self.had.items()}

    def growth(self, *, keep_codes: bool, steps: int, steps_of_all: int, seconds: float) -> Growth:
        """What changed; the arguments are as of :class:`Growth`, ``keep_codes`` as of :meth:`of_all`."""
        by_features = self.earlier.replayed > 0
        kept = keep_codes or not by_features
        now = {kind: codes[: len(self.before[kind])] for kind, codes in self.now.items()}
        n_now = {kind: len(codes) * self.n_bits for kind, codes in now.items()}
        return Growth(
            earlier_items=self.earlier.n_items,
            new_items=self.n_items - self.earlier.replayed,
            replayed_by="features" if by_features else "codes",
            keep_codes=kept,
            steps=steps,
            steps_of_all=steps_of_all,
            seconds=round(seconds, 3),
            moved={kind: _differing(self.before[kind], codes) / n_now[kind] for kind, codes in now.items()},
            moved_of="earlier items" if by_features else "new items",
            earlier_rows={kind: len(rows) if by_features else 0 for kind, rows in self.before.items()},
            bits_changed=0 if kept else sum(_differing(rows, now[kind]) for kind, rows in self.had.items()),
        )


def _rows_of_first(pairs: Pairs, kind: str, n_items: int) -> int:
    """Rows of a side, of items that have it, that belong to the first ``n_items``: they come before all others."""
    items, mask = pairs.item_of(kind), pairs.side_mask(kind)
    return int(((items if mask is None else items[mask]) < n_items).sum())


def _differing(one: PackedCodes, other: PackedCodes) -> int:
    return int(np.unpackbits(one ^ other).sum())
