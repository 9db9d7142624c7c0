"""What a file of arrays by name offers, whichever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from .arrays import FeatureArray

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Archive"]


class Archive(ABC):
    """An open file, to be used in a ``with`` block.

    Attributes:
        path: the file.
        names: of the arrays.
    """

    path: Path
    names: list[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the file; what was read may stay mapped."""

    @abstractmethod
    def read(self, name: str) -> FeatureArray:
        """Read an array.

        Raises:
            DataError: it is damaged, or of no kind that features or labels have.
        """
