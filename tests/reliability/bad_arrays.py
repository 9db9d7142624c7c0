"""Honest and hostile ``.npz`` and ``.npy`` files."""

from __future__ import annotations

import io
import random
import warnings
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability.family import CARDS, each, odd_array
from ucch.data import load_npz
from ucch.data.array_spec import read_npy
from ucch.data.code_files import read_array
from ucch.extraction import read_npz_encoders
from ucch.retrieval.code_files import read_codes, read_ids, read_matrix

# .npz


def npz_bytes(arrays: dict[str, Any], *, compress: bool = False) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (np.savez_compressed if compress else np.savez)(content, allow_pickle=True, **arrays)
    return content.getvalue()


def npz_arrays() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    features = {
        f"{side}_{split}": rng.normal(size=(6, 3)) for side in ("image", "text") for split in ("train", "query")
    }
    return features | {"label_train": np.arange(6), "label_query": np.arange(6), "encoders": np.array(CARDS)}


def npz_honest() -> dict[str, bytes]:
    arrays = npz_arrays()
    several = {f"image_of_text_{split}": np.arange(6) for split in ("train", "query")}
    return {
        "plain.npz": npz_bytes(arrays),
        "small.npz": npz_bytes(arrays, compress=True),
        "several.npz": npz_bytes(arrays | several),
    }


@lru_cache(maxsize=1)
def zeros(megabytes: int) -> bytes:
    """Deflated zeros."""
    return zlib.compress(bytes(megabytes << 20), 9)


def npz_hostile(dice: random.Random) -> tuple[str, bytes]:
    kind = dice.randrange(5)
    if kind == 0:
        name = dice.choice([*npz_arrays(), "image_database", "other", "../../escape", "/tmp/escape", "", "a/../b"])
        return "odd.npz", npz_bytes(npz_arrays() | {name: odd_array(dice)}, compress=dice.random() < 0.5)
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", dice.choice([0, 8, 12, 14])) as archive:
        warnings.simplefilter("ignore")
        for name, array in npz_arrays().items():
            raw = npy_bytes(array)
            if name == "image_train":
                if kind == 1:  # a shape that the bytes do not bear out
                    raw = npy_header(dice.choice(SHAPES), dice.choice(["<f8", "|u1", "<U9999999"])) + raw[128:]
                if kind == 2:
                    archive.writestr("image_train.npy", raw)  # twice
                if kind == 3:
                    raw = npy_header("(10000000, 8)", "<f8") + b"never"
                if kind == 4:  # a bomb: 40 MiB of zeros in 40 KiB; making it takes several times as much here
                    raw = npy_header("(5242880, 8)", "|u1") + bytes(40 << 20) if dice.random() < 0.02 else b"\0"
            archive.writestr(f"{name}.npy", raw)
    return "bad.npz", content.getvalue()


def read_npz_file(path: Path) -> None:
    each(lambda: load_npz(path), lambda: read_npz_encoders(path))


# .npy

SHAPES = ("(999999999999,)", "(1000000000, 1000000000)", "(-1, 3)", "(True, 3)", "(3.0,)", "(1,) * 99", "(0, 5)", "()")
SHAPES = (*SHAPES, "(" * 200 + ")" * 200, "(4294967296, 4294967296)", "('a',)", "[6, 3]")


def npy_header(shape: str, descr: str) -> bytes:
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def npy_bytes(array: Any, *, by_columns: bool = False) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asfortranarray(array) if by_columns else array, allow_pickle=True)
    return content.getvalue()


def npy_honest() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        "codes.npy": npy_bytes(rng.integers(0, 256, (9, 2), np.uint8)),
        "floats.npy": npy_bytes(rng.normal(size=(5, 4)), by_columns=True),
        "ids.npy": npy_bytes(np.array(["a", "b"])),
    }


def npy_hostile(dice: random.Random) -> tuple[str, bytes]:
    if dice.random() < 0.4:
        return "odd.npy", npy_bytes(odd_array(dice))
    descr = dice.choice(["<f8", "|u1", "|O", "<U99999999", "|V0", "z9", "<f8, <f8", "<M8[D]"])
    return "bad.npy", npy_header(dice.choice(SHAPES), descr) + bytes(dice.randrange(200))


def read_npy_file(path: Path) -> None:
    each(
        lambda: read_codes(path)[0][:1].sum(),
        lambda: np.isfinite(read_matrix(path)).sum(),
        lambda: read_array(path, "codes"),
        lambda: len(read_ids(path)) if path.is_file() else read_ids(path),
        lambda: read_npy(path),
    )
