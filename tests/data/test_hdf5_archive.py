"""Features that lie in HDF5 files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.data import load_items, load_npz
from ucch.errors import DataError

h5py = pytest.importorskip("h5py")


def written(path: Path, **arrays: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"image": rng.standard_normal((40, 4)), "text": rng.standard_normal((40, 3)), "label": np.arange(40) % 3}


@pytest.mark.parametrize("ending", ["h5", "hdf5"])
def test_pairs_are_those_of_the_same_arrays_in_an_npz(ending: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"mine.{ending}", **arrays())
    np.savez(tmp_path / "same.npz", **arrays())
    assert load_items(path).digest() == load_npz(tmp_path / "same.npz").digest()


def test_labels_may_be_text_and_matrices_compressed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        for name, array in arrays().items():
            if name != "label":
                file.create_dataset(name, data=array, compression="gzip", chunks=True)
        file["label"] = ["dog", "cat"] * 20
    found = load_items(tmp_path / "mine.h5")
    assert found.n_classes == 2
    rows = np.concatenate([found.train.views["image"], found.query.views["image"]])
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(arrays()["image"], axis=0))


def test_one_view_and_groups_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.h5", features=arrays()["image"])
    with h5py.File(path, "a") as file:
        file.create_group("notes")
    assert load_items(path).train.names == ("features",)


def test_what_is_no_matrix_or_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.h5", image=np.zeros((3, 2, 2)), text=arrays()["text"])
    with pytest.raises(DataError, match=r"mine\.h5: image must be a full matrix of numbers, got shape \(3, 2, 2\)"):
        load_npz(path)
    path = written(tmp_path / "links.h5", text=arrays()["text"], image=h5py.ExternalLink("mine.h5", "image"))
    with pytest.raises(DataError, match=r"links\.h5 lacks image_train"):
        load_npz(path)
    (tmp_path / "cut.h5").write_bytes(written(tmp_path / "whole.h5", **arrays()).read_bytes()[:700])
    with pytest.raises(DataError, match=r"cut\.h5 is damaged or cut off"):
        load_npz(tmp_path / "cut.h5")
    with pytest.raises(DataError, match=r"none\.h5"):
        load_npz(tmp_path / "none.h5")
