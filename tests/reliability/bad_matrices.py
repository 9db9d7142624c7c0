"""Honest and hostile MATLAB and HDF5 files."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy import sparse
from scipy.io import savemat

from tests.reliability.family import each, odd_array
from ucch.data.mat import mat_shapes, read_mat

# .mat


def mat_bytes(variables: dict[str, Any], **options: Any) -> bytes:
    content = io.BytesIO()
    savemat(content, variables, **options)
    return content.getvalue()


def mat_variables() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"I_tr": rng.normal(size=(6, 4)), "L": rng.integers(0, 2, (6, 2), np.uint8), "note": "some text"}


def mat5_honest() -> dict[str, bytes]:
    other = {"s": {"a": 1.0}, "c": np.array([1, "b"], dtype=object), "p": sparse.eye_array(3).tocsc()}
    return {
        "plain.mat": mat_bytes(mat_variables()),
        "small.mat": mat_bytes(mat_variables(), do_compression=True),
        "other.mat": mat_bytes(mat_variables() | other),
    }


def mat5_hostile(dice: random.Random) -> tuple[str, bytes]:
    shape = [dice.choice([0, 1, 6, -1, 2**31 - 1, 65536]) for _ in range(dice.choice([1, 2, 3, 20]))]
    values = dice.choice([48, 2**31, 2**32 - 8, 0, 2**28])
    body = b"".join(
        np.array(part, "<u4").tobytes()
        for part in (
            [6, 8, dice.choice([6, 9, 5, 1, 2, 99, 0x806]), 0],
            [5, 4 * len(shape), *[size % 2**32 for size in shape], *[0] * (len(shape) % 2)],
            [1, 4, int.from_bytes(b"I_tr", "little"), 0],
            [9, values],
        )
    ) + bytes(48)
    length = dice.choice([len(body), 2**32 - 8, 2**31, 8])
    matrix = np.array([14, length], "<u4").tobytes() + body
    if dice.random() < 0.6:
        packed = zlib.compress(matrix) if dice.random() < 0.97 else zlib.compress(matrix + bytes(96 << 20), 1)
        matrix = np.array([15, len(packed)], "<u4").tobytes() + packed
    return "bad.mat", b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + matrix


def mat4_honest() -> dict[str, bytes]:
    return {"four.mat": mat_bytes({"I_tr": np.eye(3), "L": np.ones((3, 2))}, format="4")}


def mat4_hostile(dice: random.Random) -> tuple[str, bytes]:
    numbers = [dice.choice([0, 10, 50, 5, 1, 2, 4052]), *(dice.choice([3, 0, -1, 2**31 - 1, 46341]) for _ in range(2))]
    header = [*numbers, dice.choice([0, 1, 7]), dice.choice([5, 0, -1, 2**31 - 1])]
    return "bad.mat", np.array(header, "<i4").tobytes() + b"I_tr\0" + bytes(dice.randrange(100))


def read_mat_file(path: Path) -> None:
    each(
        lambda: mat_shapes(path),
        lambda: read_mat(path, ("I_tr",))["I_tr"].sum(),
        lambda: read_mat(path, ("L",)),
        lambda: read_mat(path, ("p",)),
        lambda: read_mat(path, ("s",)),
    )


def h5_bytes(fill: Callable[[h5py.File], None], *, matlab: bool = False) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w", userblock_size=512 if matlab else 0) as file:
        fill(file)
    raw = bytearray(content.getvalue())
    if matlab:
        raw[:10] = b"MATLAB 7.3"
    return bytes(raw)


def mat73_honest() -> dict[str, bytes]:
    def fill(file: h5py.File) -> None:
        file["I_tr"] = mat_variables()["I_tr"]
        file.create_dataset("L", data=np.ones((6, 2)), chunks=(2, 2), compression="gzip")

    return {"seven.mat": h5_bytes(fill, matlab=True), "plain.h5": h5_bytes(fill)}


def mat73_hostile(dice: random.Random) -> tuple[str, bytes]:
    kind = dice.randrange(8)

    def fill(file: h5py.File) -> None:
        if kind == 0:
            file.create_dataset("I_tr", (2**40, 2**10), "f8", chunks=(1, 1024))
        elif kind == 1:
            file.create_dataset("I_tr", (4, 4), h5py.string_dtype())
        elif kind == 2:
            file["I_tr"] = h5py.ExternalLink("/etc/hostname", "/x")
        elif kind == 3:
            file["I_tr"] = h5py.SoftLink("/I_tr")
        elif kind == 4:
            file.create_dataset("I_tr", (64,), "u1", external=[("/etc/hostname", 0, 64)])
        elif kind == 5:
            file.create_dataset("I_tr", (64, 1), "u1", external=[("/etc/hostname", 0, 64)])
        elif kind == 6:
            layout = h5py.VirtualLayout((4, 4), "f8")
            layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4, 4))
            file.create_virtual_dataset("I_tr", layout)
        else:
            array = odd_array(dice)
            if array.dtype.kind in "fiub":
                file["I_tr"] = array
            else:
                file.create_group("I_tr")

    return "bad.mat", h5_bytes(fill, matlab=dice.random() < 0.5)
