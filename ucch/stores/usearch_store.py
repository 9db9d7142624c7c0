"""Codes in a file of usearch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from ..codes import PackedCodes, hamming_distance, n_bytes
from ..errors import StoreError
from ..extras import require
from ..retrieval.rows import Ids
from .interface import CodeStore, Metadata, Scalar, Where, plain_list
from .usearch_file import read_items, write_file
from .usearch_items import UsearchItems

__all__ = ["UsearchStore"]


class UsearchStore(CodeStore):
    """A file of usearch: a graph over ``b1`` vectors by Hamming distance, with ids and metadata behind it.

    The file is read into memory when it is opened, and written whole at the end of each upsert and each delete. Every
    call looks whether another process has written it since, writers wait for one another, and nothing is lost. usearch
    opens the file by itself; ids that are numbers are its keys.

    Args:
        uri: the file, by convention ``*.usearch``.
        name: the one table that it holds.
        n_bits, numbers, model: of a new file, which the first write makes; those of an old one are read from it.
        exact: whether searches count the bits of every code, or go by the graph.

    Raises:
        MissingPackageError: usearch is not installed.
        StoreError: the file is missing and ``n_bits`` is not given, or it is not of ucch, or holds another table.

    Reference:
        usearch, https://github.com/unum-cloud/USearch

    Example:
        >>> store = UsearchStore("photos.usearch", "codes", n_bits=64)
        >>> store.count()
        0
    """

    def __init__(
        self,
        uri: str,
        name: str,
        *,
        n_bits: int | None = None,
        numbers: bool = False,
        model: str = "",
        exact: bool = True,
    ) -> None:
        require("usearch", extra="usearch", need="a usearch file")
        self._kind_of_index = require("usearch.index", extra="usearch", need="a usearch file").Index
        self._path, self._name, self._exact = Path(uri), name, exact
        self._stamp: tuple[int, ...] | None = None
        self._kept: tuple[str, npt.NDArray[np.uint64], PackedCodes] | None = None  # what passed the last filter
        self.n_bits, self.numbers, self.model = n_bits or 0, numbers, model
        if self._path.exists():
            self._load()
        elif n_bits is None:
            raise StoreError(f"there is no file {uri}; ucch store push makes one")
        else:
            self._index, self._items = self._empty(), UsearchItems(numbers)

    def upsert(
        self,
        ids: Ids,
        codes: PackedCodes,
        metadata: Metadata | None = None,
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        with self._writing():
            super().upsert(ids, codes, metadata, on_progress=on_progress)

    def delete(self, ids: Ids) -> None:
        with self._writing():
            super().delete(ids)

    def count(self) -> int:
        self._refresh()
        return len(self._items)

    def close(self) -> None:
        self._kept = None
        self._index, self._items, self._stamp = self._empty(), UsearchItems(self.numbers), None

    def _upsert(self, ids: list[Any], codes: PackedCodes, metadata: dict[str, list[Scalar]]) -> None:
        self._kept = None
        keys, old = self._items.put(ids, metadata)
        if old:
            self._index.remove(np.array(old, np.uint64))
        if keys:
            self._index.add(np.array(keys, np.uint64), codes)

    def _delete(self, ids: list[Any]) -> None:
        self._kept = None
        keys = self._items.take_out(ids)
        if keys:
            self._index.remove(np.array(keys, np.uint64))

    def _fetch(self, query: PackedCodes, n: int, where: Where) -> tuple[list[Any], list[float]]:
        self._refresh()
        if where:
            keys, codes = self._passing(where)
            far = hamming_distance(query[None], codes)[0]
            order = np.argsort(far, kind="stable")[:n]
            return self._items.ids(keys[order].tolist()), far[order].tolist()
        if not len(self._items):
            return [], []
        found = self._index.search(query, min(n, len(self._items)), exact=self._exact)
        return self._items.ids(found.keys.tolist()), found.distances.tolist()

    def _passing(self, where: Where) -> tuple[npt.NDArray[np.uint64], PackedCodes]:
        """Keys and codes of the items that pass a filter; kept for the next query with the same one."""
        said = repr(sorted((name, plain_list(value)) for name, value in where.items()))
        if self._kept is None or self._kept[0] != said:
            keys = np.array(self._items.passing(where), np.uint64)
            codes = self._index.get(keys) if len(keys) else []
            self._kept = said, keys, np.asarray(codes, np.uint8).reshape(len(keys), n_bytes(self.n_bits))
        return self._kept[1:]

    def _empty(self) -> Any:
        return self._kind_of_index(ndim=8 * n_bytes(self.n_bits), metric="hamming", dtype="b1")

    def _refresh(self) -> None:
        """Read the file anew if it is another than the one that was read or written last."""
        if self._path.exists() and _stamp(self._path) != self._stamp:
            held = (self.n_bits, self.numbers, self.model)
            self._load()
            if held != (self.n_bits, self.numbers, self.model):
                self._stamp = None
                self.n_bits, self.numbers, self.model = held
                raise StoreError(f"{self._path} was written meanwhile, with other codes; open it again")

    def _load(self) -> None:
        self._kept = None
        stamp, saved = _stamp(self._path), read_items(self._path)
        if saved.get("name") != self._name:
            raise StoreError(
                f"{self._path} holds the table {saved.get('name')!r}, not {self._name!r}; a file holds one"
            )
        try:
            self._index = self._kind_of_index.restore(str(self._path))
            self._items = UsearchItems(saved["numbers"], saved["items"])
            self.n_bits, self.numbers, self.model = saved["n_bits"], saved["numbers"], saved["model"]
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise StoreError(f"{self._path} cannot be read: {error}") from error
        if self._index is None or len(self._index) != len(self._items):
            raise StoreError(f"{self._path} is damaged: codes and ids are not as many")
        self._stamp = stamp

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._path.absolute().parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_name(f".{self._path.name}.lock")):
            self._refresh()
            try:
                yield
                header = {"name": self._name, "n_bits": self.n_bits, "numbers": self.numbers, "model": self.model}
                write_file(self._path, self._index, {**header, "items": self._items.to_json()})
                self._stamp = _stamp(self._path)
            except BaseException:
                self.close()  # memory may hold what the file does not
                raise


def _stamp(path: Path) -> tuple[int, ...]:
    there = path.stat()
    return there.st_ino, there.st_mtime_ns, there.st_size
