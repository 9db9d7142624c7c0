"""Search pictures with words and words with pictures, in a few bits per item, learnt without labels."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .estimator import CrossModalHasher

__all__ = ["CrossModalHasher"]


def __getattr__(name: str) -> Any:
    """Import the estimator on first use, so that ``import ucch`` and ``ucch --help`` need no torch."""
    if name == "CrossModalHasher":
        return import_module(".estimator", __name__).CrossModalHasher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
