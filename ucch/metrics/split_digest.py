"""A name for a split: the same rows and labels give the same digest on every machine."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from .label_sets import label_sets

__all__ = ["split_digest"]


def split_digest(
    query_labels: npt.ArrayLike,
    database_labels: npt.ArrayLike,
    *,
    query_ids: npt.ArrayLike | None = None,
    database_ids: npt.ArrayLike | None = None,
) -> str:
    """Compute the SHA-256 digest of a split, so that two numbers on one split can be told to be so.

    Over the kind, width and row order of the labels of queries and database, and over the ids where given.
    Independent of the storage: booleans, 0/1 of any dtype and byte order digest alike.

    Args:
        query_labels: class numbers (Q,) or multi-hot (Q, C).
        database_labels: (M,) or (M, C).
        query_ids: row numbers (integers) or names (strings) of the queries in the data set, (Q,).
        database_ids: those of the database, (M,).

    Returns:
        64 hexadecimal digits; eight are enough to print.

    Raises:
        TypeError, ValueError: labels are neither kind, or ids are not a vector of integers or strings as long as
            the labels.

    Note:
        Without ids two splits of one size whose labels agree row by row cannot be told apart.
    """
    digest = hashlib.sha256(b"ucch split 1\n")
    for side, labels, ids in (
        ("query", query_labels, query_ids),
        ("database", database_labels, database_ids),
    ):
        n_rows = _add_labels(digest, f"{side}_labels", np.asarray(labels))
        _add_ids(digest, f"{side}_ids", ids, n_rows)
    return digest.hexdigest()


def _add_labels(digest: hashlib._Hash, name: str, labels: npt.NDArray[np.generic]) -> int:
    sets = label_sets(name, labels)  # checks; its words depend on the byte order, so they are not hashed
    content = labels.astype("<i8") if sets.single else np.packbits(labels == 1, axis=1)
    digest.update(f"{name} {len(sets)} {sets.n_labels}\n".encode())
    digest.update(content.tobytes())
    return len(sets)


def _add_ids(digest: hashlib._Hash, name: str, ids: npt.ArrayLike | None, n_rows: int) -> None:
    if ids is None:
        digest.update(f"{name} none\n".encode())
        return
    array = np.asarray(ids)
    if array.shape != (n_rows,):
        raise ValueError(f"{name} must be one id per label row, shape ({n_rows},), got {array.shape}")
    if np.issubdtype(array.dtype, np.integer):
        content = array.astype("<i8").tobytes()
    elif array.dtype.kind == "U":
        content = b"".join(len(text.encode()).to_bytes(8, "little") + text.encode() for text in array.tolist())
    else:
        raise TypeError(f"{name} must be integers or strings, got {array.dtype}")
    digest.update(f"{name} {'numbers' if array.dtype.kind != 'U' else 'names'}\n".encode())
    digest.update(content)
