"""The rows of an index: a code and an id each, some of them removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, check_packed
from ..errors import DataError
from .features import CompactFeatures

__all__ = ["Ids", "Rows", "as_ids", "checked_codes", "checked_items", "distinct", "is_number", "shown_ids"]

_NUMBER = re.compile("0|-?[1-9][0-9]{0,18}")

Ids = Sequence[int] | Sequence[str] | npt.NDArray[Any]


class Rows:
    """Codes and ids in one order, with a mark on rows that were removed but not dropped yet.

    Args:
        codes: (M, W) packed, checked; a read-only memory map is never written to.
        ids: (M,) int64, or UTF-8 bytes of one width.
        alive: (M,) False where the row was removed; None where all are there.
        features: (M, F) to re-rank by, or None.
    """

    def __init__(
        self,
        codes: PackedCodes,
        ids: npt.NDArray[Any],
        alive: npt.NDArray[np.bool_] | None = None,
        features: CompactFeatures | None = None,
    ) -> None:
        self.codes, self.ids, self.alive, self.features = codes, ids, alive, features
        self._order: npt.NDArray[np.int64] | None = None  # rows by id, made at the first look-up
        self._sorted = ids[:0]

    @property
    def n_alive(self) -> int:
        """Rows that were not removed."""
        return len(self.ids) if self.alive is None else int(self.alive.sum())

    def find(self, ids: Ids, *, missing_ok: bool = False) -> npt.NDArray[np.int64]:
        """Row of each id; the first use sorts the ids, O(M log M), later ones cost O(n log M).

        Raises:
            DataError: an id is not in the index, unless ``missing_ok``, which leaves it out.
        """
        wanted, rows, found = self._look_up(ids)
        if not found.all() and not missing_ok:
            raise DataError(f"not in the index: {_some(wanted[~found])}")
        return rows[found]

    def missing(self, ids: Ids) -> npt.NDArray[Any]:
        """The ids that are not here, int64 or text, in their order; cost as :meth:`find`."""
        wanted, _, found = self._look_up(ids)
        return shown_ids(wanted[~found])

    def _look_up(self, ids: Ids) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Ids in their stored form, a row for each, and whether it holds the id."""
        wanted = as_ids(ids)
        if wanted.dtype.kind != self.ids.dtype.kind and len(wanted) and len(self.ids):
            raise DataError(f"ids of this index are {_kind(self.ids)}, got {_kind(wanted)}")
        if self._order is None:
            order = np.argsort(self.ids, kind="stable")
            self._order = order if self.alive is None else order[self.alive[order]]
            self._sorted = self.ids[self._order]
        if len(self._order):
            place = np.minimum(np.searchsorted(self._sorted, wanted), len(self._order) - 1)
            return wanted, self._order[place], self._sorted[place] == wanted
        return wanted, np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)

    def append(self, codes: PackedCodes, ids: npt.NDArray[Any], features: CompactFeatures | None = None) -> None:
        """Add rows at the end.

        Raises:
            DataError: an id is there already, or is of the other kind, or features are given on one side only.
        """
        if (features is None) != (self.features is None):
            rule = "needs them for new rows" if features is None else "has none, so new rows may not bring any"
            raise DataError(f"features: this index {rule}")
        there = self.find(shown_ids(ids), missing_ok=True)
        if len(there):
            raise DataError(f"already in the index: {_some(self.ids[there])}; use update to change their codes")
        self.codes = np.concatenate([self.codes, codes])
        self.ids = ids if not len(self.ids) else np.concatenate([self.ids, ids])
        if features is not None and self.features is not None:
            self.features = self.features.joined(features)
        if self.alive is not None:
            self.alive = np.concatenate([self.alive, np.ones(len(ids), bool)])
        self._order = None

    def mark_removed(self, rows: npt.NDArray[np.int64]) -> None:
        """Take rows out of every later answer; their place stays."""
        alive = np.ones(len(self.ids), bool) if self.alive is None else self.alive.copy()
        alive[rows] = False
        self.alive, self._order = alive, None

    def drop_removed(self) -> None:
        """Close the gaps; the rows after a gap move up."""
        if self.alive is not None:
            self.codes, self.ids = self.codes[self.alive], self.ids[self.alive]
            self.features = None if self.features is None else self.features.take(np.flatnonzero(self.alive))
            self.alive = self._order = None


def as_ids(ids: Ids) -> npt.NDArray[Any]:
    """Bring ids into the stored form: int64 numbers, or text as UTF-8 bytes, whose order is that of the text.

    Raises:
        DataError: they are neither whole numbers nor text, repeat, or hold an empty text or a NUL.
    """
    given = np.asarray(ids)
    if given.ndim != 1:
        raise DataError(f"ids must be one-dimensional, got shape {given.shape}")
    if not len(given):
        return given.astype("S1" if given.dtype.kind in "US" else np.int64)
    if given.dtype.kind in "iu":
        if given.dtype == np.uint64 and int(given.max()) >= 2**63:
            raise DataError(f"ids must fit into 64 signed bits, got {given.max()}")
        return given.astype(np.int64)
    if given.dtype.kind == "S":
        return given
    if given.dtype.kind != "U":
        raise DataError(f"ids must be whole numbers or text, got {given.dtype}")
    try:
        stored = np.char.encode(given, "utf-8")
    except UnicodeEncodeError as error:
        raise DataError(f"an id is not valid Unicode text: {error.reason}") from error
    raw = stored.view(np.uint8).reshape(len(stored), -1)
    if (raw[:, 0] == 0).any() or ((raw[:, :-1] == 0) & (raw[:, 1:] != 0)).any():
        raise DataError("an id of text must not be empty or hold a NUL")
    return stored


def is_number(text: str) -> bool:
    """Whether a text is an id that is a number, of 64 signed bits: no sign but minus, no leading zero, ASCII digits."""
    return _NUMBER.fullmatch(text) is not None and -(2**63) <= int(text) < 2**63


def distinct(ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return stored ids if none repeats, else raise ``DataError``."""
    values, counts = np.unique(ids, return_counts=True)
    if (counts > 1).any():
        raise DataError(f"ids must be distinct, but repeat: {_some(values[counts > 1])}")
    return ids


def shown_ids(ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The stored form undone: numbers as they are, bytes as text."""
    return np.char.decode(ids, "utf-8") if ids.dtype.kind == "S" else ids


def checked_items(
    codes: PackedCodes, ids: Ids | None, features: CompactFeatures | None, n_bits: int
) -> tuple[PackedCodes, npt.NDArray[Any]]:
    """Return codes as :func:`checked_codes` and their ids in the stored form; row numbers where ``ids`` is None.

    Raises:
        TypeError, ValueError: codes of another kind or width.
        DataError: ids that repeat or are too many or few; features too many or few.
    """
    codes = checked_codes("codes", codes, n_bits)
    stored = distinct(as_ids(np.arange(len(codes)) if ids is None else ids))
    for name, side in (("ids", stored), ("features", features)):
        if side is not None and len(side) != len(codes):
            raise DataError(f"{name} must be as many as codes, {len(codes)}, got {len(side)}")
    return codes, stored


def checked_codes(name: str, codes: PackedCodes, n_bits: int) -> PackedCodes:
    """Return contiguous (n, W) codes whose padding bits are zero; one code (W,) becomes a row.

    Raises:
        TypeError: they are not uint8.
        ValueError: they have another width, or set a bit beyond ``n_bits``, which would count as distance.
    """
    rows = np.ascontiguousarray(np.atleast_2d(check_packed(name, codes, n_bits)))
    spare = -n_bits % 8
    if spare and len(rows) and (rows[:, -1] & ((1 << spare) - 1)).any():
        raise ValueError(f"{name} sets bits beyond the {n_bits} of a code; pack codes with ucch.codes.pack")
    return rows


def _kind(ids: npt.NDArray[Any]) -> str:
    return "text" if ids.dtype.kind == "S" else "whole numbers"


def _some(ids: npt.NDArray[Any]) -> str:
    shown = [repr(one) for one in shown_ids(ids[:3]).tolist()]
    return ", ".join(shown) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
