"""The health of a code: what its bits say before any label is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, check_packed, unpack

__all__ = [
    "CodeHealth",
    "bit_agreement",
    "bit_balance",
    "bit_correlation",
    "code_health",
    "distinct_codes",
    "effective_dimension",
]

_ROWS = 1 << 14  # codes unpacked at a time


@dataclass(frozen=True, eq=False)
class CodeHealth:
    """Measures of one set of N codes of D bits.

    Attributes:
        balance: (D,) share of codes in which each bit is set; 1/2 is balanced.
        dead_bits: numbers of the bits that have one value in every code.
        bit_entropy: mean over bits of the entropy of each, in bits: 1 where all are balanced.
        mean_correlation: mean absolute Pearson correlation of two different live bits; 0 where they are
            uncorrelated, NaN with fewer than two live bits.
        correlation_norm: Frobenius norm of the off-diagonal correlations.
        effective_dimension: of :func:`effective_dimension`; D for balanced, uncorrelated bits.
        n_codes: N.
        n_distinct: different codes among them.
        code_entropy: entropy of the distribution over whole codes, in bits; at most min(D, log2 N).
    """

    balance: npt.NDArray[np.float64]
    dead_bits: tuple[int, ...]
    bit_entropy: float
    mean_correlation: float
    correlation_norm: float
    effective_dimension: float
    n_codes: int
    n_distinct: int
    code_entropy: float


def code_health(codes: PackedCodes, n_bits: int) -> CodeHealth:
    """Measure bit balance, dead bits, entropies, correlation and distinct codes of a packed code set.

    Args:
        codes: packed uint8 (N, ceil(D/8)), N >= 1.
        n_bits: D.

    Returns:
        The measures. Cost: O(N D^2) for the correlations, O(N log N) for the distinct codes; memory O(D^2 + N D/8).

    Raises:
        TypeError: ``codes`` is not uint8.
        ValueError: it has another width, or no row.
    """
    balance = bit_balance(codes, n_bits)
    covariance = _covariance(codes, n_bits)
    correlation = _correlation(covariance)
    off = correlation[~np.eye(n_bits, dtype=bool)]
    live = off[~np.isnan(off)]
    times = distinct_codes(codes, n_bits)
    share = times / times.sum()
    return CodeHealth(
        balance=balance,
        dead_bits=tuple(int(bit) for bit in np.flatnonzero((balance == 0) | (balance == 1))),
        bit_entropy=float((_surprise(balance) + _surprise(1 - balance)).mean()),
        mean_correlation=float(np.abs(live).mean()) if live.size else float("nan"),
        correlation_norm=float(np.sqrt((live**2).sum())),
        effective_dimension=_participation(covariance),
        n_codes=len(codes),
        n_distinct=len(times),
        code_entropy=float(_surprise(share).sum()),
    )


def bit_balance(codes: PackedCodes, n_bits: int) -> npt.NDArray[np.float64]:
    """Compute the share of codes in which each bit is set, (D,); a balanced bit has 1/2.

    Args, Raises: as :func:`code_health`. Cost: O(N D).

    Example:
        >>> bit_balance(np.array([[0b11000000], [0b10000000]], np.uint8), n_bits=3)
        array([1. , 0.5, 0. ])
    """
    _check_rows("codes", codes, n_bits)
    total = np.zeros(n_bits, np.int64)
    for start in range(0, len(codes), _ROWS):
        total += np.unpackbits(codes[start : start + _ROWS], axis=1, count=n_bits).sum(axis=0, dtype=np.int64)
    return np.asarray(total / len(codes))


def bit_correlation(codes: PackedCodes, n_bits: int) -> npt.NDArray[np.float64]:
    """Compute the Pearson correlation of every two bits, (D, D); NaN in the rows and columns of dead bits.

    Args, Raises: as :func:`code_health`. Cost: O(N D^2), exact products of +-1 in float64.
    """
    return _correlation(_covariance(codes, n_bits))


def effective_dimension(codes: PackedCodes, n_bits: int) -> float:
    """Compute in how many dimensions codes live: the participation ratio of their covariance.

    ``(sum_i l_i)^2 / sum_i l_i^2`` over the eigenvalues l of the covariance C of the +-1 codes, which is
    ``tr(C)^2 / |C|_F^2``: D where bits are balanced and uncorrelated, 1 where all bits are one bit or its opposite.

    Args, Raises: as :func:`code_health`. Cost: O(N D^2), no eigenvalue is computed.

    Returns:
        A number in [1, D]; NaN where all codes are equal.

    Example:
        >>> effective_dimension(np.array([[0b11000000], [0b10000000], [0b01000000], [0]], np.uint8), n_bits=2)
        2.0
    """
    return _participation(_covariance(codes, n_bits))


def distinct_codes(codes: PackedCodes, n_bits: int) -> npt.NDArray[np.int64]:
    """Count how often each different code occurs, (n_distinct,).

    Args, Raises: as :func:`code_health`. Cost: a sort of N codes.
    """
    _check_rows("codes", codes, n_bits)
    rows = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.shape[1])))[:, 0]
    return np.unique(rows, return_counts=True)[1].astype(np.int64)


def bit_agreement(image_codes: PackedCodes, text_codes: PackedCodes, n_bits: int) -> npt.NDArray[np.float64]:
    """Compute the share of pairs whose two codes agree in each bit, (D,).

    1 where the modalities always agree; 1/2 is what two unrelated balanced bits give.

    Args:
        image_codes, text_codes: packed uint8 (N, ceil(D/8)), row by row the two sides of a pair.
        n_bits: D.

    Raises:
        TypeError: a side is not uint8.
        ValueError: a width does not fit, or the row counts differ.
    """
    _check_rows("image_codes", image_codes, n_bits)
    _check_rows("text_codes", text_codes, n_bits)
    if len(image_codes) != len(text_codes):
        raise ValueError(
            f"image_codes and text_codes must pair row by row, got {len(image_codes)} and {len(text_codes)} rows"
        )
    return 1 - bit_balance(image_codes ^ text_codes, n_bits)


def _covariance(codes: PackedCodes, n_bits: int) -> npt.NDArray[np.float64]:
    """Covariance of the +-1 codes, (D, D): exact products in float64, a block of rows at a time."""
    _check_rows("codes", codes, n_bits)
    product, total = np.zeros((n_bits, n_bits)), np.zeros(n_bits)
    for start in range(0, len(codes), _ROWS):
        signs = unpack(codes[start : start + _ROWS], n_bits).astype(np.float64)
        product += signs.T @ signs
        total += signs.sum(axis=0)
    mean = total / len(codes)
    return np.asarray(product / len(codes) - np.outer(mean, mean))


def _correlation(covariance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    variance = covariance.diagonal()
    deviation = np.sqrt(np.where(variance > 0, variance, np.nan))
    return np.asarray(covariance / np.outer(deviation, deviation))


def _participation(covariance: npt.NDArray[np.float64]) -> float:
    norm = float((covariance**2).sum())
    return float(covariance.trace()) ** 2 / norm if norm > 0 else float("nan")


def _check_rows(name: str, codes: PackedCodes, n_bits: int) -> None:
    check_packed(name, codes, n_bits)
    if codes.ndim != 2 or len(codes) == 0:
        raise ValueError(f"{name} must hold at least one row of packed codes, got shape {codes.shape}")


def _surprise(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return -p log2(p), 0 at p = 0."""
    return np.asarray(-share * np.log2(np.where(share > 0, share, 1.0)))
