from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ucch.data import Pairs
from ucch.errors import DataError


def _pairs(n: int = 5) -> Pairs:
    label = np.eye(n, dtype=bool)
    return Pairs(np.arange(3.0 * n).reshape(n, 3), np.arange(2 * n, dtype=np.uint8).reshape(n, 2), label)


def test_arrays_are_kept_not_cast(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((4, 3), np.float16))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    counts = np.ones((4, 2), np.int32)
    pairs = Pairs(mapped, counts)
    assert pairs.image is mapped
    assert pairs.text is counts
    assert len(pairs) == 4
    assert repr(pairs) == "Pairs(image=(4, 3), text=(4, 2), label=None)"


def test_take_picks_the_same_rows_everywhere() -> None:
    pairs = _pairs()
    chosen = pairs.take([4, 0])
    np.testing.assert_array_equal(chosen.image, pairs.image[[4, 0]])
    np.testing.assert_array_equal(chosen.text, pairs.text[[4, 0]])
    assert chosen.label is not None
    np.testing.assert_array_equal(chosen.label.argmax(axis=1), [4, 0])


def test_take_by_mask_and_by_slice() -> None:
    pairs = _pairs()
    np.testing.assert_array_equal(pairs.take(np.array([0, 1, 0, 0, 1], bool)).image, pairs.image[[1, 4]])
    view = pairs.take(slice(1, 3), split="query")
    assert np.shares_memory(view.image, pairs.image)
    assert view.array_name("image") == "image_query"


def test_take_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match=r"image must have at least one row and one column, got shape \(0, 3\)"):
        _pairs().take(slice(0, 0))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"image": np.zeros((3, 2)), "text": np.zeros((4, 2))},
            "image_train and text_train must have one row per pair, got shapes (3, 2) and (4, 2)",
        ),
        (
            {"image": np.zeros((3, 2)), "text": np.zeros((3, 2)), "label": np.zeros((2, 4), bool)},
            "image_train and label_train must have one row per pair, got shapes (3, 2) and (2, 4)",
        ),
        (
            {"image": np.zeros((3, 2)), "text": np.zeros((3, 2)), "label": np.zeros(3, int)},
            "label_train must be a bool multi-hot array of shape (rows, classes), got dtype int64 and shape (3,);"
            " ucch.data.multi_hot makes one",
        ),
        (
            {"image": np.zeros((1, 2)), "text": np.zeros((1, 2)), "label": [[True]]},
            "label_train must be a bool multi-hot array of shape (rows, classes), got list;"
            " ucch.data.multi_hot makes one",
        ),
        (
            {"image": np.zeros((3, 2)), "text": np.zeros(3)},
            "text_train must have shape (rows, features), got shape (3,)",
        ),
        (
            {"image": np.zeros((3, 2)), "text": np.array([[0.0], [0.0], [np.nan]])},
            "text_train must be finite in float32, but row 2 holds nan in column 0;"
            " repair or drop such rows (rows and columns count from 0)",
        ),
    ],
)
def test_wrong_arrays_are_refused_by_name(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        Pairs(**arrays, split="train")


def test_shapes_are_refused_before_values_are_read() -> None:
    with pytest.raises(DataError, match="one row per pair"):
        Pairs(np.full((3, 2), np.nan), np.zeros((4, 2)))


def test_without_a_split_the_arrays_are_called_by_their_kind() -> None:
    with pytest.raises(DataError, match=r"^image and text must have one row per pair"):
        Pairs(np.zeros((3, 2)), np.zeros((4, 2)))


def test_digest_is_the_hash_of_kinds_shapes_and_bytes() -> None:
    pairs = Pairs(np.zeros((2, 1), np.float32), np.ones((2, 3), np.uint8), np.eye(2, dtype=bool))
    assert pairs.label is not None
    expected = hashlib.sha256(
        b"image <f4 (2, 1)\n" + pairs.image.tobytes()
        + b"text |u1 (2, 3)\n" + pairs.text.tobytes()
        + b"label |b1 (2, 2)\n" + pairs.label.tobytes()
    )  # fmt: skip
    assert pairs.digest() == expected.hexdigest()


def test_digest_does_not_depend_on_where_the_bytes_lie(tmp_path: Path) -> None:
    pairs = _pairs()
    np.save(tmp_path / "image.npy", pairs.image)
    mapped = np.load(tmp_path / "image.npy", mmap_mode="r")
    assert Pairs(mapped, np.asfortranarray(pairs.text), pairs.label, split="query").digest() == pairs.digest()


def test_digest_changes_with_any_array() -> None:
    pairs = _pairs()
    assert pairs.label is not None
    variants = [
        pairs,
        Pairs(pairs.image + 1e-9, pairs.text, pairs.label),
        Pairs(pairs.image.astype(np.float32), pairs.text, pairs.label),
        Pairs(pairs.image, pairs.text + 1, pairs.label),
        Pairs(pairs.image, pairs.text, ~pairs.label),
        Pairs(pairs.image, pairs.text),
        pairs.take([1, 0, 2, 3, 4]),
    ]
    assert len({variant.digest() for variant in variants}) == len(variants)


def _captioned() -> Pairs:
    image, text = np.arange(3.0)[:, None], np.array([10.0, 0.0, 20.0, 1.0, 11.0, 2.0])[:, None]
    return Pairs(image, text, np.eye(3, dtype=bool), image_of_text=np.array([1, 0, 2, 0, 1, 0]))


def test_an_item_is_an_image_with_all_its_texts() -> None:
    pairs = _captioned()
    assert len(pairs) == 3
    assert pairs.text_label is not None
    np.testing.assert_array_equal(pairs.text_label.argmax(axis=1), [1, 0, 2, 0, 1, 0])
    taken = pairs.take([2, 0])
    np.testing.assert_array_equal(taken.image[:, 0], [2, 0])
    np.testing.assert_array_equal(taken.text[:, 0], [20, 0, 1, 2])
    np.testing.assert_array_equal(taken.item_of_text, [0, 1, 1, 1])


def test_one_text_per_image_is_its_own_item() -> None:
    pairs = _pairs()
    np.testing.assert_array_equal(pairs.item_of_text, np.arange(5))
    assert pairs.text_label is pairs.label


def test_taking_a_slice_of_ordered_captions_copies_nothing() -> None:
    pairs = Pairs(np.ones((4, 2)), np.ones((8, 3)), image_of_text=np.arange(8) // 2)
    assert np.shares_memory(pairs.take(slice(1, 3)).text, pairs.text)
    np.testing.assert_array_equal(pairs.take(slice(1, 3)).item_of_text, [0, 0, 1, 1])


def test_a_batch_draws_one_of_the_texts_of_each_image() -> None:
    pairs, generator = _captioned(), torch.Generator().manual_seed(0)
    items = torch.arange(3).repeat(1000)
    rows = pairs.draw_rows("text", items, generator)
    np.testing.assert_array_equal(pairs.item_of_text[rows.numpy()], items)
    shares = np.bincount(rows.numpy(), minlength=6) / 1000
    np.testing.assert_allclose(shares, [1 / 2, 1 / 3, 1, 1 / 3, 1 / 2, 1 / 3], atol=0.05)


def test_without_captions_nothing_is_drawn() -> None:
    generator = torch.Generator().manual_seed(0)
    items, before = torch.tensor([3, 1]), generator.get_state()
    assert _pairs().draw_rows("text", items, generator) is items
    assert torch.equal(generator.get_state(), before)


def test_the_digest_tells_which_image_a_text_belongs_to() -> None:
    pairs = _captioned()
    moved = Pairs(pairs.image, pairs.text, pairs.label, image_of_text=np.array([0, 1, 2, 0, 1, 0]))
    assert pairs.digest() != moved.digest()


def test_first_texts_and_an_even_spread() -> None:
    image, text = np.arange(14.0).reshape(7, 2), np.arange(22.0).reshape(11, 2)
    owner = np.array([2, 0, 0, 1, 3, 2, 4, 5, 6, 6, 1])
    pairs = Pairs(image, text, image_of_text=owner)
    assert pairs.first_text.tolist() == [owner.tolist().index(item) for item in range(7)]
    assert Pairs(image, image).first_text.tolist() == list(range(7))
    assert pairs.spread(7) is pairs
    some = pairs.spread(3)
    assert some.image.tolist() == image[[0, 3, 6]].tolist()
    assert np.asarray(some.text)[some.first_text].tolist() == text[pairs.first_text[[0, 3, 6]]].tolist()


def test_values_are_checked_once_and_not_with_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = Pairs(np.ones((8, 2)), np.ones((8, 3)))
    monkeypatch.setattr("ucch.data.pairs.check_finite", lambda name, features: pytest.fail(f"{name} was read again"))
    part = pairs.take([1, 2])
    assert len(part) == 2
    assert part.take(slice(0, 1)).digest() == pairs.take([1]).digest()
    with pytest.raises(DataError, match="at least one row"):
        pairs.take(slice(0, 0))
