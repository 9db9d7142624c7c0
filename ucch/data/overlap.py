"""Queries that were trained on, or that stand in the database they search."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .arrays import FeatureArray, row_chunks
from .dataset import ItemDataset
from .items import Items

__all__ = ["check_overlap", "item_digests", "row_numbers"]


MOST_DISTINCT = 32  # values of a column of coarse features
LARGEST_NATURE = 0.05  # of the queries, where image rows are fine


def item_digests(items: Items) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.bytes_]]:
    """Fingerprint every item, and its first view alone, the image of a pair: 16 bytes each, twice (n,).

    An item is its row of every view, the first of several texts. O(n d) for d columns in all; rows are read once, some
    MiB at a time, so a memory-mapped set stays on disk.
    """
    whole, first = (np.empty(len(items), dtype="S16") for _ in range(2))
    rows_of = {name: items.first_of(name) for name in items.names}
    for rows in row_chunks(items.views[items.names[0]]):
        chunks = [np.ascontiguousarray(items.views[name][of[rows]]) for name, of in rows_of.items()]
        for row, (begins, *others) in enumerate(zip(*chunks, strict=True), start=rows.start):
            fingerprint = hashlib.blake2b(begins.data, digest_size=16)
            first[row] = fingerprint.hexdigest()[:16].encode()
            for other in others:
                fingerprint.update(other.data)
            whole[row] = fingerprint.hexdigest()[:16].encode()
    return whole, first


def row_numbers(rows: FeatureArray) -> npt.NDArray[np.int64]:
    """Number the rows of a matrix (n, d) so that equal ones have one number, (n,). O(n (d + log n)), read in pieces."""
    digests = np.empty(len(rows), dtype=np.uint64)
    for piece in row_chunks(rows):
        values = np.ascontiguousarray(rows[piece])
        joined = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in values)
        digests[piece] = np.frombuffer(joined, np.uint64)
    numbers: npt.NDArray[np.int64] = np.unique(digests, return_inverse=True)[1]
    return numbers


def check_overlap(dataset: ItemDataset) -> None:
    """Refuse a split whose queries, or whose query images, stand in the training set or the database.

    Items are told apart by their features, all views together, and by those of the first view alone: the same picture
    with another caption is a leak too. Coarse features, such as a handful of tags, repeat by nature: where training
    items repeat one another as often as queries repeat them, nothing is said; rows of the first view whose columns have
    at most 32 values, and half as many as there are rows, are not compared alone. Of rows that are finer, no more than
    5 % of the queries may be in the other split, however often training rows repeat one another.

    Raises:
        DataError: queries stand in another split; the message counts them and names the first.
    """
    splits = {"training set": dataset.train}
    if not dataset.database_is_train:
        splits["database"] = dataset.database
    query, query_first = item_digests(dataset.query)
    digests = {name: item_digests(items) for name, items in splits.items()}
    for name, (items, _) in digests.items():
        _refuse(dataset.name, "queries", query, name, items, 1.0)
    view = dataset.names[0]
    if len(dataset.names) == 1 or _is_coarse(dataset.train.views[view]):
        return
    for name, (_, firsts) in digests.items():
        _refuse(dataset.name, f"query {view}s", query_first, name, firsts, LARGEST_NATURE)


def _is_coarse(features: FeatureArray) -> bool:
    sample = np.unique(np.asarray(features[:1000]), axis=0)
    most = max(len(np.unique(column)) for column in sample.T)
    return most <= min(MOST_DISTINCT, len(sample) / 2)


def _refuse(
    dataset: str,
    what: str,
    query: npt.NDArray[np.bytes_],
    name: str,
    items: npt.NDArray[np.bytes_],
    largest: float,
) -> None:
    repeated = np.isin(query, items)
    by_nature = 1 - len(np.unique(items)) / len(items)
    if repeated.mean() > min(2 * by_nature, largest):
        raise DataError(
            f"{int(repeated.sum())} of {len(query)} {what} of {dataset} stand in its {name} (the first is"
            f" query {int(repeated.argmax())}), so that they find themselves; split the data anew, or say"
            " --allow-overlap"
        )
