"""The folder that clip-retrieval writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from tests.cli.photographs import SHORT, ucch
from ucch.data import check_overlap, load_dataset
from ucch.data.clip_retrieval import clip_retrieval_shards
from ucch.data.row_parts import RowParts
from ucch.errors import DataError

SIZES = (7, 20, 13)


def write_folder(folder: Path, *, metadata: bool = True, numbers: tuple[str, ...] = ("0", "2", "10")) -> np.ndarray:
    """Forty pairs in three parts, each image twice; returns the image rows."""
    rng = np.random.default_rng(0)
    images = np.repeat(rng.normal(size=(20, 6)), 2, axis=0).astype(np.float16)
    texts = rng.normal(size=(40, 5)).astype(np.float16)
    start = 0
    for kind in ("img_emb", "text_emb", "metadata"):
        (folder / kind).mkdir(parents=True)
    for number, size in zip(numbers, SIZES, strict=True):
        rows = slice(start, start + size)
        np.save(folder / "img_emb" / f"img_emb_{number}.npy", images[rows])
        np.save(folder / "text_emb" / f"text_emb_{number}.npy", texts[rows])
        if metadata:
            names = [f"{row // 2}.jpg" for row in range(40)[rows]]
            table = arrow.table({"image_path": names, "caption": ["x"] * size})
            parquet.write_table(table, folder / "metadata" / f"metadata_{number}.parquet")
        start += size
    return images


def test_rows_are_read_as_they_lie_and_an_image_stands_on_one_side(tmp_path: Path) -> None:
    images = write_folder(tmp_path / "out")
    dataset = load_dataset(tmp_path / "out")
    assert dataset.name == "out"
    assert (len(dataset.train), len(dataset.query)) == (36, 4)
    sides = [{row.tobytes() for row in np.asarray(pairs.image)} for pairs in (dataset.train, dataset.query)]
    assert [len(side) for side in sides] == [18, 2]
    assert not sides[0] & sides[1]
    assert isinstance(dataset.train.image, RowParts)
    assert dataset.train.image.dtype == np.float16
    assert np.array_equal(np.asarray(dataset.train.image), images[dataset.train.image.rows])
    assert dataset.digest() == load_dataset(tmp_path / "out").digest()


@pytest.mark.parametrize("metadata", [False, True])
def test_rows_of_equal_embeddings_are_one_image_whatever_they_are_called(tmp_path: Path, metadata: bool) -> None:
    images = write_folder(tmp_path, metadata=metadata)
    if metadata:  # a name for each row
        for number, size in zip(("0", "2", "10"), SIZES, strict=True):
            table = arrow.table({"image_path": [f"{number}-{row}.jpg" for row in range(size)]})
            parquet.write_table(table, tmp_path / "metadata" / f"metadata_{number}.parquet")
    dataset = load_dataset(tmp_path)
    check_overlap(dataset)
    assert (len(dataset.train), len(dataset.query)) == (36, 4)
    assert len(np.unique(images[dataset.query.image.rows], axis=0)) == 2


def test_chains_of_equal_names_and_equal_embeddings_are_one_image(tmp_path: Path) -> None:
    write_folder(tmp_path)
    names = [name for row in range(20) for name in (f"{row}.jpg", f"{(row + 1) % 20}.jpg")]
    start = 0
    for number, size in zip(("0", "2", "10"), SIZES, strict=True):
        table = arrow.table({"image_path": names[start : start + size]})
        parquet.write_table(table, tmp_path / "metadata" / f"metadata_{number}.parquet")
        start += size
    with pytest.raises(DataError, match="a split needs at least 2 images, got 1"):
        load_dataset(tmp_path)


def test_it_trains_and_says_what_was_read(tmp_path: Path) -> None:
    write_folder(tmp_path / "out")
    result = ucch("train", "--data", tmp_path / "out", *SHORT, "--device", "cpu", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert "40 rows read, 0 left out; 4 are queries" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda out: (out / "text_emb" / "text_emb_2.npy").unlink(), "lacks part 2 of text_emb; the other modality"),
        (lambda out: (out / "img_emb" / "img_emb_0.npy").unlink(), "lacks part 0 of img_emb; the other modality"),
        (lambda out: [file.unlink() for file in (out / "text_emb").iterdir()], "with --enable_text True"),
        (lambda out: np.save(out / "text_emb" / "text_emb_2.npy", np.ones((3, 5))), "row i of both must be a pair"),
        (lambda out: np.save(out / "img_emb" / "img_emb_2.npy", np.ones((20, 6))), "one width and type, got float16"),
        (lambda out: (out / "img_emb" / "img_emb_2.npy").write_bytes(b"x"), "img_emb_2.npy is damaged"),
        (lambda out: (out / "metadata" / "metadata_2.parquet").write_bytes(b"x"), "cannot be read as Parquet"),
        (lambda out: (out / "metadata" / "metadata_2.parquet").unlink(), "lacks part 2 of metadata"),
        (
            lambda out: np.save(out / "img_emb" / "img_emb_10.npy", np.full((13, 6), np.nan, np.float16)),
            "must be finite in float32, but row",
        ),
    ],
)
def test_damaged_folders_are_refused(tmp_path: Path, change: object, message: str) -> None:
    write_folder(tmp_path / "out")
    change(tmp_path / "out")  # type: ignore[operator]
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(tmp_path / "out")
    assert str(tmp_path / "out") in str(caught.value)


def test_parts_are_shards_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """All pairs, also those that would be queries; a part with bad values is named when it is reached."""
    images = write_folder(tmp_path)
    parts = [np.asarray(read().image) for read in clip_retrieval_shards(tmp_path).values()]
    assert [len(part) for part in parts] == list(SIZES)
    assert np.array_equal(np.concatenate(parts), images)
    bad = np.full((20, 5), np.nan, np.float16)
    np.save(tmp_path / "text_emb" / "text_emb_2.npy", bad)
    first, second, last = clip_retrieval_shards(tmp_path).values()
    assert (len(first()), len(last())) == (7, 13)
    with pytest.raises(DataError, match="part 2 of .*text_train must be finite"):
        second()
    bad[3:] = 1
    np.save(tmp_path / "text_emb" / "text_emb_2.npy", bad)
    assert [len(read()) for read in clip_retrieval_shards(tmp_path, one_sided="drop").values()] == [7, 17, 13]
