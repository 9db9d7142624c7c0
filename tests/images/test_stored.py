"""Pictures that are no files of their own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from ucch.images import BadImageError
from ucch.images.stored import FilePart, TableRow


def test_a_part_is_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    assert FilePart(tmp_path / "x", "n", 3, 4).read() == b"3456"
    with pytest.raises(BadImageError, match="the archive ends within it"):
        FilePart(tmp_path / "x", "n", 8, 4).read()


def test_a_row_is_its_bytes(tmp_path: Path) -> None:
    values = [{"bytes": b"a", "path": None}, {"bytes": None, "path": "x.jpg"}]
    parquet.write_table(arrow.table({"image": values, "jpg": [b"b", None]}), tmp_path / "x.parquet")
    assert TableRow(tmp_path / "x.parquet", "0", "image", 0, 0).read() == b"a"
    assert TableRow(tmp_path / "x.parquet", "0", "jpg", 0, 0).read() == b"b"
    with pytest.raises(BadImageError, match="the row holds no picture"):
        TableRow(tmp_path / "x.parquet", "1", "image", 0, 1).read()
