"""A paired data set: training pairs, query pairs, and the database that the queries search."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ..errors import DataError
from .pairs import Pairs

__all__ = ["PairedDataset"]


@dataclass(frozen=True, eq=False, init=False)
class PairedDataset:
    """Hold the splits of one data set, checked against one another.

    Args:
        name: what reports call the set.
        train: pairs that the towers and the code table learn from; their labels are read by evaluation only.
        query: pairs that ask, in both directions.
        database: pairs that answer; the training pairs by default, as the unsupervised protocol has it.

    Raises:
        DataError: the splits differ in feature width or classes, or only one side of the evaluation has labels.

    Example:
        >>> import numpy as np
        >>> pairs = Pairs(np.eye(4), np.eye(4))
        >>> dataset = PairedDataset("toy", train=pairs, query=pairs.take([0, 1]))
        >>> dataset.database_is_train, dataset.n_classes
        (True, 0)
    """

    name: str
    train: Pairs
    query: Pairs
    database: Pairs

    def __init__(self, name: str, train: Pairs, query: Pairs, database: Pairs | None = None) -> None:
        splits = {"name": name, "train": train, "query": query, "database": train if database is None else database}
        for field, value in splits.items():
            object.__setattr__(self, field, value)
        for other in (query, self.database):
            _check_width(train, other, "image")
            _check_width(train, other, "text")
        _check_labels(query, self.database)
        if train.label is not None and query.label is not None:
            _check_width(train, query, "label")

    @property
    def database_is_train(self) -> bool:
        """Whether the queries search the training pairs."""
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


def _check_width(first: Pairs, second: Pairs, kind: str) -> None:
    left, right = getattr(first, kind), getattr(second, kind)
    if left.shape[1] != right.shape[1]:
        raise DataError(
            f"{first.array_name(kind)} and {second.array_name(kind)} must have the same number of columns,"
            f" got shapes {left.shape} and {right.shape}"
        )


def _check_labels(query: Pairs, database: Pairs) -> None:
    for one, other in ((query, database), (database, query)):
        if one.label is not None and other.label is None:
            raise DataError(
                f"{one.array_name('label')} is given but {other.array_name('label')} is not;"
                " evaluation compares the two, so give both or neither"
            )
    if query.label is not None:
        _check_width(database, query, "label")
