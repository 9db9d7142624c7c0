"""Codes in the column ``code`` of a Parquet file: what ``ucch encode`` writes, and lists of anybody's making."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.data.parquet_codes import read_code_column
from ucch.errors import DataError
from ucch.extraction import write_codes

pyarrow = pytest.importorskip("pyarrow", reason="pip install 'ucch[data]'")
parquet = pytest.importorskip("pyarrow.parquet", reason="pip install 'ucch[data]'")


def save(folder: Path, column: Any, name: str = "code", metadata: dict[str, str] | None = None) -> Path:
    table = pyarrow.table({"id": pyarrow.array(range(len(column))), name: column}).replace_schema_metadata(metadata)
    parquet.write_table(table, folder / "codes.parquet", row_group_size=2)
    return folder / "codes.parquet"


def test_what_encode_writes_comes_back_with_its_bits(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 256, (5, 3), dtype=np.uint8)
    write_codes(tmp_path / "codes.parquet", codes, list("abcde"), n_bits=20, modality="image")
    rows, stated = read_code_column(tmp_path / "codes.parquet", "query codes")
    assert (rows.dtype, stated) == (np.uint8, 20)
    assert np.array_equal(rows, codes)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float32, bool])
def test_lists_of_numbers_keep_their_type(dtype: type, tmp_path: Path) -> None:
    codes = np.random.default_rng(1).integers(0, 2, (5, 4)).astype(dtype)
    flat = pyarrow.array(codes.reshape(-1))
    rows, stated = read_code_column(save(tmp_path, pyarrow.FixedSizeListArray.from_arrays(flat, 4)), "query codes")
    assert (rows.dtype, stated) == (np.dtype(dtype), None)
    assert np.array_equal(rows, codes)


@pytest.mark.parametrize(
    ("column", "name", "metadata", "message"),
    [
        (pyarrow.array([b"ab"], pyarrow.binary(2)), "bits", None, "must have a column code, got id, bits"),
        (pyarrow.array([b"ab", None], pyarrow.binary(2)), "code", None, "1 rows have no code; leave them out"),
        (
            pyarrow.array([b"a", b"bc"]),
            "code",
            None,
            "must hold lists of numbers of one length, got binary",
        ),
        (pyarrow.array([[1], [0, 1]]), "code", None, "but row 1 has 2 values and row 0 has 1"),
        (pyarrow.array([b"ab"], pyarrow.binary(2)), "code", {"ucch.n_bits": "0"}, "at least 1, got b'0'"),
        (pyarrow.array([b"ab"], pyarrow.binary(2)), "code", {"ucch.n_bits": "x"}, "at least 1, got b'x'"),
    ],
)
def test_what_is_no_column_of_codes_is_refused(
    column: Any, name: str, metadata: dict[str, str] | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message) as refusal:
        read_code_column(save(tmp_path, column, name, metadata), "query codes")
    assert str(refusal.value).startswith(f"query codes {tmp_path}/codes.parquet")


def test_damaged_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and nothing else")
    for name in ("x.parquet", "none.parquet"):
        with pytest.raises(DataError, match=rf"query codes .*{name} cannot be read as Parquet"):
            read_code_column(tmp_path / name, "query codes")
