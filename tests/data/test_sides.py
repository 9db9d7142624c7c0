"""Items that lack a side: masks, what is refused, and what :class:`~ucch.data.Pairs` does with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.data import PairedDataset, Pairs, load_npz, save_npz
from ucch.errors import DataError
from ucch.teachers import item_features

IMAGE, TEXT = np.arange(12.0).reshape(4, 3), np.arange(8.0).reshape(4, 2)
SEEN = np.array([True, True, False, True])


def pairs(**options: object) -> Pairs:
    return Pairs(IMAGE, TEXT, split="train", **options)  # type: ignore[arg-type]


def test_pairs_with_both_sides_know_no_mask() -> None:
    plain = pairs()
    assert plain.all_complete
    assert plain.complete() is plain
    assert plain.side("image") is plain.image
    assert plain.complete_rows.tolist() == [0, 1, 2, 3]
    assert plain.digest() == Pairs(IMAGE, TEXT).digest()


def test_sides_and_complete_items() -> None:
    some = pairs(image_seen=SEEN, text_seen=np.array([True, False, True, True]))
    assert some.complete_rows.tolist() == [0, 3]
    np.testing.assert_array_equal(some.complete().image, IMAGE[[0, 3]])
    assert some.complete().all_complete
    np.testing.assert_array_equal(some.side("image"), IMAGE[SEEN])
    np.testing.assert_array_equal(some.side("text"), TEXT[[0, 2, 3]])


def test_a_mask_goes_with_its_rows_and_counts_in_the_digest() -> None:
    some = pairs(image_seen=SEEN)
    assert some.take([2, 0]).seen["image"].tolist() == [False, True]
    assert some.take(slice(1, 3)).seen["text"].tolist() == [True, True]
    assert some.digest() != pairs().digest()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image_seen": SEEN[:3]}, r"image_seen_train must be bool of shape \(4,\), one per item, got bool of shape"),
        ({"text_seen": SEEN.astype(int)}, "text_seen_train must be bool of shape .* got int64"),
        ({"text_seen": [True] * 4}, "text_seen_train must be bool .* got list"),
        ({"image_seen": ~(SEEN | True)}, "image_seen_train must mark at least one item, got none"),
        ({"image_seen": SEEN, "text_seen": SEEN}, "must have an image or a text, got 1 with neither: rows 2"),
    ],
)
def test_what_is_no_mask_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        pairs(**options)


def written(folder: Path, **more: np.ndarray) -> Path:
    image, text = IMAGE.copy(), TEXT.copy()
    image[2] = np.nan
    arrays = {"image_train": image, "text_train": text, "image_query": image[[0, 2]], "text_query": text[:2], **more}
    np.savez(folder / "mine.npz", **arrays)  # type: ignore[arg-type]
    return folder / "mine.npz"


def test_a_row_of_nan_and_a_mask_say_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, text_seen_train=np.array([True, False, True, True]))
    kept = load_npz(path, one_sided="keep")
    assert kept.train.seen["image"].tolist() == [True, True, False, True]
    assert kept.train.seen["text"].tolist() == [True, False, True, True]
    assert not kept.train.image[2].any()
    assert len(kept.query) == 1  # queries ask both ways
    dropped = load_npz(path, one_sided="drop")
    assert dropped.train.all_complete
    np.testing.assert_array_equal(dropped.train.text, TEXT[[0, 3]])


def test_refused_unless_said_otherwise(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="image_train must be finite in float32, but row 2 holds nan"):
        load_npz(written(tmp_path))
    path = written(tmp_path, image_train=IMAGE, image_seen_train=SEEN)
    with pytest.raises(DataError, match="image_seen_train says that 1 rows lack that side; .*--one-sided drop or keep"):
        load_npz(path)


def test_what_was_kept_is_written_and_read_again(tmp_path: Path) -> None:
    kept = load_npz(written(tmp_path), one_sided="keep")
    again = load_npz(save_npz(tmp_path / "again.npz", kept), one_sided="keep")
    assert again.train.digest() == kept.train.digest()


@pytest.mark.parametrize("seen", [np.ones(3, bool), np.ones(4, int)])
def test_a_mask_of_another_shape_or_kind(tmp_path: Path, seen: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"text_seen_train must be bool of shape \(4,\), one per row, got"):
        load_npz(written(tmp_path, text_seen_train=seen), one_sided="keep")


def test_items_must_meet_somewhere(tmp_path: Path) -> None:
    path = written(tmp_path, image_seen_train=SEEN, text_seen_train=~SEEN)
    with pytest.raises(DataError, match="must have rows in common, got none with both sides"):
        load_npz(path, one_sided="drop")


def test_a_part_may_lack_a_side_throughout() -> None:
    seen = np.arange(8) >= 4
    pairs = Pairs(np.ones((8, 2)), np.ones((8, 3)), image_seen=seen)
    part = pairs.take(slice(0, 4))
    assert not part.seen["image"].any()
    assert part.seen["text"].all()
    assert len(part.complete_rows) == 0


def test_several_captions_and_items_that_lack_a_side(tmp_path: Path) -> None:
    text = np.arange(10.0).reshape(5, 2)
    text[2] = np.nan  # the only text of item 1
    rows = np.array([0, 0, 1, 2, 3])
    kept = load_npz(written(tmp_path, text_train=text, image_of_text_train=rows), one_sided="keep").train
    assert kept.seen["text"].tolist() == [True, False, True, True]
    assert kept.seen["image"].tolist() == [True, True, False, True]
    assert kept.side_mask("text").tolist() == [True, True, False, True, True]  # type: ignore[union-attr]
    np.testing.assert_array_equal(kept.side("text"), text[[0, 1, 3, 4]])
    image, mean = item_features(kept, image_scaling="none", text_scaling="none")
    np.testing.assert_allclose(mean[:2], [[1, 2], [0, 0]])
    assert not image[2].any()
    complete = kept.complete()
    assert (len(complete), complete.item_of_text.tolist()) == (2, [0, 0, 1])
    again = load_npz(save_npz(tmp_path / "again.npz", PairedDataset("a", kept, complete)), one_sided="keep")
    assert again.train.digest() == kept.digest()
    text[1] = np.nan  # of two texts of item 0: not a missing side but a bad row
    with pytest.raises(DataError, match="text_train must be finite|not finite"):
        load_npz(written(tmp_path, text_train=text, image_of_text_train=rows), one_sided="keep")
