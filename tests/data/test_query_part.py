"""Rows that ask, where a file says of none that they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.data import Items, Pairs, check_overlap, load_items, load_npz
from ucch.data.query_part import with_queries
from ucch.errors import DataError


def pairs(n: int, **beside: np.ndarray) -> Pairs:
    rng = np.random.default_rng(0)
    return Pairs(rng.standard_normal((n, 5)), rng.standard_normal((n, 3)), **beside)


@pytest.mark.parametrize(("n", "n_asks"), [(2, 1), (9, 1), (200, 20), (10_000, 1000), (30_000, 1000)])
def test_one_in_ten_asks_and_never_more_than_a_thousand(n: int, n_asks: int) -> None:
    whole = pairs(n, label=np.arange(n)[:, None] % 2 == np.arange(2))
    train, asks = with_queries(whole)
    assert (len(train), len(asks)) == (n - n_asks, n_asks)
    assert (train.split, asks.split) == ("train", "query")
    both = np.concatenate([train.image, asks.image])
    assert {row.tobytes() for row in both} == {row.tobytes() for row in whole.image}
    assert train.label is not None
    assert len(train.label) == len(train)


def test_the_pairs_of_one_image_stand_on_one_side() -> None:
    whole = pairs(300)
    image = whole.image[np.arange(300) // 3]  # an image on three rows, with three texts
    train, asks = with_queries(Pairs(image, whole.text))
    assert not {row.tobytes() for row in train.image} & {row.tobytes() for row in asks.image}
    assert 0 < len(asks) <= 30


def test_an_image_with_several_captions_asks_with_all_of_them() -> None:
    whole = pairs(40)
    texts = np.random.default_rng(1).standard_normal((120, 3))
    train, asks = with_queries(Pairs(whole.image, texts, image_of_text=np.arange(120) // 3))
    assert (len(train), len(train.text), len(asks), len(asks.text)) == (36, 108, 4, 12)


def test_items_without_a_side_do_not_ask() -> None:
    seen = np.arange(100) % 2 == 0
    train, asks = with_queries(pairs(100, text_seen=seen))
    assert len(asks) == 5
    assert asks.all_complete
    assert int(train.side_mask("text").sum()) == 45  # type: ignore[union-attr]


def test_items_of_other_views_are_compared_by_all_of_them() -> None:
    one, other = np.repeat(np.eye(4), 10, axis=0), np.tile(np.eye(10), (4, 1))
    train, asks = with_queries(Items({"a": one, "b": other}))
    assert (len(train), len(asks)) == (36, 4)


def test_equal_rows_are_refused() -> None:
    with pytest.raises(DataError, match="image_train must hold two different rows, one to ask with, got 1"):
        with_queries(Pairs(np.ones((5, 2)), np.ones((5, 2)), split="train"))


def test_a_file_of_training_pairs_alone_is_read(tmp_path: Path) -> None:
    whole = pairs(500)
    np.savez(tmp_path / "mine.npz", image_train=whole.image, text_train=whole.text, label_train=np.arange(500) % 7)
    dataset = load_npz(tmp_path / "mine.npz")
    assert (len(dataset.train), len(dataset.query), dataset.n_classes) == (450, 50, 7)
    assert dataset.database_is_train
    check_overlap(dataset)
    np.savez(tmp_path / "plain.npz", image=whole.image, text=whole.text, label=np.arange(500) % 7)
    assert load_npz(tmp_path / "plain.npz").digest() == dataset.digest()
    again = load_items(tmp_path / "mine.npz")
    np.testing.assert_array_equal(again.query.views["image"], dataset.query.image)
