"""Small files of the published schemas: same names, keys and layouts, fewer rows and columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.io import savemat

from ucch.data import DATASETS, DatasetEntry

FEATURE_SETS = ("iapr-tc12", "mirflickr25k", "mscoco", "nus-wide-tc10")
CAPTION_SETS = ("flickr30k", "flickr8k")
FORMS = ("matlab-5", "matlab-7.3", "hdf5")
N_TRAIN, N_QUERY = 64, 16


def small_entry(name: str) -> DatasetEntry:
    """The catalog's entry for a set of 64 + 16 items with at most 12 columns."""
    rows = {"all": N_TRAIN + N_QUERY, "train": N_TRAIN, "query": N_QUERY}
    arrays = tuple(
        replace(spec, rows=rows[spec.split], columns=min(12, spec.columns)) for spec in DATASETS[name].arrays
    )
    return replace(DATASETS[name], n_train=N_TRAIN, n_query=N_QUERY, arrays=arrays)


def small_arrays(entry: DatasetEntry, seed: int = 0) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """Values for every file and key: float features, 0/1 words and labels."""
    rng = np.random.default_rng(seed)
    files: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
    for spec in entry.arrays:
        size = (spec.rows, spec.columns)
        real = rng.normal(size=size).astype(np.float32)
        values = real if spec.kind == "image" else (rng.random(size) < 0.3).astype(np.uint8)
        files.setdefault(spec.file, {})[spec.key] = values
    return files


def write_feature_set(
    entry: DatasetEntry, root: Path, form: str, files: dict[str, dict[str, np.ndarray[Any, Any]]] | None = None
) -> None:
    for file, arrays in (files or small_arrays(entry)).items():
        if form == "matlab-5":
            with open(root / file, "wb") as stream:
                savemat(stream, arrays, do_compression=True)
        elif form == "matlab-7.3":
            write_matlab_73(root / file, arrays)
        else:
            with h5py.File(root / file, "w") as hdf5:
                for key, values in arrays.items():
                    hdf5[key] = values


def write_matlab_73(path: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    """As MATLAB does: 512 bytes of its own, then HDF5 with the axes reversed, in compressed chunks."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for key, values in arrays.items():
            dataset = file.create_dataset(key, data=values.T, chunks=True, compression="gzip")
            dataset.attrs["MATLAB_class"] = np.bytes_("single")
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def write_caption_set(root: Path, *, per_caption: bool = False, n_test: int = N_QUERY) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["a", "man", "dog", "ball", "on", "the", "grass", "red", "runs", "water", "child", "jumps"])
    for split, n in (("train", N_TRAIN), ("test", n_test)):
        images = rng.normal(size=(n, 12)).astype(np.float32)
        np.save(root / f"{split}_ims.npy", np.repeat(images, 5, axis=0) if per_caption else images)
        lines = [" ".join(rng.choice(words, 6)) for _ in range(5 * n)]
        (root / f"{split}_caps.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
