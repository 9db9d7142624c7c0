"""Every reader of files, with honest files to start from and hostile ones made on purpose."""

from __future__ import annotations

import io
import json
import random
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
from safetensors.numpy import save as save_safetensors
from scipy import sparse
from scipy.io import savemat

from tests.training.kit import small_recipe
from ucch.data import FeatureScaler, load_npz
from ucch.data.array_spec import read_npy
from ucch.data.captions import read_captions, read_texts
from ucch.data.mat import mat_shapes, read_mat
from ucch.data.parquet import load_parquet
from ucch.errors import UcchError
from ucch.evaluation.code_files import read_array
from ucch.extraction import read_npz_encoders, read_parquet_encoders, read_run_encoders
from ucch.models import HashModel, HashTower
from ucch.optim.table_file import map_table, write_table
from ucch.retrieval import BinaryIndex
from ucch.retrieval.code_files import read_codes, read_ids, read_matrix
from ucch.training import RunFolder, load_recipe
from ucch.training.checkpoint import load_state, save_state

__all__ = ["FAMILIES", "Family"]

HUGE = ("999999999999", "1000000000", "-1", "0", "1", "4294967296", "9" * 30, "1e400", "NaN")
CARD = {"spec": "a", "name": "a", "dimension": 2, "digest": "0", "state": None}
CARDS = json.dumps({"image": CARD, "text": CARD})

DTYPES: tuple[Any, ...] = (
    *("f8", "f4", "f2", "i8", "u1", "?", "U3", "S3", "c16", ">f8", ">i4", "M8[D]", "m8[s]", "V5", "u8", "g", "O"),
    [("a", "f4"), ("b", "i2")],
)


@dataclass(frozen=True)
class Family:
    """Readers of one kind of file.

    Attributes:
        honest: contents that are read without complaint, by file name.
        read: reads a file by every reader of the kind, each on its own.
        hostile: makes a bad file on purpose: a name and its content.
        text: whether numbers in the content are text.
    """

    honest: Callable[[], dict[str, bytes]]
    read: Callable[[Path], None]
    hostile: Callable[[random.Random], tuple[str, bytes]]
    text: bool = False


def each(*readers: Callable[[], Any]) -> None:
    """Let every reader have its try; the first complaint is raised at the end."""
    said = None
    for reader in readers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader()
        except UcchError as error:
            said = said or error
    if said is not None:
        raise said


def odd_array(dice: random.Random) -> np.ndarray[Any, Any]:
    """An array that somebody may have saved by mistake."""
    shape = dice.choice([(), (0,), (1,), (0, 3), (1, 3), (4, 0), (4, 3), (4, 1), (2, 2, 2), (5,)])
    dtype: Any = dice.choice(DTYPES)
    array: np.ndarray[Any, Any] = np.zeros(shape, dtype)
    if array.dtype.kind in "fc" and array.size:
        array.reshape(-1)[-1] = dice.choice([np.nan, np.inf, -np.inf, 1.0, 6e4])
    return array


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
                if kind == 4:  # a bomb: 128 MiB of zeros in 128 KiB
                    raw = npy_header("(16777216, 8)", "|u1") + bytes(128 << 20) if dice.random() < 0.02 else b"\0"
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


# .parquet


def parquet_bytes(columns: dict[str, Any], **options: Any) -> bytes:
    content = io.BytesIO()
    table = arrow.table(columns).replace_schema_metadata({b"ucch.encoders": CARDS.encode()})
    parquet.write_table(table, content, **options)
    return content.getvalue()


def parquet_columns(n: int = 6) -> dict[str, Any]:
    lists = arrow.array([[float(i), 1.0] for i in range(n)], arrow.list_(arrow.float32(), 2))
    words = {"split": ["train", "query"] * (n // 2), "image_id": list(map(str, range(n))), "text_id": ["t"] * n}
    return words | {"image": lists, "text": lists}


def parquet_honest() -> dict[str, bytes]:
    return {
        "zstd.parquet": parquet_bytes(parquet_columns(), compression="zstd"),
        "plain.parquet": parquet_bytes(parquet_columns(), compression="none", use_dictionary=False),
    }


def parquet_hostile(dice: random.Random) -> tuple[str, bytes]:
    columns = parquet_columns()
    name = dice.choice(list(columns))
    columns[name] = dice.choice(
        [
            [None] * 6,
            [1, 2, 3, 4, 5, 6],
            [[1.0]] * 5 + [[1.0, 2.0]],
            [[]] * 6,
            [["a"]] * 6,
            [[float("nan")]] * 6,
            [[1e300]] * 6,
            [[None]] * 6,
            [{"a": 1}] * 6,
            arrow.array([b"\xff\xfe"] * 6),
            arrow.nulls(6),
            [[[1.0]]] * 6,
        ]
    )
    if dice.random() < 0.02:  # one word over and over, in a few hundred bytes
        return "bomb.parquet", parquet_bytes({"split": ["train"] * 4_000_000})
    if dice.random() < 0.2:
        del columns[name]
    if dice.random() < 0.1:
        columns = {key: value[:0] for key, value in parquet_columns().items()}
    return "bad.parquet", parquet_bytes(columns)


def read_parquet_file(path: Path) -> None:
    each(lambda: load_parquet(path), lambda: read_parquet_encoders(path))


# captions

CAPTIONS = {
    "c.csv": b'image,caption\na.jpg,a dog\n"b.jpg","a, cat"\n',
    "c.tsv": b"image\tcaption\na.jpg\ta dog\nb.jpg\ta cat\n",
    "c.jsonl": b'{"image": "a.jpg", "caption": "a dog"}\n{"image": "b.jpg", "captions": ["a", "b"]}\n',
    "c.json": b'{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": "a dog"}]}',
    "c.txt": "a dog\n\nun été\n".encode(),
}


def captions_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice(list(CAPTIONS))
    image = dice.choice(["../../etc/passwd", "/etc/passwd", "a/../../b", "\0", "", "a.jpg", "\ufeff", "x" * 10_000])
    value: Any = dice.choice([image, 1, None, [], {}, True, [1], 1e308, [[]], "\ud800"])
    whole = {
        "c.csv": f"image,caption\n{image},a\n{image},b\n",
        "c.tsv": f"image\tcaption\n{image}\ta\n",
        "c.jsonl": json.dumps({"image": value, "caption": dice.choice([value, "a"])}),
        "c.json": json.dumps(
            {"images": [{"id": value, "file_name": image}], "annotations": [{"image_id": value, "caption": "a"}]}
        ),
        "c.txt": f"{image}\n",
    }[name].encode("utf-8", "replace")
    tail = dice.choice([b"", b"\xff\xfe", b"[" * 50_000, b'"' * 9, b"\r\n\r", b"x" * 200_000, b"\x00,\x00"])
    return name, (tail + whole) if dice.random() < 0.3 else (whole + tail)


def read_captions_file(path: Path) -> None:
    each(lambda: read_captions(path), lambda: read_texts(path), lambda: read_ids(path))


# recipes


def recipe_hostile(dice: random.Random) -> tuple[str, bytes]:
    key = dice.choice(["bits", "seed", "name", "data", "model.width", "training.epochs", "loss.beta", "a.b", '""'])
    value = dice.choice([*HUGE, "inf", '"x"', "[" * 50_000, "{}", "[[1]]", "true", "1979-05-27", "'''", '"\\u0000"'])
    return "r.toml", f"{key} = {value}\n{dice.choice(['', key + ' = 1', '[model]', '[model'])}".encode()


# files of a run


@lru_cache(maxsize=1)
def run_honest() -> dict[str, bytes]:
    import tempfile

    import torch

    with tempfile.TemporaryDirectory() as place:
        torch.manual_seed(0)
        scaler = FeatureScaler.fit(np.random.default_rng(0).normal(size=(9, 4)), "global")
        model = HashModel(scaler, scaler, *(HashTower(4, 8, width=4, n_layers=2) for _ in range(2)))
        model.save(Path(place) / "m")
        save_state(Path(place) / "s", {"pairs": "x", "history": [{"epoch": 1}], "trainer": {"v": torch.ones(3)}})
        write_table(Path(place) / "t", (3, 4), torch.float32, [torch.ones(3, 4)])
        files = {name: (Path(place) / name).read_bytes() for name in "mst"}
    return {
        "model.safetensors": files["m"],
        "state.safetensors": files["s"],
        "table.safetensors": files["t"],
        "history.jsonl": b'{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "loss": 0.25}\n',
        "encoders.json": b'{"decoding": 1, ' + CARDS.encode()[1:],
        "recipe.toml": small_recipe().to_toml().encode(),
    }


def run_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice(["model.safetensors", "state.safetensors", "encoders.json", "history.jsonl"])
    if name.endswith("json") or name.endswith("jsonl"):
        return name, dice.choice(
            [b"[]", b"1", b"null", b"[" * 50_000, b'{"image": 1, "text": 2}', b"\xff", b"{}\n[]\n"]
        )
    content = run_honest()[name]
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    held = json.loads(head["__metadata__"]["ucch"])
    key = dice.choice(list(held))
    inner = held[key] if isinstance(held[key], dict) else held
    inner[dice.choice(list(inner))] = dice.choice([10**12, 10**5, -1, 0, None, [], {}, "x", 1.5, True, "[" * 9999])
    head["__metadata__"]["ucch"] = json.dumps(held)
    raw = json.dumps(head).encode()
    return name, len(raw).to_bytes(8, "little") + raw + content[8 + length :]


def read_run_file(path: Path) -> None:
    folder = RunFolder(path.parent)
    readers = {
        "model.safetensors": lambda: HashModel.load(path),
        "state.safetensors": lambda: load_state(path),
        "table.safetensors": lambda: _as_refusal(lambda: map_table(path)),
        "history.jsonl": folder.history,
        "encoders.json": lambda: read_run_encoders(path.parent),
        "recipe.toml": folder.recipe,
    }
    each(readers.get(path.name, lambda: HashModel.load(path)))


def _as_refusal(read: Callable[[], Any]) -> None:
    """A code table is read by ``ucch.optim``, which knows no UcchError; the command line turns these into one line."""
    try:
        read()
    except (ValueError, OSError) as error:
        raise UcchError(str(error)) from error


# indexes


@lru_cache(maxsize=1)
def index_honest() -> dict[str, bytes]:
    import tempfile

    rng = np.random.default_rng(0)
    codes, files = rng.integers(0, 256, (60, 4), np.uint8), {}
    with tempfile.TemporaryDirectory() as place:
        for kind in ("flat", "hnsw", "ivf", "multihash"):
            path = Path(place) / f"{kind}.index"
            ids = [f"n{i}" for i in range(60)] if kind == "flat" else None
            BinaryIndex.build(codes, 32, kind=kind, ids=ids, reproducible=True).save(path)
            files[path.name] = path.read_bytes()
    return files


def index_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice(list(index_honest()))
    content = index_honest()[name]
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    if dice.random() < 0.5:
        entry = head[dice.choice([key for key in head if key != "__metadata__"])]
        key = dice.choice(list(entry))
        entry[key] = dice.choice([[0, 10**15], [-8, 0], [2**62, 4], [60], [], "U8", "F32", None, 7, [0, 0], [1.5, 2]])
    else:
        held = json.loads(head["__metadata__"]["ucch"])
        key = dice.choice(list(held))
        held[key] = dice.choice([10**9, -1, 0, None, [], {}, "x", "flat", {"nprobe": "a"}, {"ef": -1}, 7, 33])
        head["__metadata__"]["ucch"] = json.dumps(held)
    raw = json.dumps(head).encode()
    raw += b" " * (-(len(raw) + 8) % 64)
    return name, len(raw).to_bytes(8, "little") + raw + content[8 + length :]


def read_index(path: Path) -> None:
    def load() -> None:
        index = BinaryIndex.load(path)
        index.search(np.zeros((1, -(-index.n_bits // 8)), np.uint8), 3)

    each(load)


def same_format_elsewhere() -> bytes:
    """A safetensors file of another program."""
    return save_safetensors({"weight": np.ones((2, 2), np.float32)})


FAMILIES: dict[str, Family] = {
    "npz": Family(npz_honest, read_npz_file, npz_hostile),
    "npy": Family(npy_honest, read_npy_file, npy_hostile, text=True),
    "mat5": Family(mat5_honest, read_mat_file, mat5_hostile),
    "mat4": Family(mat4_honest, read_mat_file, mat4_hostile),
    "mat73": Family(mat73_honest, read_mat_file, mat73_hostile),
    "parquet": Family(parquet_honest, read_parquet_file, parquet_hostile),
    "captions": Family(lambda: dict(CAPTIONS), read_captions_file, captions_hostile, text=True),
    "recipe": Family(
        lambda: {"recipe.toml": small_recipe().to_toml().encode()},
        lambda path: each(lambda: load_recipe(path)),
        recipe_hostile,
        text=True,
    ),
    "run": Family(run_honest, read_run_file, run_hostile, text=True),
    "index": Family(index_honest, read_index, index_hostile, text=True),
}
