"""Items over named views, of which pairs are a case."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs
from ucch.data import ItemDataset, Items, Pairs, as_pairs
from ucch.errors import DataError


def three_views(n: int = 12) -> Items:
    rng = np.random.default_rng(0)
    views = {name: rng.normal(size=(n, width)) for name, width in (("image", 4), ("text", 3), ("audio", 5))}
    return Items(views, np.eye(3, dtype=bool)[np.arange(n) % 3])


def test_rows_are_taken_from_every_view_with_their_labels() -> None:
    items = three_views()
    some = items.take([7, 2], split="query")
    assert (some.names, len(some), some.array_name("audio")) == (("image", "text", "audio"), 2, "audio_query")
    for name, rows in items.views.items():
        np.testing.assert_array_equal(some.views[name], rows[[7, 2]])
    assert items.label is not None
    np.testing.assert_array_equal(some.label, items.label[[7, 2]])
    assert items.take(slice(0, 3)).views["text"].base is not None  # a slice copies nothing
    assert len(items.spread(5)) == 4
    assert items.spread(12) is items
    assert items.without_labels().label is None
    assert repr(some) == "Items(image=(2, 4), text=(2, 3), audio=(2, 5), label=(2, 3))"


def test_every_item_has_one_row_of_every_view() -> None:
    items, rows = three_views(), torch.tensor([3, 1])
    assert items.draw_rows("audio", rows, torch.Generator()) is rows
    assert items.all_complete
    assert items.complete() is items
    assert all(mask.all() for mask in items.seen.values())
    assert items.complete_rows.tolist() == items.item_of("text").tolist() == items.first_of("text").tolist()


def test_the_digest_tells_names_numbers_and_labels_apart() -> None:
    items = three_views()
    views = dict(items.views)
    others = [
        Items({**views, "text": views["text"] + 1}, items.label),
        Items({name.replace("audio", "sound"): rows for name, rows in views.items()}, items.label),
        Items(views),
        Items(dict(reversed(views.items())), items.label),
    ]
    assert len({one.digest() for one in (items, *others)}) == 5
    assert items.digest() == three_views().digest()


def test_pairs_are_the_case_of_image_and_text() -> None:
    pairs = small_pairs()
    assert isinstance(pairs, Items)
    assert pairs.names == ("image", "text")
    assert pairs.views["image"] is pairs.image
    assert pairs.digest() == Items({"image": pairs.image, "text": pairs.text}, pairs.label).digest()
    assert as_pairs(pairs, "this") is pairs
    with pytest.raises(DataError, match=r"^teacher mie needs pairs of image and text, got items of image, text, audio"):
        as_pairs(three_views(), "teacher mie")


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({}, "views must be a mapping of names to features, at least one, got dict"),
        ({"2nd": np.ones((2, 2))}, "a view must be named by a letter, then letters, digits and _"),
        ({"label": np.ones((2, 2))}, "neither label nor"),
        ({"a_seen": np.ones((2, 2))}, "got 'a_seen'"),
        ({"a": np.ones((2, 2)), "b": np.ones((3, 2))}, "a and b must have one row per item, got shapes (2, 2) and (3,"),
        ({"a": np.ones(3)}, "a must have shape (rows, features), got shape (3,)"),
        ({"a": np.array([[1.0], [np.nan]])}, "a must be finite in float32, but row 1 holds nan"),
    ],
)
def test_what_is_no_view_is_refused(views: Any, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        Items(views)


def test_labels_have_a_row_per_item() -> None:
    with pytest.raises(DataError, match=r"a and label must have one row per item, got shapes \(3, 2\) and \(2, 2\)"):
        Items({"a": np.ones((3, 2))}, np.eye(2, dtype=bool))


def test_splits_of_a_set_have_the_same_views_and_widths() -> None:
    items = three_views()
    assert ItemDataset("made", items, items.take([0])).names == items.names
    fewer = Items({name: items.views[name] for name in ("image", "text")}, items.label, split="query")
    with pytest.raises(DataError, match="all splits must have the views image, text, audio, in this order, got i"):
        ItemDataset("made", items, fewer)
    wider = Items({**items.views, "audio": np.ones((12, 6))}, items.label)
    with pytest.raises(DataError, match=r"audio and audio must have the same number of columns"):
        ItemDataset("made", items, wider)


def test_pairs_with_captions_answer_for_the_rows_of_a_side() -> None:
    pairs = Pairs(np.ones((2, 3)), np.ones((3, 2)), np.eye(2, dtype=bool), image_of_text=np.array([0, 0, 1]))
    assert (pairs.draws("text"), pairs.draws("image")) == (True, False)
    assert pairs.item_of("text").tolist() == [0, 0, 1]
    assert pairs.first_of("text").tolist() == [0, 2]
    assert pairs.first_of("image").tolist() == [0, 1]
    label = pairs.label_of("text")
    assert label is not None
    assert label.shape == (3, 2)
