"""What growing changed of the codes that were there, and what it cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...codes import PackedCodes
from ...data import Pairs
from ...models import HashModel
from .earlier import Earlier

__all__ = ["Growth", "grown_codes", "kept_of", "measured_growth"]


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


def measured_growth(
    earlier: Earlier, model: HashModel, pairs: Pairs, *, keep_codes: bool, steps: int, steps_of_all: int, seconds: float
) -> Growth:
    """Compare the codes of a grown model with those of the earlier one.

    Args:
        earlier: what the earlier run handed on.
        model: as it encodes now.
        pairs: of the run: earlier ones, where they are replayed by features, then new ones.
        keep_codes: whether earlier items keep their codes; they do where their features are not at hand.
        steps, steps_of_all, seconds: as of :class:`Growth`.

    Returns:
        The figures. O(n (dx + dy) D) for the n pairs that are compared.
    """
    by_features = earlier.replayed > 0
    compared = _earlier_pairs(earlier, pairs) if by_features else pairs
    before, now = _encoded(earlier.model, compared), _encoded(model, compared)
    kept = keep_codes or not by_features
    had = before if kept else kept_of(earlier, compared)
    return Growth(
        earlier_items=earlier.n_items,
        new_items=len(pairs) - earlier.replayed,
        replayed_by="features" if by_features else "codes",
        keep_codes=kept,
        steps=steps,
        steps_of_all=steps_of_all,
        seconds=round(seconds, 3),
        moved={kind: _differing(before[kind], now[kind]) / (len(now[kind]) * model.n_bits) for kind in now},
        moved_of="earlier items" if by_features else "new items",
        earlier_rows={kind: len(rows) if by_features else 0 for kind, rows in before.items()},
        bits_changed=0 if kept else sum(_differing(had[kind], now[kind]) for kind in now),
    )


def kept_of(earlier: Earlier, pairs: Pairs) -> dict[str, PackedCodes]:
    """Codes that earlier items have: those their run kept, where they are of as many rows, or what its model gives."""
    sizes = {kind: len(pairs.side(kind)) for kind in ("image", "text")}
    if all(len(earlier.codes.get(kind, ())) == size for kind, size in sizes.items()):
        return dict(earlier.codes)
    return _encoded(earlier.model, pairs)


def grown_codes(earlier: Earlier, model: HashModel, pairs: Pairs, *, keep_codes: bool) -> dict[str, PackedCodes]:
    """Codes of all items of a run that went on, earlier ones first; empty where those of the earlier are not known.

    Args:
        earlier, model, pairs: as of :func:`measured_growth`.
        keep_codes: whether earlier items keep the codes they have, bit for bit; they do without features.
    """
    codes = _encoded(model, pairs)
    if not earlier.replayed:
        return {kind: np.concatenate([earlier.codes[kind], codes[kind]]) for kind in codes} if earlier.codes else {}
    if keep_codes:
        for kind, rows in kept_of(earlier, _earlier_pairs(earlier, pairs)).items():
            codes[kind][: len(rows)] = rows
    return codes


def _earlier_pairs(earlier: Earlier, pairs: Pairs) -> Pairs:
    return pairs.take(slice(0, earlier.replayed))


def _encoded(model: HashModel, pairs: Pairs) -> dict[str, PackedCodes]:
    return {"image": model.encode_image(pairs.side("image")), "text": model.encode_text(pairs.side("text"))}


def _differing(one: PackedCodes, other: PackedCodes) -> int:
    return int(np.unpackbits(one ^ other).sum())
