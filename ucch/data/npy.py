"""The ``.npy`` format: its header, checked before anything is allocated, and files of it, mapped into memory."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..plain_json import one_line

__all__ = ["NpyHeader", "map_npy", "read_header"]

NpyHeader = tuple[np.dtype[Any], tuple[int, ...], bool]
_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_KINDS = "biufUS"


def read_header(file: IO[bytes]) -> NpyHeader:
    """Read dtype, shape and whether columns come first; the file then stands at the data.

    Raises:
        DataError: no such header, Python objects, or a shape that no array has. The text has no file name.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in _READERS:
            raise DataError(f"version {version[0]}.{version[1]} of the format, which holds no plain numbers")
        shape, by_columns, dtype = _READERS[version](file)
    except DataError:
        raise
    except Exception as error:  # damaged text fails in any of a dozen ways inside the header's parser
        raise DataError(one_line(error)) from error
    if dtype.hasobject:
        raise DataError("an array of Python objects, which are not loaded since that could run code")
    if dtype.kind not in _KINDS:
        raise DataError(f"dtype {dtype}, neither numbers nor text")
    if not all(type(size) is int and size >= 0 for size in shape) or len(shape) > 32:
        raise DataError(f"a shape that no array has, {str(shape)[:100]}")
    return dtype, shape, by_columns


def map_npy(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Map a file into memory, read-only; nothing is read but its header.

    Raises:
        DataError: missing, cut off, of another kind, or Python objects. The text has no file name.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise DataError("not a file" if path.exists() else "No such file or directory")
        with open(path, "rb") as file:
            if file.read(4) == b"PK\x03\x04":
                raise DataError("it holds an archive of arrays (.npz)")
            file.seek(0)
            dtype, shape, by_columns = read_header(file)
            start, size = file.tell(), os.fstat(file.fileno()).st_size
        if start + dtype.itemsize * math.prod(shape) > size:
            raise DataError(f"cut off: {size:,} bytes, too few for shape {shape} of {dtype}")
        order: Any = "F" if by_columns else "C"
        if dtype.itemsize * math.prod(shape) == 0:
            return np.empty(shape, dtype, order)
        return np.memmap(path, dtype, "r", start, shape, order)
    except DataError:
        raise
    except ValueError as error:  # an empty array of dimensions beyond what numpy counts
        raise DataError(f"shape {str(shape)[:100]}: {one_line(error)}") from error
    except OSError as error:
        raise DataError(error.strerror or str(error)) from error
