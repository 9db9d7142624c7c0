"""What a file of usearch says of its items: ids and metadata by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import StoreError
from .interface import Scalar, Where, plain_list

__all__ = ["UsearchItems"]


class UsearchItems:
    """Ids and metadata of items that usearch knows by a whole number, their key.

    Numbers are their own keys. Texts get the next free one, so that the file says which text a key stands for.

    Args:
        numbers: whether ids are whole numbers.
        saved: what :meth:`to_json` gave.
    """

    def __init__(self, numbers: bool, saved: Mapping[str, Any] | None = None) -> None:
        saved = saved or {"ids": [], "keys": [], "columns": None, "values": []}
        self._numbers = numbers
        self.columns: list[str] | None = saved["columns"]  # of the first write
        self._keys: dict[Any, int] = dict(zip(saved["ids"], saved["keys"], strict=True))
        self._ids = {key: one for one, key in self._keys.items()}
        self._values = dict(zip(saved["keys"], saved["values"], strict=True))
        self._next = max(self._ids, default=-1) + 1

    def __len__(self) -> int:
        return len(self._keys)

    def put(self, ids: Sequence[Any], metadata: Mapping[str, Sequence[Scalar]]) -> tuple[list[int], list[int]]:
        """Take in ids and their metadata.

        Returns:
            the key of each, and the keys that were there before.

        Raises:
            StoreError: other columns than those that are there, or a number below 0.
        """
        if self.columns is not None and set(self.columns) != set(metadata):
            there = ", ".join(sorted(self.columns)) or "none"
            raise StoreError(f"metadata columns of this file are {there}, got {', '.join(metadata) or 'none'}")
        below = next((one for one in ids if self._numbers and one < 0), None)
        if below is not None:
            raise StoreError(f"ids of a usearch file are whole numbers from 0, or texts, got {below}")
        self.columns = list(metadata) if self.columns is None else self.columns
        old = [self._keys[one] for one in ids if one in self._keys]
        rows = (
            zip(*(plain_list(metadata[name]) for name in self.columns), strict=True)
            if self.columns
            else [()] * len(ids)
        )
        keys = []
        for one, row in zip(ids, rows, strict=True):
            key = one if self._numbers else self._keys.get(one, self._next)
            self._next = max(self._next, key + 1)
            self._keys[one], self._ids[key], self._values[key] = key, one, list(row)
            keys.append(key)
        return keys, old

    def take_out(self, ids: Iterable[Any]) -> list[int]:
        """Forget ids; returns the keys of those that were there."""
        keys = [self._keys.pop(one) for one in ids if one in self._keys]
        for key in keys:
            del self._ids[key], self._values[key]
        return keys

    def ids(self, keys: Iterable[int]) -> list[Any]:
        """The id of each key."""
        return [self._ids[key] for key in keys]

    def passing(self, where: Where) -> list[int]:
        """Keys of the items whose metadata agree.

        Raises:
            StoreError: there is no such column.
        """
        columns = self.columns or []
        unknown = [name for name in where if name not in columns]
        if unknown and len(self):
            there = ", ".join(sorted(columns)) or "none"
            raise StoreError(f"metadata columns of this file are {there}, got {', '.join(unknown)}")
        wanted = [(columns.index(name), set(plain_list(value))) for name, value in where.items() if not unknown]
        return [key for key, row in self._values.items() if all(row[place] in values for place, values in wanted)]

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        keys = list(self._keys.values())
        values = [self._values[key] for key in keys]
        return {"ids": list(self._keys), "keys": keys, "columns": self.columns, "values": values}
