"""Files that are shards of a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from ucch.data import Items, Pairs
from ucch.data.row_parts import in_file
from ucch.data.shard_files import read_shard
from ucch.errors import DataError

RNG = np.random.default_rng(0)
IMAGE, TEXT = (RNG.normal(size=(6, width)).astype(np.float32) for width in (4, 3))


def write_table(path: Path, **columns: Any) -> Path:
    parquet.write_table(arrow.table({name: list(rows) for name, rows in columns.items()}), path)
    return path


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("ending", ["", "_train"])
def test_arrays_are_views_by_their_names_or_those_that_train(tmp_path: Path, ending: str) -> None:
    names = {f"image{ending}": IMAGE, f"text{ending}": TEXT, f"label{ending}": np.arange(6), "image_id": np.arange(6)}
    names |= {"image_query": IMAGE[:2], "text_query": TEXT[:2]} if ending else {}
    pairs = read_shard(npz(tmp_path / "a.npz", **names))
    assert isinstance(pairs, Pairs)
    assert np.array_equal(pairs.image, IMAGE)
    assert np.array_equal(pairs.text, TEXT)
    assert pairs.label is None
    assert pairs.array_name("image") == f"image{ending}"


def test_several_captions_of_an_image_stay_its_own(tmp_path: Path) -> None:
    of = np.array([0, 0, 1, 1, 2, 2])
    pairs = read_shard(npz(tmp_path / "a.npz", image=IMAGE[:3], text=TEXT, image_of_text=of))
    assert len(pairs) == 3
    assert pairs.draws("text")


def test_other_views_are_items(tmp_path: Path) -> None:
    items = read_shard(npz(tmp_path / "a.npz", image=IMAGE, text=TEXT, audio=IMAGE))
    assert items.names == ("image", "text", "audio")
    np.save(tmp_path / "b.npy", IMAGE)
    alone = read_shard(tmp_path / "b.npy")
    assert type(alone) is Items
    assert alone.names == ("features",)
    assert in_file(alone.views["features"])


def test_columns_of_lists_are_views_and_rows_that_ask_stay_out(tmp_path: Path) -> None:
    split = ["train", "test", "Train", "val", "train", "restval"]
    pairs = read_shard(write_table(tmp_path / "a.parquet", image=IMAGE, text=TEXT, split=split, name=list("abcdef")))
    assert isinstance(pairs, Pairs)
    assert np.array_equal(pairs.image, IMAGE[[0, 2, 4, 5]])
    assert np.array_equal(read_shard(write_table(tmp_path / "b.parquet", words=TEXT)).views["words"], TEXT)


def test_pairs_that_lack_a_side_are_refused_or_dropped(tmp_path: Path) -> None:
    text = TEXT.copy()
    text[2] = np.nan
    lists = [None if row == 2 else list(TEXT[row]) for row in range(6)]
    paths = [
        npz(tmp_path / "a.npz", image=IMAGE, text=text),
        npz(tmp_path / "b.npz", image=IMAGE, text=TEXT, text_seen=np.arange(6) != 2),
        write_table(tmp_path / "c.parquet", image=IMAGE, text=lists),
    ]
    for path in paths:
        with pytest.raises(DataError, match=path.name):
            read_shard(path)
        kept = read_shard(path, one_sided="drop")
        assert kept.all_complete
        assert np.array_equal(np.asarray(kept.views["image"]), IMAGE[[0, 1, 3, 4, 5]])


@pytest.mark.parametrize(
    ("name", "arrays", "said"),
    [
        ("a.npz", {"label": np.arange(6)}, "a.npz: holds no view, NAME_train or NAME, got label"),
        ("a.npz", {"imgae": IMAGE, "text": TEXT}, "a.npz: holds imgae_train; did you mean image_train?"),
        ("a.npz", {"image": IMAGE, "text": TEXT[:2]}, "a.npz: image and text must have one row per pair"),
        ("a.npz", {"image": np.full((6, 2), np.inf), "text": TEXT}, "a.npz: image must be finite"),
        ("a.npz", {"text": TEXT, "image": IMAGE, "text_seen": np.arange(6) > 0}, "text_seen says that 1 rows lack"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, name: str, arrays: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_shard(npz(tmp_path / name, **arrays))
    assert said in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_what_is_no_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2\n")
    with pytest.raises(DataError, match=r"a\.csv must end in \.npz, .*\.npy, \.parquet, as a shard does"):
        read_shard(tmp_path / "a.csv")
    for name in ("a.npz", "a.npy", "a.parquet"):
        with pytest.raises(DataError, match=name):
            read_shard(tmp_path / name)
        (tmp_path / name).write_bytes(b"nonsense")
        with pytest.raises(DataError, match=name):
            read_shard(tmp_path / name)
    with pytest.raises(DataError, match="holds no column of lists of numbers, got name"):
        read_shard(write_table(tmp_path / "b.parquet", name=list("ab")))
    with pytest.raises(DataError, match=r"column split must have training rows \(train, training, restval\), got test"):
        read_shard(write_table(tmp_path / "c.parquet", words=TEXT, split=["test"] * 6))
