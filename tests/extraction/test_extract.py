"""Photographs and captions to a paired data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from tests.encoders.kit import ColourEncoder
from tests.images.kit import write_photographs
from ucch.data.captions import Captions, read_captions
from ucch.encoders import BowEncoder
from ucch.errors import DataError
from ucch.extraction import Extraction, encode_images, extract, split_images

SPECS = ("tests.encoders.kit:ColourEncoder", "bow:20")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_photographs(tmp_path / "photos", n=12, captions_each=3)
    return tmp_path


def _extract(folder: Path, **options: Any) -> Extraction:
    captions = options.pop("captions", None) or read_captions(folder / "captions.csv")
    options = {"query_share": 0.25, **options}
    return extract(folder / "photos", captions, ColourEncoder(), BowEncoder("20"), specs=SPECS, **options)


def test_images_are_split_and_captions_follow_them(folder: Path) -> None:
    result = _extract(folder)
    train, query = result.dataset.train, result.dataset.query
    assert (len(train), len(train.text), len(query), len(query.text)) == (9, 27, 3, 9)
    assert set(result.image_ids["train"]).isdisjoint(result.image_ids["query"])
    for split, pairs in (("train", train), ("query", query)):
        owner = [text_id.split("#")[0] for text_id in result.text_ids[split]]
        assert [result.image_ids[split][row] for row in pairs.item_of_text] == owner
        paths = [folder / "photos" / name for name in result.image_ids[split]]
        np.testing.assert_array_equal(pairs.image, encode_images(paths, ColourEncoder()).features)


def test_the_vocabulary_is_learnt_on_training_captions_alone(folder: Path) -> None:
    result = _extract(folder)
    captions = read_captions(folder / "captions.csv")
    train = [
        text
        for text, image in zip(captions.texts, captions.image_of_text, strict=True)
        if captions.images[image] in result.image_ids["train"]
    ]
    card = result.encoders["text"]
    assert card.state is not None
    assert card.state["words"] == CountVectorizer(max_features=20).fit(train).get_feature_names_out().tolist()
    assert card.spec == "bow:20"


def test_captions_in_any_order_stay_with_their_image(folder: Path) -> None:
    captions = read_captions(folder / "captions.csv")
    rows = [(captions.images[i], text) for i, text in zip(captions.image_of_text, captions.texts, strict=True)]
    order = np.random.default_rng(1).permutation(len(rows))
    shuffled = _extract(folder, captions=Captions.of([rows[row] for row in order]))
    texts = {
        text_id: row
        for split in ("train", "query")
        for text_id, row in zip(shuffled.text_ids[split], getattr(shuffled.dataset, split).text, strict=True)
    }
    bow = BowEncoder("20")
    bow.load_state(shuffled.encoders["text"].state or {})
    shuffled_captions = Captions.of([rows[row] for row in order])
    for text_id, text in zip(shuffled_captions.text_ids(), shuffled_captions.texts, strict=True):
        np.testing.assert_array_equal(texts[text_id], bow.encode([text])[0])


def test_one_caption_each_needs_no_row_numbers(folder: Path) -> None:
    captions = Captions.of([(f"{number:03}.jpg", f"word{number} square") for number in range(12)])
    result = _extract(folder, captions=captions)
    assert result.dataset.train.image_of_text is None
    assert len(result.dataset.query) == len(result.dataset.query.text) == 3


def test_a_broken_image_takes_its_captions_along_and_moves_no_other(folder: Path) -> None:
    whole = _extract(folder)
    name = whole.image_ids["train"][2]
    (folder / "photos" / name).write_bytes(b"broken")
    result = _extract(folder, max_bad=0.1)
    assert result.image_ids["query"] == whole.image_ids["query"]
    assert result.image_ids["train"] == [other for other in whole.image_ids["train"] if other != name]
    assert len(result.dataset.train.text) == 24
    assert [entry.path.name for entry in result.bad] == [name]


def test_a_split_without_images_is_refused(folder: Path) -> None:
    for name in _extract(folder).image_ids["query"]:
        (folder / "photos" / name).unlink()
    with pytest.raises(DataError, match="^no good image of 12 is left for the query split$"):
        _extract(folder, max_bad=0.5)


def test_the_seed_decides_the_split(folder: Path) -> None:
    assert _extract(folder, split_seed=1).image_ids["query"] != _extract(folder).image_ids["query"]
    assert _extract(folder).dataset.digest() == _extract(folder).dataset.digest()


def test_what_was_done_is_reported(folder: Path) -> None:
    seen: set[tuple[str, int]] = set()
    result = _extract(folder, on_progress=lambda what, done, total: seen.add((what, total)))
    assert seen == {("images", 12), ("captions", 36)}
    assert (result.n_encoded, result.n_empty) == (12, 0)


@pytest.mark.parametrize(
    ("n_images", "share", "expected"), [(500, 0.2, 100), (3, 0.01, 1), (2, 0.99, 1), (10, 0.25, 2)]
)
def test_both_sides_of_a_split_have_images(n_images: int, share: float, expected: int) -> None:
    assert split_images(n_images, share, seed=3).sum() == expected


def test_wrong_splits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^query_share must lie in \(0, 1\), got 1$"):
        split_images(10, 1, 0)
    with pytest.raises(DataError, match="^a split needs at least 2 images, got 1$"):
        split_images(1, 0.5, 0)
