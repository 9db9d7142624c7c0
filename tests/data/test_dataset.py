from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from ucch.data import PairedDataset, Pairs
from ucch.errors import DataError


def _pairs(n: int, dx: int = 3, dy: int = 2, classes: int | None = 4, split: str = "train", seed: int = 0) -> Pairs:
    rng = np.random.default_rng(seed)
    label = None if classes is None else rng.random((n, classes)) < 0.5
    return Pairs(rng.normal(size=(n, dx)), rng.normal(size=(n, dy)), label, split=split)


def test_the_database_is_the_training_pairs_by_default() -> None:
    train, query = _pairs(6), _pairs(2, split="query")
    dataset = PairedDataset("x", train, query)
    assert dataset.database is train
    assert dataset.database_is_train
    assert dataset.n_classes == 4


def test_another_database_needs_no_training_labels() -> None:
    dataset = PairedDataset(
        "x", _pairs(6, classes=None), _pairs(2, split="query"), database=_pairs(5, split="database")
    )
    assert not dataset.database_is_train
    assert dataset.n_classes == 4


def test_a_set_without_labels_has_no_classes() -> None:
    assert PairedDataset("x", _pairs(6, classes=None), _pairs(2, classes=None, split="query")).n_classes == 0


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (
            {"query": _pairs(2, dx=5, split="query")},
            "image_train and image_query must have the same number of columns, got shapes (6, 3) and (2, 5)",
        ),
        (
            {"query": _pairs(2, split="query"), "database": _pairs(4, dy=7, split="database")},
            "text_train and text_database must have the same number of columns, got shapes (6, 2) and (4, 7)",
        ),
        (
            {"query": _pairs(2, classes=None, split="query")},
            "label_train is given but label_query is not; evaluation compares the two, so give both or neither",
        ),
        (
            {"query": _pairs(2, split="query"), "database": _pairs(4, classes=None, split="database")},
            "label_query is given but label_database is not; evaluation compares the two, so give both or neither",
        ),
        (
            {"query": _pairs(2, classes=9, split="query")},
            "label_train and label_query must have the same number of columns, got shapes (6, 4) and (2, 9)",
        ),
    ],
)
def test_splits_that_disagree_are_refused(splits: dict[str, Pairs], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        PairedDataset("x", _pairs(6), **splits)


def test_digest_is_the_hash_of_the_splits_digests() -> None:
    train, query, database = _pairs(6), _pairs(2, split="query"), _pairs(5, split="database")
    text = f"train {train.digest()}\nquery {query.digest()}\n"
    assert PairedDataset("x", train, query).digest() == hashlib.sha256(text.encode()).hexdigest()
    text += f"database {database.digest()}\n"
    assert PairedDataset("x", train, query, database).digest() == hashlib.sha256(text.encode()).hexdigest()


def test_the_name_does_not_count_in_the_digest() -> None:
    train, query = _pairs(6), _pairs(2, split="query", seed=1)
    assert PairedDataset("x", train, query).digest() == PairedDataset("y", train, query).digest()


def test_digest_changes_with_any_split() -> None:
    train, query = _pairs(6), _pairs(2, split="query", seed=1)
    variants = [
        PairedDataset("x", train, query),
        PairedDataset("x", train.take([1, 0, 2, 3, 4, 5]), query),
        PairedDataset("x", train, query.take([1, 0])),
        PairedDataset("x", query, train),
        PairedDataset("x", train, query, database=query),
    ]
    assert len({dataset.digest() for dataset in variants}) == len(variants)
