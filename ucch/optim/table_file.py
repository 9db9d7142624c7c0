"""Code tables on disk: one safetensors file, written in pieces and mapped into memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from mmap import mmap
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

__all__ = ["map_table", "write_table"]

_NAMES = {torch.float32: "F32", torch.float64: "F64", torch.bfloat16: "BF16", torch.int8: "I8"}
_DTYPES = {name: dtype for dtype, name in _NAMES.items()}
_ALIGNMENT = 64
_LONGEST_HEADER = 4096


def write_table(path: Path, shape: tuple[int, int], dtype: torch.dtype, pieces: Iterable[Tensor]) -> None:
    """Write a new table file piece by piece, in the memory of one piece.

    The file is in the safetensors format with one matrix, ``latent``, so that other tools can read it. It is written
    under another name beside its place and renamed once it is whole and on the disk.

    Args:
        path: must not exist.
        shape: (N, D).
        dtype: of the table.
        pieces: (R, D) rows in order, N in all.

    Raises:
        FileExistsError: ``path`` exists.
        OSError: the folder cannot be written or the disk is full; the unfinished file is removed.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists():
            raise FileExistsError(
                f"{path} exists and is not overwritten; open it with CodeBank.from_file, remove it or choose another"
                " name"
            )
        with open(aside, "wb") as file:
            _write(file, _header(shape, dtype), pieces)
        os.rename(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def map_table(path: Path) -> tuple[Tensor, mmap]:
    """Map a table file into memory: the (N, D) table, whose changes go to the file, and the mapping to flush.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a code table, or is shorter or longer than it says.
    """
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} must be a code table, and is not a file")
    with open(path, "r+b") as file:
        shape, dtype, start = _read_header(path, file.read(8 + _LONGEST_HEADER))
        expected, found = start + shape[0] * shape[1] * dtype.itemsize, os.fstat(file.fileno()).st_size
        if found != expected:
            raise ValueError(
                f"{path} must be {expected} bytes long for a table of {shape[0]} x {shape[1]}"
                f" {str(dtype).removeprefix('torch.')}, got {found}; it was cut short or damaged"
            )
        mapping = mmap(file.fileno(), 0)
    table = torch.frombuffer(mapping, dtype=dtype, count=shape[0] * shape[1], offset=start)
    return table.view(shape), mapping


def _header(shape: tuple[int, int], dtype: torch.dtype) -> bytes:
    entry = {
        "dtype": _NAMES[dtype],
        "shape": list(shape),
        "data_offsets": [0, shape[0] * shape[1] * dtype.itemsize],
    }
    text = json.dumps({"__metadata__": {"format": "ucch code table"}, "latent": entry}).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)  # so that the table starts where any dtype may
    return len(text).to_bytes(8, "little") + text


def _read_header(path: Path, head: bytes) -> tuple[tuple[int, int], torch.dtype, int]:
    length = int.from_bytes(head[:8], "little")
    try:
        entry = json.loads(head[8 : 8 + length])["latent"]
        n_codes, n_bits = (int(size) for size in entry["shape"])
        dtype = _DTYPES[entry["dtype"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path} must be a code table: a safetensors file with a matrix latent of {', '.join(_DTYPES)},"
            " as CodeBank writes it"
        ) from error
    return (n_codes, n_bits), dtype, 8 + length


def _write(file: BinaryIO, header: bytes, pieces: Iterable[Tensor]) -> None:
    file.write(header)
    for piece in pieces:
        file.write(piece.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    file.flush()
    os.fsync(file.fileno())
