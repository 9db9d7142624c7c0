from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.data import PairedDataset, Pairs, load_npz, save_npz
from ucch.errors import DataError

NAMES = "image_train, text_train"
ALL_NAMES = (
    f"{NAMES}, image_query, text_query, label_train, label_query, image_database, text_database, label_database,"
    " image_of_text_train, image_of_text_query, image_of_text_database, image_seen_train, image_seen_query,"
    " image_seen_database, text_seen_train, text_seen_query, text_seen_database"
)


def _arrays(**changes: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    arrays = {
        "image_train": rng.normal(size=(6, 3)).astype(np.float32),
        "text_train": rng.integers(5, size=(6, 2)),
        "image_query": rng.normal(size=(2, 3)).astype(np.float32),
        "text_query": rng.integers(5, size=(2, 2)),
        "label_train": np.array([0, 1, 2, 0, 1, 2]),
        "label_query": np.array([2, 0]),
    }
    return {name: array for name, array in (arrays | changes).items() if array is not None}


def _write(folder: Path, **changes: Any) -> Path:
    path = folder / "mine.npz"
    np.savez(path, **_arrays(**changes))
    return path


def test_arrays_come_back_as_written(tmp_path: Path) -> None:
    dataset = load_npz(_write(tmp_path))
    arrays = _arrays()
    assert dataset.name == "mine"
    assert dataset.database_is_train
    np.testing.assert_array_equal(dataset.train.image, arrays["image_train"])
    np.testing.assert_array_equal(dataset.query.text, arrays["text_query"])
    assert dataset.query.label is not None
    np.testing.assert_array_equal(dataset.query.label, [[0, 0, 1], [1, 0, 0]])


def test_compressed_files_and_path_strings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, **_arrays())
    assert load_npz(str(path)).digest() == load_npz(_write(tmp_path)).digest()


def test_labels_may_be_absent(tmp_path: Path) -> None:
    assert load_npz(_write(tmp_path, label_train=None, label_query=None)).n_classes == 0


def test_a_database_of_its_own(tmp_path: Path) -> None:
    extra = {"image_database": np.ones((4, 3)), "text_database": np.ones((4, 2)), "label_database": np.arange(4)}
    dataset = load_npz(_write(tmp_path, label_train=None, **extra))
    assert not dataset.database_is_train
    assert (len(dataset.database), dataset.n_classes) == (4, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"image_train": None, "text_query": None},
            "{path} lacks image_train; it holds text_train, image_query, label_train, label_query."
            f" Required: {NAMES}; a set of one view or of others is read by ucch.data.load_items",
        ),
        (
            {"image_trian": np.zeros((6, 3))},
            f"{{path}} holds an unknown array 'image_trian'; did you mean 'image_train'? Known names: {ALL_NAMES}",
        ),
        ({"zzz": np.zeros(3)}, f"{{path}} holds an unknown array 'zzz'. Known names: {ALL_NAMES}"),
        ({"text_query": None}, "{path} holds image_query but lacks text_query; give both or neither"),
        (
            {"image_query": None, "text_query": None},
            "{path} holds label_query but lacks image_query and text_query",
        ),
        (
            {"image_query": None, "text_query": None, "label_query": None}
            | {"image_database": np.zeros((4, 3)), "text_database": np.zeros((4, 2))},
            "{path} holds image_database but lacks image_query and text_query, which search it",
        ),
        (
            {"image_database": np.zeros((4, 3))},
            "{path} holds image_database but lacks text_database; give both or neither",
        ),
        (
            {"text_database": np.zeros((4, 2))},
            "{path} holds text_database but lacks image_database; give both or neither",
        ),
        (
            {"label_database": np.zeros(4, int)},
            "{path} holds label_database but lacks image_database and text_database",
        ),
        (
            {"image_of_text_database": np.zeros(4, int)},
            "{path} holds image_of_text_database but lacks image_database and text_database",
        ),
        (
            {"image_of_text_train": np.arange(5)},
            "{path}: image_of_text_train must have one entry per text row, got 5 entries for 6 texts",
        ),
        (
            {"label_query": None},
            "{path}: label_train is given but label_query is not; evaluation compares the two, so give both or neither",
        ),
        (
            {"label_train": None},
            "{path}: label_query is given but label_train is not; evaluation compares the two, so give both or neither",
        ),
        (
            {"image_train": np.array([{"a": 1}, None], dtype=object)},
            "{path}: image_train is an array of Python objects, which are not loaded since that could run code;"
            " save numbers, such as numpy.stack of equally long rows",
        ),
        (
            {"text_train": np.zeros((5, 2))},
            "{path}: image_train and text_train must have one row per pair, got shapes (6, 3) and (5, 2)",
        ),
        (
            {"image_query": np.zeros((2, 4))},
            "{path}: image_train and image_query must have the same number of columns, got shapes (6, 3) and (2, 4)",
        ),
        ({"image_train": np.zeros(6)}, "{path}: image_train must have shape (rows, features), got shape (6,)"),
        (
            {"text_query": np.array([["a"], ["b"]])},
            "{path}: text_query must hold real numbers, got dtype <U1 and shape (2, 1)",
        ),
        (
            {"text_query": np.array([[0.0, 1.0], [0.0, np.nan]])},
            "{path}: text_query must be finite in float32, but row 1 holds nan in column 1;"
            " repair or drop such rows (rows and columns count from 0)",
        ),
        (
            {"label_train": np.zeros(5, int)},
            "{path}: image_train and label_train must have one row per pair, got shapes (6, 3) and (5, 2)",
        ),
    ],
)
def test_wrong_contents_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = _write(tmp_path, **changes)
    with pytest.raises(DataError, match=f"^{re.escape(message.replace('{path}', str(path)))}$"):
        load_npz(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.npz"
    message = f"{path} does not exist; an .npz file of features is expected there"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_npz(path)


@pytest.mark.parametrize("content", [b"", b"image,text\n1,2\n", b"\x93NUMPY" + b"\0" * 200])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(content)
    message = f"{path} is not an .npz file, or it is cut off; write it with numpy.savez"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_npz(path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path, kept: float) -> None:
    path = _write(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} is not an .npz file, or it is cut off"):
        load_npz(path)


@pytest.mark.parametrize("compress", [False, True])
def test_changed_bytes_are_refused_by_array(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / "mine.npz"
    big = {"image_train": np.ones((600, 3)), "text_train": np.ones((600, 2)), "label_train": np.zeros(600, int)}
    (np.savez_compressed if compress else np.savez)(path, **_arrays(**big))
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("image_train.npy")
    content = bytearray(path.read_bytes())
    middle = member.header_offset + 60 + member.compress_size // 2
    content[middle : middle + 8] = bytes(255 - value for value in content[middle : middle + 8])
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}: image_train is damaged: "):
        load_npz(path)


def test_a_member_that_is_no_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in NAMES.split(", "):
            archive.writestr(name, b"these are no numbers")
    message = f"{path}: image_train is not a numpy array; write the file with numpy.savez"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_npz(path)


def _dataset(database: bool = False) -> PairedDataset:
    def pairs(n: int, split: str) -> Pairs:
        return Pairs(np.ones((n, 3), np.float32), np.ones((n, 2), np.uint8), np.ones((n, 4), bool), split=split)

    extra = pairs(7, "database") if database else None
    return PairedDataset("mine", pairs(5, "train"), pairs(2, "query"), extra)


@pytest.mark.parametrize("database", [False, True])
def test_what_is_saved_is_read_back_equal(tmp_path: Path, database: bool) -> None:
    dataset = _dataset(database)
    path = save_npz(tmp_path / "mine.npz", dataset)
    assert load_npz(path).digest() == dataset.digest()
    assert load_npz(path).database_is_train is not database
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.npz"]


def test_several_captions_are_saved_and_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    splits = [
        Pairs(rng.normal(size=(n, 3)), rng.normal(size=(2 * n, 2)), image_of_text=np.arange(2 * n) // 2) for n in (4, 2)
    ]
    dataset = PairedDataset("mine", *splits, database=splits[1])
    loaded = load_npz(save_npz(tmp_path / "mine.npz", dataset))
    assert loaded.digest() == dataset.digest()
    np.testing.assert_array_equal(loaded.query.item_of_text, [0, 0, 1, 1])


def test_saving_never_replaces_a_file_unasked(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(b"precious")
    message = f"{path} exists; choose another name or pass overwrite=True"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        save_npz(path, _dataset())
    assert path.read_bytes() == b"precious"
    save_npz(path, _dataset(), overwrite=True)
    assert load_npz(path).digest() == _dataset().digest()


def test_a_failed_save_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.npz"
    path.write_bytes(b"precious")

    def full_disk(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(DataError, match=r"mine\.npz cannot be written: no space left"):
        save_npz(path, _dataset(), overwrite=True)
    assert path.read_bytes() == b"precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.npz"]


def test_wrong_places_to_save_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mine\.txt must end in \.npz$"):
        save_npz(tmp_path / "mine.txt", _dataset())
    with pytest.raises(DataError, match=f"^folder {re.escape(str(tmp_path / 'none'))} does not exist$"):
        save_npz(tmp_path / "none" / "mine.npz", _dataset())


def test_a_file_may_be_read_by_those_who_may_read_others_here(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    path = save_npz(
        tmp_path / "set.npz", PairedDataset("set", Pairs(np.eye(3), np.eye(3)), Pairs(np.eye(3), np.eye(3)))
    )
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["other", "set.npz"]
