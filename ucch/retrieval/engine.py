"""What an index kind must do, and the border to faiss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes

__all__ = ["Engine", "FaissEngine", "Found", "Parameters", "Progress", "one_thread"]

Found = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]
Parameters = dict[str, int]
Progress = Callable[[int, int], None]
PIECES = 20  # a build reports its progress this often


class Engine(ABC):
    """Find the rows nearest to a query among the codes it was given; rows are numbered in the order of adding.

    Attributes:
        exact: whether every row is compared.
        choices: for each parameter that can be changed after the build, the values worth trying, from fast to thorough.
        parameters: every parameter in force.
    """

    exact: ClassVar[bool] = False
    choices: ClassVar[Mapping[str, tuple[int, ...]]] = {}
    parameters: Parameters

    @staticmethod
    @abstractmethod
    def defaults(n_codes: int, n_bytes: int) -> Parameters:
        """Parameters for so many codes of that width."""

    @classmethod
    @abstractmethod
    def build(cls, codes: PackedCodes, parameters: Parameters, on_progress: Progress) -> Engine:
        """Make an engine over ``codes``."""

    @classmethod
    @abstractmethod
    def restore(cls, codes: PackedCodes, structure: PackedCodes, parameters: Parameters) -> Engine:
        """Undo :meth:`structure` over a memory map; nothing is copied where faiss allows it."""

    @abstractmethod
    def structure(self) -> PackedCodes:
        """Everything but the codes themselves, as bytes."""

    @abstractmethod
    def search(self, queries: PackedCodes, k: int) -> Found:
        """Distances and rows, (Q, k), nearest first; row -1 where fewer were found."""

    @abstractmethod
    def extend(self, codes: PackedCodes, n_known: int) -> None:
        """Take in ``codes[n_known:]``, where ``codes`` are all of them."""

    @abstractmethod
    def set(self, name: str, value: int) -> None:
        """Change one of the ``choices``."""


class FaissEngine(Engine):
    """An engine held by one faiss binary index.

    A restored index looks into the memory map; faiss cannot grow such a view and would end the process, so the first
    :meth:`extend` copies it.
    """

    def __init__(self, index: Any, parameters: Parameters, mapped: PackedCodes | None = None) -> None:
        self.index, self.parameters, self._mapped = index, dict(parameters), mapped
        for name in self.choices:
            self.set(name, parameters[name])

    @classmethod
    def restore(cls, codes: PackedCodes, structure: PackedCodes, parameters: Parameters) -> FaissEngine:
        import faiss

        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(structure), structure.nbytes)  # type: ignore[attr-defined]
        index = faiss.read_index_binary(reader)
        return cls(index, parameters, structure)

    def structure(self) -> PackedCodes:
        import faiss

        written: PackedCodes = faiss.serialize_index_binary(self.index)
        return written

    def search(self, queries: PackedCodes, k: int) -> Found:
        found: Found = self.index.search(queries, k)
        return found

    def extend(self, codes: PackedCodes, n_known: int) -> None:
        if self._mapped is not None:
            import faiss

            self.index, self._mapped = faiss.deserialize_index_binary(np.array(self._mapped)), None
            for name in self.choices:
                self.set(name, self.parameters[name])
        self.index.add(np.ascontiguousarray(codes[n_known:]))

    def _add_in_pieces(self, codes: PackedCodes, on_progress: Progress) -> None:
        step = -(-len(codes) // PIECES) or 1
        for start in range(0, len(codes), step):
            self.index.add(codes[start : start + step])
            on_progress(min(start + step, len(codes)), len(codes))


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold faiss to one thread, so that what it builds does not depend on the machine."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
