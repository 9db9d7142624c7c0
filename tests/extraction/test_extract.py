"""Photographs and captions to a paired data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from tests.encoders.kit import ColourEncoder
from tests.images.kit import encoded, write_photographs
from ucch.data.caption_records import Row
from ucch.data.captions import Captions, read_captions
from ucch.encoders import BowEncoder
from ucch.errors import DataError
from ucch.extraction import Extraction, check_copies, encode_images, extract, split_images
from ucch.images import decode_image

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
    assert seen == {("images", 12), ("copies", 12), ("captions", 36)}
    assert (result.n_encoded, result.n_empty) == (12, 0)


@pytest.fixture
def copied(folder: Path) -> Path:
    """Eighteen photographs: the last six are the first three again, as the same bytes and re-encoded."""
    lines = [f"{number + 12:03}.jpg,copy {number} of {kind}" for number in range(6) for kind in ("a dot", "a line")]
    for number in range(6):
        content = (folder / "photos" / f"{number % 3:03}.jpg").read_bytes()
        if number >= 3:
            content = encoded(decode_image(content), "JPEG", quality=80)
        (folder / "photos" / f"{number + 12:03}.jpg").write_bytes(content)
    with open(folder / "captions.csv", "a") as file:
        file.write("\n".join(lines) + "\n")
    return folder


def _sides(result: Extraction) -> dict[str, str]:
    return {name[:3]: split for split, names in result.image_ids.items() for name in names}


@pytest.mark.parametrize("seed", range(4))
def test_pictures_with_the_same_bytes_stand_on_one_side(copied: Path, seed: int) -> None:
    result = _extract(copied, split_seed=seed, query_share=0.4)
    sides = _sides(result)
    assert len(sides) == 18
    assert all(sides[f"{number:03}"] == sides[f"{number + 12:03}"] for number in range(3))
    assert result.equal_copies.to_json() == {
        "count": 3,
        "first": ["012.jpg = 000.jpg", "013.jpg = 001.jpg", "014.jpg = 002.jpg"],
        "across": 0,
        "first_across": [],
    }
    assert result.near_copies.count == 3
    assert result.near_copies.first == ["015.jpg = 000.jpg", "016.jpg = 001.jpg", "017.jpg = 002.jpg"]
    apart = [number for number in range(3) if sides[f"{number:03}"] != sides[f"{number + 15:03}"]]
    asking = sum(1 if sides[f"{number + 15:03}"] == "query" else 2 for number in apart)
    assert result.near_copies.across == asking
    grouped = _extract(copied, split_seed=seed, query_share=0.4, group_near=True)
    together = _sides(grouped)
    assert all(len({together[f"{number + more:03}"] for more in (0, 12, 15)}) == 1 for number in range(3))
    assert (grouped.near_copies.count, grouped.near_copies.across) == (3, 0)


def test_a_set_without_copies_is_split_as_it_was_drawn(folder: Path) -> None:
    result = _extract(folder)
    drawn = split_images(12, 0.25, 0)
    names = read_captions(folder / "captions.csv").images
    assert result.image_ids["query"] == [name for name, asks in zip(names, drawn, strict=True) if asks]
    assert (result.equal_copies.count, result.near_copies.count) == (0, 0)


def test_two_spellings_of_a_name_are_one_picture(folder: Path) -> None:
    spellings = ("000.jpg", "./000.jpg", "photos\\..\\000.jpg", "000.JPG")
    rows = [(name, f"words {number}") for number, name in enumerate(spellings)]
    rows += [(f"{number:03}.jpg", "others") for number in range(1, 12)]
    result = _extract(folder, captions=Captions.of(rows))
    names = [name for side in result.image_ids.values() for name in side]
    assert sorted(names) == [f"{number:03}.jpg" for number in range(12)]
    texts = [name for side in result.text_ids.values() for name in side]
    assert sum(name.startswith("000.jpg#") for name in texts) == len(spellings)
    assert result.equal_copies.count == 0


def _said(folder: Path, queries: set[int]) -> Captions:
    numbers = range(len(list((folder / "photos").iterdir())))
    return Captions.of(Row(f"{n:03}.jpg", f"photo {n}", "test" if n in queries else "train") for n in numbers)


def test_a_split_that_captions_say_is_kept_and_its_copies_are_refused(copied: Path) -> None:
    result = _extract(copied, captions=_said(copied, {1, 15, 8}))
    assert [name[:3] for name in result.image_ids["query"]] == ["001", "008", "015"]
    assert result.equal_copies.first_across == ["001.jpg = 013.jpg"]
    assert result.near_copies.first_across == ["015.jpg = 000.jpg"]
    with pytest.raises(DataError) as refused:
        check_copies(result)
    assert str(refused.value) == (
        "1 of 3 query pictures are copies, byte for byte, of training pictures (001.jpg = 013.jpg), as the captions"
        " split them; --group-near leaves these out of training, --allow-overlap keeps them"
    )


def test_copies_of_queries_are_left_out_where_captions_say_the_split(copied: Path) -> None:
    result = _extract(copied, captions=_said(copied, {1, 15, 8}), group_near=True)
    assert [name[:3] for name in result.image_ids["query"]] == ["001", "008", "015"]
    assert not {"000", "012", "013", "016"} & {name[:3] for name in result.image_ids["train"]}
    assert len(result.image_ids["train"]) == 11
    assert (result.equal_copies.across, result.near_copies.across) == (0, 0)
    assert result.left_out.to_json() == {
        "training pictures that are copies of a query, or look like one": {
            "count": 4,
            "first": ["000.jpg", "012.jpg", "013.jpg"],
        }
    }
    check_copies(result)
