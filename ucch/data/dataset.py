"""A data set: training items, items that ask, and the database that they search."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..errors import DataError
from .items import Items
from .pairs import Pairs

__all__ = ["ItemDataset", "PairedDataset"]


@dataclass(frozen=True, eq=False, init=False)
class ItemDataset:
    """Hold the splits of one data set, of any named views, checked against one another.

    Args:
        name: what reports call the set.
        train: items that the towers and the code table learn from; their labels are read by evaluation only.
        query: items that ask, in every direction.
        database: items that answer; the training items by default, as the unsupervised protocol has it.
        replayed: how many of the training items, at their beginning, an earlier run has trained on.

    Raises:
        DataError: the splits differ in views, feature width or classes, or only one side of the evaluation has labels.

    Example:
        >>> import numpy as np
        >>> items = Items({"text": np.eye(4)})
        >>> ItemDataset("toy", items, items.take([0, 1])).names
        ('text',)
    """

    name: str
    train: Items
    query: Items
    database: Items
    replayed: int

    def __init__(
        self, name: str, train: Items, query: Items, database: Items | None = None, *, replayed: int = 0
    ) -> None:
        splits = {"name": name, "train": train, "query": query, "database": train if database is None else database}
        for field, value in {**splits, "replayed": replayed}.items():
            object.__setattr__(self, field, value)
        for other in (query, self.database):
            if other.names != train.names:
                raise DataError(
                    f"all splits must have the views {', '.join(train.names)}, in this order, got"
                    f" {', '.join(other.names)} of {other.split or 'a split'}"
                )
            for view in train.names:
                _check_width(train, other, view)
        _check_labels(query, self.database)
        if train.label is not None and query.label is not None:
            _check_width(train, query, "label")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the views, in order."""
        return self.train.names

    @property
    def database_is_train(self) -> bool:
        """Whether the queries search the training items."""
        return self.database is self.train

    @property
    def n_classes(self) -> int:
        """Columns of the labels that evaluation compares; 0 for a set without labels."""
        return 0 if self.query.label is None else int(self.query.label.shape[1])

    def digest(self) -> str:
        """Fingerprint the contents: SHA-256 over every array's split, kind, dtype, shape and bytes.

        Equal digests mean that two runs saw the same numbers in the same order; the name does not count. Rows are
        read in chunks, so that the cost is one pass over the features and a fixed amount of memory.
        """
        fingerprint = hashlib.sha256()
        splits = {"train": self.train, "query": self.query}
        if not self.database_is_train:
            splits["database"] = self.database
        for split, pairs in splits.items():
            fingerprint.update(f"{split} {pairs.digest()}\n".encode())
        return fingerprint.hexdigest()


@dataclass(frozen=True, eq=False, init=False)
class PairedDataset(ItemDataset):
    """Hold the splits of one data set of pairs of image and text.

    Args, Raises: as of :class:`ItemDataset`.

    Example:
        >>> import numpy as np
        >>> pairs = Pairs(np.eye(4), np.eye(4))
        >>> dataset = PairedDataset("toy", train=pairs, query=pairs.take([0, 1]))
        >>> dataset.database_is_train, dataset.n_classes
        (True, 0)
    """

    train: Pairs
    query: Pairs
    database: Pairs

    def __init__(
        self, name: str, train: Pairs, query: Pairs, database: Pairs | None = None, *, replayed: int = 0
    ) -> None:
        super().__init__(name, train, query, database, replayed=replayed)


def _check_width(first: Items, second: Items, kind: str) -> None:
    left, right = (items.label if kind == "label" else items.views[kind] for items in (first, second))
    assert left is not None
    assert right is not None
    if left.shape[1] != right.shape[1]:
        raise DataError(
            f"{first.array_name(kind)} and {second.array_name(kind)} must have the same number of columns,"
            f" got shapes {left.shape} and {right.shape}"
        )


def _check_labels(query: Items, database: Items) -> None:
    for one, other in ((query, database), (database, query)):
        if one.label is not None and other.label is None:
            raise DataError(
                f"{one.array_name('label')} is given but {other.array_name('label')} is not;"
                " evaluation compares the two, so give both or neither"
            )
    if query.label is not None:
        _check_width(database, query, "label")
