"""Queries that were trained on, or that stand in the database they search."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .dataset import PairedDataset
from .pairs import Pairs

__all__ = ["check_overlap", "item_digests"]


def item_digests(pairs: Pairs) -> npt.NDArray[np.bytes_]:
    """Fingerprint every item: 16 bytes over its image and its text row (the first of several), (n,).

    O(n (dx + dy)); rows are read one after another, so a memory-mapped set stays on disk.
    """
    first_text = pairs.first_text
    digests = np.empty(len(pairs), dtype="S16")
    for row in range(len(pairs)):
        fingerprint = hashlib.blake2b(np.ascontiguousarray(pairs.image[row]).data, digest_size=16)
        fingerprint.update(np.ascontiguousarray(pairs.text[first_text[row]]).data)
        digests[row] = fingerprint.hexdigest()[:16].encode()
    return digests


def check_overlap(dataset: PairedDataset) -> None:
    """Refuse a split whose queries stand in the training set or the database.

    Items are told apart by their features, image and text together. Coarse features, such as a handful of tags,
    repeat by nature: where training items repeat one another as often as queries repeat them, nothing is said.

    Raises:
        DataError: queries stand in another split; the message counts them and names the first.
    """
    query = item_digests(dataset.query)
    splits = {"training set": dataset.train}
    if not dataset.database_is_train:
        splits["database"] = dataset.database
    for name, pairs in splits.items():
        items = item_digests(pairs)
        repeated = np.isin(query, items)
        by_nature = 1 - len(np.unique(items)) / len(items)
        if repeated.mean() > 2 * by_nature:
            raise DataError(
                f"{int(repeated.sum())} of {len(query)} queries of {dataset.name} stand in its {name} (the first is"
                f" query {int(repeated.argmax())}), so that they find themselves; split the data anew, or say"
                " --allow-overlap"
            )
