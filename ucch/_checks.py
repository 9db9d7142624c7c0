"""Argument checks: every message names the argument, the rule and the value received."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["interval", "one_of", "positive", "positive_int", "same_shape", "two_dimensional"]


def positive(name: str, value: float) -> float:
    """Return ``value`` if it is a finite number above zero, else raise ``ValueError``."""
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a finite number above 0, got {value!r}")
    return value


def positive_int(name: str, value: int) -> int:
    """Return ``value`` if it is an integer of at least 1, else raise ``TypeError`` or ``ValueError``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int of at least 1, got {value!r} of type {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name} must be an int of at least 1, got {value}")
    return value


def interval(name: str, value: float, low: float, high: float, *, open_high: bool = False) -> float:
    """Return ``value`` if it lies in [low, high], or in [low, high) with ``open_high``, else raise ``ValueError``."""
    inside = low <= value < high if open_high else low <= value <= high
    if not inside:
        raise ValueError(f"{name} must lie in [{low}, {high}{')' if open_high else ']'}, got {value!r}")
    return value


def one_of(name: str, value: str, allowed: Collection[str]) -> str:
    """Return ``value`` if it is one of the ``allowed`` words, else raise ``ValueError`` that lists them."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(sorted(allowed))}, got {value!r}")
    return value


def two_dimensional(name: str, value: Tensor, n_columns: int | None = None) -> Tensor:
    """Return ``value`` if it is a matrix (of ``n_columns`` columns), else raise ``ValueError``."""
    if value.dim() != 2 or (n_columns is not None and value.shape[1] != n_columns):
        rule = "two dimensions" if n_columns is None else f"shape (rows, {n_columns})"
        raise ValueError(f"{name} must have {rule}, got shape {tuple(value.shape)}")
    return value


def same_shape(first_name: str, first: Tensor, second_name: str, second: Tensor) -> None:
    """Raise ``ValueError`` unless both tensors have one shape and stand on one device."""
    if first.shape != second.shape:
        raise ValueError(
            f"{first_name} and {second_name} must have the same shape,"
            f" got {tuple(first.shape)} and {tuple(second.shape)}"
        )
    if first.device != second.device:
        raise ValueError(
            f"{first_name} and {second_name} must be on the same device, got {first.device} and {second.device}"
        )
