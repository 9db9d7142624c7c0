"""Codes of anybody's making: every form read alike, what does not fit refused with both sides named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.kit import made_codes
from ucch.codes import pack
from ucch.errors import DataError
from ucch.evaluation.code_files import read_array, read_codes
from ucch.extraction import write_codes


@pytest.fixture
def bits() -> np.ndarray:
    return made_codes(12, 24, 0)[0].astype(np.int64)


def save(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "codes.npy", array)
    return folder / "codes.npy"


@pytest.mark.parametrize(
    ("form", "n_bits", "code_format"),
    [
        ("packed", 24, "auto"),
        ("ubinary", None, "ubinary"),
        ("binary", None, "binary"),
        ("plus_minus", None, "auto"),
        ("zero_one", None, "auto"),
        ("zero_one_uint8", None, "auto"),
        ("boolean", None, "auto"),
        ("float_plus_minus", None, "auto"),
    ],
)
def test_every_form_gives_the_same_codes(
    form: str, n_bits: int | None, code_format: str, bits: np.ndarray, tmp_path: Path
) -> None:
    arrays = {
        "packed": pack(bits),
        "ubinary": pack(bits),
        "binary": (pack(bits).astype(np.int16) - 128).astype(np.int8),
        "plus_minus": (2 * bits - 1).astype(np.int8),
        "zero_one": bits,
        "zero_one_uint8": bits.astype(np.uint8),
        "boolean": bits.astype(bool),
        "float_plus_minus": 2.0 * bits - 1,
    }
    codes = read_codes(save(tmp_path, arrays[form]), "query codes", n_bits=n_bits, code_format=code_format)
    assert (len(codes), codes.n_bits) == (12, 24)
    assert np.array_equal(codes.packed(), pack(bits))
    assert np.array_equal(np.concatenate(list(codes.chunks(5))), pack(bits))


@pytest.mark.parametrize(
    ("make", "n_bits", "code_format", "message"),
    [
        (lambda b: pack(b), None, "auto", r"looks packed \(uint8 above 1\); say how many bits with --bits"),
        (
            lambda b: b.astype(np.uint8),
            24,
            "auto",
            "is 24 bytes wide, but 24 bits packed are 3 bytes; it looks unpacked",
        ),
        (lambda b: pack(b), 64, "auto", "is 3 bytes wide, but 64 bits packed are 8 bytes$"),
        (lambda b: 2 * b - 1, 24, "auto", "must be packed uint8 where --bits is given, got int64; leave --bits out"),
        (lambda b: pack(b), None, "binary", "must be int8 for the format binary, got uint8"),
        (lambda b: pack(b)[0], 24, "auto", r"must have shape \(rows, columns\), neither of them 0, got \(3,\)"),
        (lambda b: pack(b)[:0], 24, "auto", r"neither of them 0, got \(0, 3\)"),
    ],
)
def test_what_does_not_fit_is_refused(make, n_bits, code_format, message, bits, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match=message) as refusal:
        read_codes(save(tmp_path, make(bits)), "query codes", n_bits=n_bits, code_format=code_format)
    assert str(refusal.value).startswith(f"query codes {tmp_path}/codes.npy")


def test_real_outputs_are_refused_when_read(bits: np.ndarray, tmp_path: Path) -> None:
    codes = read_codes(save(tmp_path, bits + 0.5), "query codes", n_bits=None)
    with pytest.raises(DataError, match=r"codes\.npy: codes must be \+-1, 0/1 or boolean, got .*; binarize real"):
        codes.packed()


def test_files_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    with pytest.raises(DataError, match=r"query labels .*x\.npy cannot be read as \.npy"):
        read_array(path, "query labels")
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read as .npy"):
        read_array(path, "query labels")
    np.save(path, np.array(["a", "b"]))
    with pytest.raises(DataError, match="must hold one array of numbers, got <U1"):
        read_array(path, "query labels")
    path.write_bytes(b"\x93NUMPY\x01\x00")
    with pytest.raises(DataError, match="cannot be read as .npy"):
        read_array(path, "query labels")


def test_parquet_takes_the_same_options_and_may_state_its_bits(bits: np.ndarray, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pip install 'ucch[data]'")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'ucch[data]'")
    write_codes(tmp_path / "stated.parquet", pack(bits), [str(row) for row in range(12)], n_bits=24, modality="text")
    offset = pyarrow.array((pack(bits).astype(np.int16) - 128).astype(np.int8).reshape(-1))
    plain = pyarrow.array(bits.reshape(-1))
    for name, flat in (("offset", offset), ("plain", plain)):
        column = pyarrow.FixedSizeListArray.from_arrays(flat, len(flat) // 12)
        parquet.write_table(pyarrow.table({"code": column}), tmp_path / f"{name}.parquet")
    for name, n_bits, code_format in (
        ("stated", None, "auto"),
        ("stated", 24, "auto"),
        ("stated", None, "ubinary"),
        ("offset", None, "binary"),
        ("plain", None, "auto"),
    ):
        path = tmp_path / f"{name}.parquet"
        codes = read_codes(path, "query codes", n_bits=n_bits, code_format=code_format)
        assert codes.n_bits == 24
        assert np.array_equal(np.concatenate(list(codes.chunks(5))), pack(bits))
    with pytest.raises(DataError, match="states codes of 24 bits, but --bits says 20"):
        read_codes(tmp_path / "stated.parquet", "query codes", n_bits=20)
