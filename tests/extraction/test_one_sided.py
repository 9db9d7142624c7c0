"""Items of one side from photographs: features, ids, sides, copies of queries, files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.encoders.kit import ColourEncoder
from tests.extraction.kit import IMAGE_SPEC, TEXT_SPEC
from tests.images.kit import write_photographs
from ucch.data import load_dataset
from ucch.data.captions import read_captions
from ucch.encoders import BowEncoder
from ucch.extraction import Extraction, extract, save_extraction_npz, save_extraction_parquet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve described photographs, two that nobody describes, a copy of the first, and a text alone."""
    captions = write_photographs(tmp_path / "photos", n=14)
    lines = captions.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("012", "013"))]
    captions.write_text("\n".join([*kept, ",words alone"]) + "\n")
    shutil.copy(tmp_path / "photos" / "000.jpg", tmp_path / "photos" / "copy.jpg")
    return tmp_path


def extracted(folder: Path, one_sided: bool, seed: int = 0) -> Extraction:
    captions = read_captions(folder / "captions.csv", one_sided=True)
    encoders = ColourEncoder(), BowEncoder("8,tfidf")
    return extract(
        folder / "photos",
        captions,
        *encoders,
        specs=(IMAGE_SPEC, TEXT_SPEC),
        query_share=0.25,
        split_seed=seed,
        one_sided=one_sided,
    )


def test_items_of_one_side_come_after_the_pairs_and_move_none(folder: Path) -> None:
    kept = extracted(folder, one_sided=True)
    train = kept.dataset.train
    assert kept.dataset.query.all_complete
    seen, ids = train.seen, kept.image_ids["train"]
    alone = [ids[row] for row in np.flatnonzero(~seen["text"])]
    asks = "000.jpg" in kept.image_ids["query"]
    assert alone == (["012.jpg", "013.jpg"] if asks else ["012.jpg", "013.jpg", "copy.jpg"])
    assert (~seen["image"]).sum() == 1
    assert kept.text_ids["train"][-1] == "line 26"
    np.testing.assert_allclose(
        train.side("image")[ids.index("012.jpg")], ColourEncoder().encode([_prepared(folder / "photos" / "012.jpg")])[0]
    )
    complete = train.complete()
    assert len(complete) + len(kept.dataset.query) == 12
    assert len(ids) == len(train)
    assert len(kept.text_ids["train"]) == len(train.text)


def _prepared(path: Path) -> object:
    from ucch.images import decode_image

    return ColourEncoder().prepare(decode_image(path.read_bytes()))


def test_a_copy_of_a_query_does_not_train(folder: Path) -> None:
    found = [extracted(folder, one_sided=True, seed=seed) for seed in range(8)]
    asked = [one for one in found if "000.jpg" in one.image_ids["query"]]
    assert 0 < len(asked) < len(found)
    for one in found:
        assert ("copy.jpg" in one.image_ids["train"]) == ("000.jpg" in one.image_ids["train"])


@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_files_of_them_are_read_back(folder: Path, ending: str) -> None:
    kept = extracted(folder, one_sided=True)
    path = folder / f"features.{ending}"
    (save_extraction_npz if ending == "npz" else save_extraction_parquet)(path, kept)
    again = load_dataset(path, one_sided="keep").train
    for side in ("image", "text"):
        np.testing.assert_array_equal(again.side(side), kept.dataset.train.side(side))
    assert load_dataset(path, one_sided="drop").train.digest() == kept.dataset.train.complete().digest()
