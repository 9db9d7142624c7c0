"""The errors a user can act on; wrong arguments to functions stay ``ValueError`` and ``TypeError``."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "DataError",
    "EncoderError",
    "IndexFileError",
    "MissingPackageError",
    "NonFiniteError",
    "RecipeError",
    "RunError",
    "RunStoppedError",
    "StoreError",
    "UcchError",
]


class UcchError(Exception):
    """Base of everything ``ucch`` refuses with a reason and a way out; the command line prints it in one line."""


class DataError(UcchError, ValueError):
    """A data file or array is missing, damaged, or of the wrong shape or kind."""


class EncoderError(UcchError, RuntimeError):
    """An encoder is unknown, cannot be loaded, or is not the one a run was trained with."""


class MissingPackageError(UcchError, ImportError):
    """A package that belongs to an extra is not installed; the message holds the pip line."""


class RecipeError(UcchError, ValueError):
    """A recipe has an unknown key, a wrong type, or a value outside its range."""


class RunError(UcchError, RuntimeError):
    """A run folder cannot be created, read, or resumed."""


class NonFiniteError(RunError):
    """Steps in a row had a loss or gradient that is no finite number; ``rows`` are the last batch's."""

    def __init__(self, message: str, rows: Sequence[int]) -> None:
        super().__init__(message)
        self.rows = list(rows)


class RunStoppedError(RunError):
    """A run was asked to stop and has saved its state; the message says how to go on."""


class IndexFileError(UcchError, RuntimeError):
    """An index file is missing, damaged, of another version, or made for other codes."""


class StoreError(UcchError, RuntimeError):
    """A store cannot be reached, has no such table, or holds other codes."""
