"""Groups of items whose codes are nearly the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._checks import interval, positive_int
from ..calibration import duplicate_radius, expected_unrelated, widest_radius
from ..codes import PackedCodes
from ..near_codes import first_of_group, near_pairs
from .rows import checked_codes

__all__ = ["NearDuplicates", "near_duplicates"]

_DRAWN = 2_000_000  # pairs whose distances say what is far

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """What was found.

    Attributes:
        radius: differing bits up to which two items are near-duplicates; None where no radius has the precision.
        precision: estimated share of the pairs within ``radius`` that are no chance; without one, of those at 0.
        n_pairs: within ``radius``.
        groups: row numbers of each group, rising; the largest groups first, then by their first row.
        farthest: for each group, the largest distance of a pair in it that is within ``radius``.
    """

    radius: int | None
    precision: float
    n_pairs: int
    groups: list[Rows]
    farthest: list[int]


def near_duplicates(
    codes: PackedCodes, n_bits: int, *, precision: float = 0.99, radius: int | None = None, seed: int = 0
) -> NearDuplicates:
    """Find groups of near-duplicates: items joined by chains of pairs within a radius.

    The radius is the largest, an eighth of the bits at most, at which the pairs found are duplicates with the precision
    asked for, estimated from this collection alone: how many unrelated pairs would be as near is carried on from the
    pairs that are farther (:func:`~ucch.calibration.expected_unrelated`).

    Args:
        codes: packed uint8 (M, ceil(D/8)), of one modality, or perceptual hashes.
        n_bits: D.
        precision: in [0, 1), of pairs.
        radius: this one instead; its precision is estimated up to an eighth of the bits, and NaN beyond.
        seed: draws 2,000,000 pairs where there are more.

    Returns:
        The groups. Never M x M: see :func:`ucch.near_codes.near_pairs`.

    Raises:
        ValueError: precision or radius out of range; codes of another kind or width.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> codes = rng.integers(0, 256, (200, 8)).astype(np.uint8)
        >>> codes[150] = codes[3]
        >>> [rows.tolist() for rows in near_duplicates(codes, 64).groups]
        [[3, 150]]
    """
    interval("precision", precision, 0, 1, open_high=True)
    positive_int("n_bits", n_bits)
    if radius is not None:
        interval("radius", radius, 0, n_bits)
    codes = checked_codes("codes", codes, n_bits)
    widest = widest_radius(n_bits)
    distinct, first, place, times = np.unique(codes, axis=0, return_index=True, return_inverse=True, return_counts=True)
    place = place.reshape(-1)
    one, other, apart = near_pairs(distinct, max(widest, radius or 0))
    found = np.zeros(n_bits + 1, np.int64)
    np.add.at(found, apart, times[one] * times[other])
    found[0] += int((times * (times - 1) // 2).sum())
    within = found.cumsum()
    all_pairs = len(codes) * (len(codes) - 1) // 2
    estimated = np.ones(widest + 1)
    if all_pairs:
        expected = expected_unrelated(_distances(codes, n_bits, all_pairs, seed)) * all_pairs
        fitting, estimated = duplicate_radius(within[: widest + 1], expected, precision)
        radius = fitting if radius is None else radius
    if radius is None:
        return NearDuplicates(None, float(estimated[0]), 0, [], [])
    near = apart <= radius
    groups, farthest = _grouped(len(codes), first, place, one[near], other[near], apart[near])
    known = float(estimated[radius]) if radius <= widest else float("nan")
    return NearDuplicates(radius, known, int(within[radius]), groups, farthest)


def _distances(codes: PackedCodes, n_bits: int, all_pairs: int, seed: int) -> Rows:
    """How many pairs, all or drawn at random, are at each distance: (D + 1,)."""
    if all_pairs <= _DRAWN:
        one, other = np.triu_indices(len(codes), 1)
    else:
        rng = np.random.default_rng(seed)
        one = rng.integers(0, len(codes), _DRAWN)
        other = (one + rng.integers(1, len(codes), _DRAWN)) % len(codes)
    counts = np.zeros(n_bits + 1, np.int64)
    for start in range(0, len(one), 1 << 18):
        part = slice(start, start + (1 << 18))
        apart = np.bitwise_count(codes[one[part]] ^ codes[other[part]]).sum(1, dtype=np.int64)
        counts += np.bincount(apart, minlength=n_bits + 1)
    return counts


def _grouped(
    n_items: int, first: Rows, place: Rows, one: Rows, other: Rows, apart: Rows
) -> tuple[list[Rows], list[int]]:
    """Items joined by equal codes, and by the pairs of distinct ones."""
    component = first_of_group(len(first), one, other)
    farthest = np.zeros(len(first), np.int64)
    np.maximum.at(farthest, component[one], apart)
    group = component[place]
    order = np.argsort(group, kind="stable")
    cut = np.flatnonzero(np.diff(group[order])) + 1
    members = [rows for rows in np.split(order, cut) if len(rows) > 1] if n_items else []
    members.sort(key=lambda rows: (-len(rows), int(rows[0])))
    return members, [int(farthest[group[rows[0]]]) for rows in members]
