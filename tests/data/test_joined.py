"""Two sets, one behind the other."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.data import PairedDataset, Pairs
from ucch.data.joined import joined_dataset, joined_pairs
from ucch.errors import DataError


def pairs(n: int, **options: object) -> Pairs:
    return Pairs(np.full((n, 3), float(n)), np.full((n, 2), float(n)), **options)  # type: ignore[arg-type]


def test_rows_of_the_first_come_first() -> None:
    joined = joined_pairs(pairs(2), pairs(3))
    assert joined.image[:, 0].tolist() == [2, 2, 3, 3, 3]
    assert joined.label is None
    assert joined.all_complete


def test_captions_stay_with_their_images() -> None:
    captions = Pairs(np.eye(2, 3), np.ones((5, 2)), image_of_text=np.array([0, 0, 0, 1, 1]))
    joined = joined_pairs(pairs(2), captions)
    assert joined.item_of_text.tolist() == [0, 1, 2, 2, 2, 3, 3]
    assert joined_pairs(captions, pairs(1)).item_of_text.tolist() == [0, 0, 0, 1, 1, 2]


def test_what_is_missing_stays_missing() -> None:
    joined = joined_pairs(pairs(2), pairs(2, text_seen=np.array([True, False])))
    assert joined.seen["text"].tolist() == [True, True, True, False]
    assert joined.seen["image"].all()


def test_labels_need_both_and_as_many_classes() -> None:
    labelled, other = pairs(2, label=np.eye(2, dtype=bool)), pairs(2, label=np.eye(2, 4, dtype=bool))
    assert joined_pairs(labelled, pairs(1)).label is None
    both = joined_pairs(labelled, labelled).label
    assert both is not None
    assert both.shape == (4, 2)
    with pytest.raises(DataError, match="labels of both must have as many classes, got 2 and 4"):
        joined_pairs(labelled, other)


def test_another_width_is_refused() -> None:
    with pytest.raises(DataError, match="image_train must have 3 columns, as the earlier pairs have, got 4"):
        joined_pairs(pairs(2), Pairs(np.ones((1, 4)), np.ones((1, 2)), split="train"))


def test_queries_and_a_database_apart_are_those_of_the_new_set() -> None:
    earlier = PairedDataset("old", train=pairs(2), query=pairs(4))
    new = PairedDataset("new", train=pairs(3), query=pairs(5), database=pairs(6))
    joined = joined_dataset(earlier, new)
    assert (joined.name, len(joined.train), len(joined.query), len(joined.database)) == ("new", 5, 5, 6)
    assert joined_dataset(earlier, PairedDataset("new", train=pairs(3), query=pairs(5))).database_is_train
