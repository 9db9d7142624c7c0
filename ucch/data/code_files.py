"""Codes from files of anybody's making; arrays are memory-mapped and read a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, n_bytes
from ..errors import DataError
from .npy import map_npy
from .parquet_codes import read_code_column

__all__ = ["CODE_FORMATS", "CodeFile", "read_array", "read_codes"]

# binary is int8; ubinary is the name that sentence-transformers gives to packed
CODE_FORMATS = ("auto", "packed", "ubinary", "binary", "words", "plain")
_CHUNK = 1 << 16  # rows looked at together


@dataclass(frozen=True, eq=False)
class CodeFile:
    """Codes in a file, whatever their form.

    Attributes:
        path: the file.
        rows: its array, memory-mapped where the file is ``.npy``.
        n_bits: D.
        form: ``packed`` (uint8, most significant bit first), ``binary`` (int8, packed less 128), ``words`` (packed, in
            whole numbers of 16 to 64 bits) or ``plain`` (one bit a column, set where it is 1).
    """

    path: Path
    rows: npt.NDArray[Any]
    n_bits: int
    form: str

    def __len__(self) -> int:
        return len(self.rows)

    def packed(self, rows: slice = slice(None)) -> PackedCodes:
        """Packed codes of some rows, (n, ceil(D/8))."""
        part = np.asarray(self.rows[rows])
        if self.form == "packed":
            return part
        if self.form == "binary":
            return (part.astype(np.int16) + 128).astype(np.uint8)
        if self.form == "words":
            return np.ascontiguousarray(part, dtype=part.dtype.newbyteorder("<")).view(np.uint8)
        return np.packbits(part == 1, axis=-1)

    def chunks(self, chunk_rows: int) -> Iterator[PackedCodes]:
        """Packed codes, ``chunk_rows`` at a time."""
        for start in range(0, len(self), chunk_rows):
            yield self.packed(slice(start, start + chunk_rows))


def read_array(path: str | Path, what: str, *, kinds: str = "biuf") -> npt.NDArray[Any]:
    """Memory-map an ``.npy`` file.

    Args:
        path: the file.
        what: what it should hold, for messages.
        kinds: letters of the dtypes allowed; ``US`` for text.

    Raises:
        DataError: the file is missing, damaged, no ``.npy``, or holds Python objects, which are never loaded.
    """
    try:
        array = map_npy(path)
    except DataError as error:
        raise DataError(f"{what} {path} cannot be read as .npy: {error}") from error
    if array.dtype.kind not in kinds:
        raise DataError(f"{what} {path} must hold one array of numbers, got {array.dtype}")
    return array


def read_codes(
    path: str | Path, what: str, *, n_bits: int | None = None, code_format: str = "auto", whole_bytes: bool = False
) -> CodeFile:
    """Open a file of codes and find out which form they have.

    ==========  ===========================================================  ========================================
    form        rows                                                         found without being said
    ==========  ===========================================================  ========================================
    packed      uint8 (n, ceil(D/8)), most significant bit first             uint8 above 1; or as wide as ``n_bits``
    binary      int8 (n, ceil(D/8)), packed less 128                         never: it may be quantised features
    words       whole numbers of 16, 32 or 64 bits, (n, D / bits)            unsigned, where the highest byte is used
    plain       (n, D) of +-1 (also cast to unsigned), 0/1 or booleans       values are those alone
    ==========  ===========================================================  ========================================

    Where two forms fit, such as zeros alone, or none does, the file is refused. Reads the file once where the form has
    to be found, or is plain.

    Args:
        path: ``.npy``; or ``.parquet`` with such rows in the column ``code``; one of ``ucch encode`` states its bits.
        what: what messages call it, ``query codes`` or ``database codes``.
        n_bits: D where it is known; None for one bit a column, words, or what the file states.
        code_format: one of ``CODE_FORMATS``; without ``n_bits`` the packed ones have as many bits as their rows hold.
        whole_bytes: take packed codes found without ``n_bits`` as 8 bits a byte; they are refused otherwise.

    Raises:
        DataError: the array does not fit what was said of it, or leaves doubt; the message has the way out.
        MissingPackageError: the file is Parquet and pyarrow is not installed.
    """
    path = Path(path)
    said = f"{what} {path}"
    stated = None
    if path.suffix == ".parquet":
        rows, stated = read_code_column(path, what)
        if None not in (stated, n_bits) and stated != n_bits:
            raise DataError(f"{said} states codes of {stated} bits, but {n_bits} bits are asked for")
        n_bits = stated if n_bits is None else n_bits
    else:
        rows = read_array(path, what)
    if rows.ndim != 2 or 0 in rows.shape:
        raise DataError(f"{said} must have shape (rows, columns), neither of them 0, got {rows.shape}")
    form = "packed" if code_format == "ubinary" else code_format
    if form == "auto" and stated is not None and rows.dtype == np.uint8:
        form = "packed"
    if form == "auto":
        form = _found(said, rows, n_bits)
        if form == "packed" and n_bits is None and not whole_bytes:
            raise DataError(
                f"{said} is packed (uint8 above 1), of up to {8 * rows.shape[1]} bits; say how many with --bits"
            )
    else:
        _check_dtype(said, rows, form, code_format)
        if form == "plain":
            _check_plain(said, rows)
    return CodeFile(path, rows, _checked_bits(said, rows, form, n_bits), form)


def _checked_bits(said: str, rows: npt.NDArray[Any], form: str, n_bits: int | None) -> int:
    """D of rows in a form, of which ``n_bits`` were said."""
    width, size = int(rows.shape[1]), rows.dtype.itemsize
    held: int = width if form == "plain" else 8 * width * size
    if n_bits is None or n_bits == held:
        return held
    if form in ("packed", "binary") and width == n_bytes(n_bits):
        return n_bits
    if form in ("packed", "binary"):
        raise DataError(f"{said} is {width} bytes wide, but {n_bits} bits packed are {n_bytes(n_bits)} bytes")
    unit = "one bit a column" if form == "plain" else f"words of {8 * size} bits"
    raise DataError(f"{said} holds {unit} in {width} columns, {held} bits, but codes of {n_bits} bits are asked for")


def _check_dtype(said: str, rows: npt.NDArray[Any], form: str, code_format: str) -> None:
    fits = {
        "packed": ("uint8", rows.dtype == np.uint8),
        "binary": ("int8", rows.dtype == np.int8),
        "words": ("whole numbers of 16, 32 or 64 bits", rows.dtype.kind in "iu" and rows.dtype.itemsize > 1),
        "plain": ("numbers or booleans", True),
    }
    wanted, fit = fits[form]
    if not fit:
        raise DataError(f"{said} must be {wanted} for the format {code_format}, got {rows.dtype}")


def _found(said: str, rows: npt.NDArray[Any], n_bits: int | None) -> str:
    """The one form that fits."""
    as_packed, as_plain = (
        (False, False) if n_bits is None else (rows.shape[1] == n_bytes(n_bits), rows.shape[1] == n_bits)
    )
    if rows.dtype == np.uint8 and as_packed and not as_plain:
        return "packed"
    if rows.dtype == np.bool_:
        return "plain"
    values = _values(rows)
    if values is not None and {-1, 0} <= values:
        raise DataError(
            f"{said} holds -1, 0 and 1: codes are +-1 or 0/1; if they are outputs, binarize them with ucch.codes.sign"
        )
    if values is not None and rows.dtype.kind == "u" and 1 not in values and (as_packed or not as_plain):
        raise DataError(
            f"{said} holds {rows[0, 0]} alone, which may be packed codes or one bit a column; say --code-format packed"
            " or plain"
        )
    if values is not None:
        return "plain"
    if rows.dtype == np.uint8:
        return "packed"
    if rows.dtype == np.int8:
        raise DataError(
            f"{said} holds int8 other than +-1 and 0/1: codes of sentence-transformers, packed less 128, with"
            " --code-format binary; features quantised to int8 are no codes: binarize them with ucch.codes.sign"
        )
    if rows.dtype.kind == "u" and int(np.asarray(rows[:_CHUNK]).max()) >> (8 * (rows.dtype.itemsize - 1)):
        return "words"
    if rows.dtype.kind == "f":
        raise DataError(
            f"{said} must be codes, got {rows.dtype} other than +-1 and 0/1; binarize real outputs with"
            " ucch.codes.sign, or turn features into codes with ucch encode RUN --features FILE"
        )
    raise DataError(
        f"{said} holds {rows.dtype} other than +-1 and 0/1; read packed words with --code-format words, save packed"
        " bytes as uint8, binarize outputs with ucch.codes.sign"
    )


def _check_plain(said: str, rows: npt.NDArray[Any]) -> None:
    values = _values(rows)
    if values is None or {-1, 0} <= values:
        raise DataError(
            f"{said} must hold +-1, 0/1 or booleans for the format plain, got other numbers; binarize outputs with"
            " ucch.codes.sign"
        )


def _values(rows: npt.NDArray[Any]) -> set[int] | None:
    """Which of -1, 0 and 1 a matrix holds; None where it holds anything else. -1 may be cast to unsigned."""
    found: set[int] = set()
    minus: float = np.iinfo(rows.dtype).max if rows.dtype.kind == "u" else -1
    for start in range(0, len(rows), _CHUNK):
        part = np.asarray(rows[start : start + _CHUNK])
        if rows.dtype == np.bool_:
            part = part.view(np.uint8)
        held = {value: part == number for value, number in ((-1, minus), (0, 0), (1, 1))}
        if not np.logical_or.reduce(list(held.values())).all():
            return None
        found |= {value for value, where in held.items() if where.any()}
        if rows.dtype.kind == "u" and {-1, 0} <= found:
            return None  # the highest number is no -1 beside zeros
    return found
