"""Towers by the kind that a model file names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .hash_tower import HashTower
from .residual_tower import ResidualTower
from .sparse_code_tower import SparseCodeTower

__all__ = ["TOWERS", "build_tower"]

TOWERS: dict[str, type[HashTower]] = {
    "mlp": HashTower,
    "residual": ResidualTower,
    "sparse-code": SparseCodeTower,
}


def build_tower(config: Mapping[str, Any]) -> HashTower:
    """Build an empty tower from its ``config()``; without a kind it is a :class:`HashTower`.

    Raises:
        KeyError: a kind that is not known.
        TypeError, ValueError: options that do not belong to the kind.
    """
    options = dict(config)
    return TOWERS[options.pop("kind", "mlp")](**options)
