"""Queries that were trained on, or that stand in the database they search."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .arrays import FeatureArray, row_chunks
from .dataset import PairedDataset
from .pairs import Pairs

__all__ = ["check_overlap", "item_digests", "row_numbers"]


MOST_DISTINCT = 32  # values of a column of coarse features
LARGEST_NATURE = 0.05  # of the queries, where image rows are fine


def item_digests(pairs: Pairs) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.bytes_]]:
    """Fingerprint every item, and its image alone: 16 bytes each, twice (n,).

    An item is its image and its text row, the first of several. O(n (dx + dy)); rows are read once, some MiB at a
    time, so a memory-mapped set stays on disk.
    """
    items, images = (np.empty(len(pairs), dtype="S16") for _ in range(2))
    first_text = pairs.first_text
    for rows in row_chunks(pairs.image):
        image = np.ascontiguousarray(pairs.image[rows])
        text = np.ascontiguousarray(pairs.text[first_text[rows]])
        for row, (image_row, text_row) in enumerate(zip(image, text, strict=True), start=rows.start):
            fingerprint = hashlib.blake2b(image_row.data, digest_size=16)
            images[row] = fingerprint.hexdigest()[:16].encode()
            fingerprint.update(text_row.data)
            items[row] = fingerprint.hexdigest()[:16].encode()
    return items, images


def row_numbers(rows: FeatureArray) -> npt.NDArray[np.int64]:
    """Number the rows of a matrix (n, d) so that equal ones have one number, (n,). O(n (d + log n)), read in pieces."""
    digests = np.empty(len(rows), dtype=np.uint64)
    for piece in row_chunks(rows):
        values = np.ascontiguousarray(rows[piece])
        joined = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in values)
        digests[piece] = np.frombuffer(joined, np.uint64)
    numbers: npt.NDArray[np.int64] = np.unique(digests, return_inverse=True)[1]
    return numbers


def check_overlap(dataset: PairedDataset) -> None:
    """Refuse a split whose queries, or whose query images, stand in the training set or the database.

    Items are told apart by their features, image and text together, and images by theirs alone: the same picture with
    another caption is a leak too. Coarse features, such as a handful of tags, repeat by nature: where training items
    repeat one another as often as queries repeat them, nothing is said; image rows whose columns have at most 32
    values, and half as many as there are rows, are not compared alone. Of image rows that are finer, no more than
    5 % of the queries may be in the other split, however often training images repeat one another.

    Raises:
        DataError: queries stand in another split; the message counts them and names the first.
    """
    splits = {"training set": dataset.train}
    if not dataset.database_is_train:
        splits["database"] = dataset.database
    query, query_images = item_digests(dataset.query)
    digests = {name: item_digests(pairs) for name, pairs in splits.items()}
    for name, (items, _) in digests.items():
        _refuse(dataset.name, "queries", query, name, items, 1.0)
    if _is_coarse(dataset.train.image):
        return
    for name, (_, images) in digests.items():
        _refuse(dataset.name, "query images", query_images, name, images, LARGEST_NATURE)


def _is_coarse(image: FeatureArray) -> bool:
    sample = np.unique(np.asarray(image[:1000]), axis=0)
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
