"""Codes of anybody's making: every form read alike, what does not fit refused with both sides named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ucch.cli import options

from tests.evaluation.kit import made_codes
from ucch.codes import pack
from ucch.data.code_files import CODE_FORMATS, read_array, read_codes
from ucch.errors import DataError
from ucch.extraction import write_codes


@pytest.fixture
def bits() -> np.ndarray:
    return made_codes(12, 24, 0)[0].astype(np.int64)


def save(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "codes.npy", array)
    return folder / "codes.npy"


def words(bits: np.ndarray, dtype: str) -> np.ndarray:
    """Packed codes in words, padded to whole ones."""
    packed = pack(bits)
    size = np.dtype(dtype).itemsize
    padded = np.zeros((len(packed), -(-packed.shape[1] // size) * size), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(dtype)


FORMS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "packed": (pack, "packed"),
    "packed less 128": (lambda bits: (pack(bits).astype(np.int16) - 128).astype(np.int8), "binary"),
    "+-1 int8": (lambda bits: (2 * bits - 1).astype(np.int8), "plain"),
    "+-1 int64": (lambda bits: 2 * bits - 1, "plain"),
    "+-1 float16": (lambda bits: (2 * bits - 1).astype(np.float16), "plain"),
    "+-1 cast to uint8": (lambda bits: (2 * bits - 1).astype(np.uint8), "plain"),
    "+-1 cast to uint64": (lambda bits: (2 * bits - 1).astype(np.uint64), "plain"),
    "0/1 int64": (lambda bits: bits, "plain"),
    "0/1 uint8": (lambda bits: bits.astype(np.uint8), "plain"),
    "0/1 uint64": (lambda bits: bits.astype(np.uint64), "plain"),
    "0/1 float32": (lambda bits: bits.astype(np.float32), "plain"),
    "booleans": (lambda bits: bits.astype(bool), "plain"),
    "words of 16": (lambda bits: words(bits, "<u2"), "words"),
    "words of 64": (lambda bits: words(bits, "<u8"), "words"),
    "words of 64, big end first": (lambda bits: words(bits, "<u8").astype(">u8"), "words"),
    "words of 64, signed": (lambda bits: words(bits, "<i8"), "words"),
}
TOLD = ("packed less 128", "words of 64, signed")  # found only where they are said


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("n_bits", [64, 128])
@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_codes_told_or_found(name: str, n_bits: int, said: bool, tmp_path: Path) -> None:
    bits = made_codes(12, n_bits, 0)[0].astype(np.int64)
    make, form = FORMS[name]
    path = save(tmp_path, make(bits))
    code_format = form if said else "auto"
    if not said and name in TOLD:
        with pytest.raises(DataError, match=f"--code-format {form}"):
            read_codes(path, "query codes", n_bits=n_bits)
        return
    for known in (n_bits, None) if said or form != "packed" else (n_bits,):
        codes = read_codes(path, "query codes", n_bits=known, code_format=code_format)
        assert (len(codes), codes.n_bits, codes.form) == (12, n_bits, form)
        assert np.array_equal(codes.packed(), pack(bits))
        assert np.array_equal(np.concatenate(list(codes.chunks(5))), pack(bits))


@pytest.mark.parametrize("n_bits", [20, 13, 7])
@pytest.mark.parametrize("name", [name for name, (_, form) in FORMS.items() if form != "words"])
def test_lengths_that_fill_no_byte_are_kept(name: str, n_bits: int, tmp_path: Path) -> None:
    bits = made_codes(12, n_bits, 0)[0].astype(np.int64)
    make, form = FORMS[name]
    code_format = "binary" if form == "binary" else "auto"
    codes = read_codes(save(tmp_path, make(bits)), "query codes", n_bits=n_bits, code_format=code_format)
    assert (codes.n_bits, codes.form) == (n_bits, form)
    assert np.array_equal(codes.packed(), pack(bits))


def test_the_names_of_sentence_transformers_are_taken(bits: np.ndarray, tmp_path: Path) -> None:
    codes = read_codes(save(tmp_path, pack(bits)), "query codes", code_format="ubinary")
    assert (codes.n_bits, codes.form) == (24, "packed")


def test_the_command_line_offers_every_form() -> None:
    assert options.CODE_FORMATS == CODE_FORMATS


@pytest.mark.parametrize(
    ("make", "n_bits", "code_format", "message"),
    [
        (lambda b: pack(b), None, "auto", r"is packed \(uint8 above 1\), of up to 24 bits; say how many with --bits$"),
        (lambda b: b.astype(np.uint8), 20, "auto", "one bit a column in 24 columns, 24 bits, but codes of 20 bits are"),
        (lambda b: pack(b), 64, "auto", "is 3 bytes wide, but 64 bits packed are 8 bytes$"),
        (
            lambda b: 2 * b - 1,
            20,
            "auto",
            "one bit a column in 24 columns, 24 bits, but codes of 20 bits are asked",
        ),
        (lambda b: words(b, "<u2"), 20, "auto", "words of 16 bits in 2 columns, 32 bits, but codes of 20 bits are"),
        (lambda b: pack(b), None, "binary", "must be int8 for the format binary, got uint8"),
        (lambda b: b, None, "packed", "must be uint8 for the format packed, got int64"),
        (lambda b: b.astype(float), None, "words", "must be whole numbers of 16, 32 or 64 bits for the format words"),
        (lambda b: pack(b), None, "plain", r"must hold \+-1, 0/1 or booleans for the format plain, got other numbers"),
        (lambda b: np.sign(b - 0.5) * (b != b[0]), None, "plain", "for the format plain, got other numbers"),
        (
            lambda b: np.sign(2 * b - 1) * (np.arange(24) > 0),
            None,
            "auto",
            "holds -1, 0 and 1: codes are .*.codes.s",
        ),
        (
            lambda b: b + 0.5,
            None,
            "auto",
            r"got float64 other than \+-1 and 0/1; binarize real outputs with",
        ),
        (lambda b: b * np.nan, None, "auto", r"got float64 other than"),
        (lambda b: 5 * b, None, "auto", "holds int64 other than .*--code-format words, save packed bytes as uint8"),
        (lambda b: (5 * b).astype(np.uint64), None, "auto", "holds uint64 other than .*--code-format words"),
        (lambda b: (90 * b).astype(np.int8), None, "auto", "holds int8 other than .* --code-format binary"),
        (
            lambda b: (0 * b).astype(np.uint8),
            None,
            "auto",
            "holds 0 alone, which may be packed .*--code-format pac",
        ),
        (lambda b: (0 * b).astype(np.uint8)[:, :1], 1, "auto", "holds 0 alone, which may be packed"),
        (lambda b: (0 * b + 255).astype(np.uint8), None, "auto", "holds 255 alone, which may be packed"),
        (lambda b: pack(b)[0], 24, "auto", r"must have shape \(rows, columns\), neither of them 0, got \(3,\)"),
        (lambda b: pack(b)[:0], 24, "auto", r"neither of them 0, got \(0, 3\)"),
    ],
)
def test_what_does_not_fit_or_leaves_doubt_is_refused(make, n_bits, code_format, message, bits, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match=message) as refusal:
        read_codes(save(tmp_path, make(bits)), "query codes", n_bits=n_bits, code_format=code_format)
    assert str(refusal.value).startswith(f"query codes {tmp_path}/codes.npy")


def test_known_bits_end_the_doubt(tmp_path: Path) -> None:
    zeros = save(tmp_path, np.zeros((3, 8), np.uint8))
    assert read_codes(zeros, "query codes", n_bits=64).form == "packed"
    assert read_codes(zeros, "query codes", n_bits=8).form == "plain"
    assert read_codes(zeros, "query codes", code_format="packed").n_bits == 64
    assert read_codes(zeros, "query codes", code_format="plain").n_bits == 8
    low = save(tmp_path, np.ones((3, 8), np.uint8))  # bytes of a single set bit
    assert read_codes(low, "query codes", n_bits=64).form == "packed"


def test_the_form_is_that_of_the_whole_file(tmp_path: Path) -> None:
    rows = np.ones((70_000, 2), np.int8)
    rows[0, 0], rows[69_999, 1] = -1, 0
    with pytest.raises(DataError, match="holds -1, 0 and 1"):
        read_codes(save(tmp_path, rows), "query codes")


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
    with pytest.raises(DataError, match="states codes of 24 bits, but 20 bits are asked for"):
        read_codes(tmp_path / "stated.parquet", "query codes", n_bits=20)
