"""Queries that were trained on are found and refused."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.data import PairedDataset, Pairs, check_overlap, load_digits_pairs
from ucch.data.overlap import item_digests, row_numbers
from ucch.data.row_parts import RowParts
from ucch.errors import DataError


def pairs(n: int, seed: int) -> Pairs:
    rng = np.random.default_rng(seed)
    return Pairs(rng.normal(size=(n, 4)), rng.normal(size=(n, 3)))


def test_a_disjoint_split_passes() -> None:
    check_overlap(PairedDataset("mine", train=pairs(50, 0), query=pairs(10, 1)))
    check_overlap(load_digits_pairs())


@pytest.mark.parametrize("split", ["training set", "database"])
def test_queries_in_another_split_are_counted(split: str) -> None:
    train, query = pairs(50, 0), pairs(10, 1)
    mixed = Pairs(
        np.concatenate([train.image[:47], query.image[4:7]]), np.concatenate([train.text[:47], query.text[4:7]])
    )
    if split == "training set":
        dataset = PairedDataset("mine", train=mixed, query=query)
    else:
        dataset = PairedDataset("mine", train=train, query=query, database=mixed)
    message = rf"3 of 10 queries of mine stand in its {split} \(the first is query 4\).* --allow-overlap"
    with pytest.raises(DataError, match=message):
        check_overlap(dataset)


@pytest.mark.parametrize("split", ["training set", "database"])
def test_the_same_picture_with_another_caption_is_found(split: str) -> None:
    train, query = pairs(50, 0), pairs(10, 1)
    leaking = Pairs(np.concatenate([train.image[:48], query.image[[2, 7]]]), train.text)
    dataset = PairedDataset("mine", train=leaking, query=query)
    if split == "database":
        dataset = PairedDataset("mine", train=train, query=query, database=leaking)
    message = rf"2 of 10 query images of mine stand in its {split} \(the first is query 2\).* --allow-overlap"
    with pytest.raises(DataError, match=message):
        check_overlap(dataset)


def test_captions_split_by_row_are_found_however_often_training_images_repeat() -> None:
    image, text = np.random.default_rng(0).normal(size=(12, 4)), np.random.default_rng(1).normal(size=(60, 3))
    of_row = np.repeat(np.arange(12), 5)
    query = np.arange(60) % 5 == 4
    dataset = PairedDataset(
        "mine", train=Pairs(image[of_row[~query]], text[~query]), query=Pairs(image[of_row[query]], text[query])
    )
    with pytest.raises(DataError, match="12 of 12 query images of mine stand in its training set"):
        check_overlap(dataset)


def test_equal_texts_alone_are_no_overlap() -> None:
    train, query = pairs(50, 0), pairs(10, 1)
    check_overlap(PairedDataset("mine", train=train, query=Pairs(query.image, train.text[:10])))


def test_tags_of_images_repeat_by_nature_beside_fine_texts() -> None:
    rng = np.random.default_rng(0)
    sides = [Pairs(rng.integers(0, 2, (n, 3)), rng.normal(size=(n, 3))) for n in (200, 40)]
    check_overlap(PairedDataset("tags", train=sides[0], query=sides[1]))


@pytest.mark.parametrize(("n_shared", "refused"), [(2, False), (4, True)])
def test_fine_images_may_repeat_to_a_twentieth_where_training_images_do(n_shared: int, refused: bool) -> None:
    train, query = pairs(50, 0), pairs(40, 1)
    image = train.image.copy()
    image[1::2] = image[::2]  # each training image twice
    image[:n_shared] = query.image[:n_shared]
    dataset = PairedDataset("mine", train=Pairs(image, train.text), query=query)
    if not refused:
        check_overlap(dataset)
        return
    with pytest.raises(DataError, match="4 of 40 query images"):
        check_overlap(dataset)


def test_coarse_features_that_repeat_by_nature_pass() -> None:
    rng = np.random.default_rng(0)
    tags = [Pairs(rng.integers(0, 2, (n, 3)), rng.integers(0, 2, (n, 3))) for n in (200, 40)]
    check_overlap(PairedDataset("tags", train=tags[0], query=tags[1]))


def test_an_item_is_its_image_and_its_first_text() -> None:
    image = np.arange(6.0).reshape(3, 2)
    one, several = Pairs(image, image), Pairs(image, image[[0, 0, 1, 2]], image_of_text=np.array([0, 0, 1, 2]))
    items, images = item_digests(one)
    assert all(np.array_equal(a, b) for a, b in zip((items, images), item_digests(several), strict=True))
    assert len(np.unique(items)) == len(np.unique(images)) == 3
    assert not np.isin(items, images).any()


def test_equal_rows_have_one_number_and_others_have_their_own() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float16)[[*range(50), 7, 7, 3]]
    numbers = row_numbers(rows)
    equal = (rows[:, None] == rows[None]).all(axis=2)
    assert np.array_equal(numbers[:, None] == numbers[None], equal)
    assert np.array_equal(row_numbers(RowParts([rows[:20], rows[20:]])), numbers)
