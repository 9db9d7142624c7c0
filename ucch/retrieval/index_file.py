"""One file for an index: a safetensors file, read by mapping it into memory."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import IndexFileError
from ..files import check_regular, replacing
from ..plain_json import parse_json

__all__ = ["FORMAT", "digest", "read_index_file", "write_index_file"]

FORMAT = "ucch-index-1"
_DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(code)
    for name, code in (("I64", "<i8"), ("F32", "<f4"), ("F16", "<f2"), ("I8", "i1"), ("U8", "u1"), ("BOOL", "?"))
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_MOST_HEADER = 1 << 20
_NONE = np.empty(0, np.uint8)

Arrays = dict[str, npt.NDArray[Any]]


def digest(content: npt.NDArray[np.uint8]) -> str:
    """SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content.tobytes() if not content.flags.c_contiguous else content.data).hexdigest()


def write_index_file(path: Path, header: dict[str, Any], arrays: Arrays) -> None:
    """Write header and arrays aside, flush, rename: the file is whole or the old one stands.

    Arrays are written one after the other without a copy of the whole, so the cost in memory is that of the header. Of
    ``structure``, which faiss will trust, the header holds a checksum.
    """
    header = {**header, "structure": digest(arrays.get("structure", _NONE))}
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)
    entries: dict[str, Any] = {"__metadata__": {"ucch": json.dumps({"format": FORMAT, **header})}}
    end = 0
    for name, array in ordered:
        entries[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": array.shape,
            "data_offsets": [end, end := end + array.nbytes],
        }
    head = json.dumps(entries).encode()
    head += b" " * (-(len(head) + 8) % 64)  # with the eight bytes of the length, data starts at a multiple of 64
    with replacing(path, error=IndexFileError) as aside, open(aside, "wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for _, array in ordered:
            np.ascontiguousarray(array).tofile(file)


def read_index_file(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Map an index file into memory, read-only; pages are loaded as they are used, those of ``structure`` at once.

    Raises:
        IndexFileError: the file is missing, cut off, damaged, of another version, or no index.
    """
    check_regular(path, IndexFileError)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or not 2 <= length <= _MOST_HEADER:
                raise IndexFileError(f"{path} is not an index; make one with ucch index")
            head = file.read(length)
    except OSError as error:
        raise IndexFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(head) < length:
        raise IndexFileError(f"{path} is cut off inside its header")
    try:
        entries = parse_json(head)
        header = parse_json(entries.pop("__metadata__", {}).get("ucch", "{}"))
        version = header.pop("format", None)
    except (ValueError, AttributeError, TypeError) as error:
        raise IndexFileError(f"{path} is not an index: its header cannot be read; make one with ucch index") from error
    if version != FORMAT:
        raise IndexFileError(f"{path} holds {version or 'no format'!r}, expected {FORMAT!r}; make it anew: ucch index")
    arrays = _map(path, entries, 8 + length, size)
    if digest(arrays.get("structure", _NONE)) != header.pop("structure", None):
        raise IndexFileError(f"{path} is damaged: its structure does not fit its checksum")
    return header, arrays


def _map(path: Path, entries: dict[str, Any], start: int, size: int) -> Arrays:
    try:
        parts: dict[str, tuple[np.dtype[Any], tuple[int, ...], int, int]] = {
            name: (_DTYPES[entry["dtype"]], tuple(map(int, entry["shape"])), *_span(entry["data_offsets"]))
            for name, entry in entries.items()
        }
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # the last at a number that is infinite
        raise IndexFileError(f"{path} is damaged: its header names no such array") from error
    end = start + max((last for *_, last in parts.values()), default=0)
    if size != end:
        raise IndexFileError(f"{path} is {'cut off' if size < end else 'too long'}: {size} bytes, expected {end}")
    raw = np.memmap(path, np.uint8, "r")
    arrays: Arrays = {}
    for name, (dtype, shape, first, last) in parts.items():
        if not 0 <= first <= last or min(shape, default=0) < 0 or last - first != dtype.itemsize * math.prod(shape):
            raise IndexFileError(f"{path} is damaged: the size of {name} does not fit its shape")
        arrays[name] = np.asarray(raw[start + first : start + last]).view(dtype).reshape(shape)
    return arrays


def _span(offsets: list[int]) -> tuple[int, int]:
    first, last = map(int, offsets)
    return first, last
