"""Search pictures with words and words with pictures, in a few bits per item, learnt without labels."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .estimator import CrossModalHasher
    from .hasher import Hasher

__all__ = ["CrossModalHasher", "Hasher"]


_STANDS_IN = {"CrossModalHasher": ".estimator", "Hasher": ".hasher"}


def __getattr__(name: str) -> Any:
    """Import an estimator on first use, so that ``import ucch`` and ``ucch --help`` need no torch."""
    if name in _STANDS_IN:
        return getattr(import_module(_STANDS_IN[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
