"""Pictures that are no files of their own."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from ucch.extraction import find_copies
from ucch.images import BadImageError, ImagePool, hash_pictures
from ucch.images.stored import FilePart, TableRow, as_pictures


def test_strings_become_paths_and_what_is_stored_stays() -> None:
    part = FilePart(Path("x.tar"), "n", 0, 1)
    assert list(as_pictures(iter(["a.jpg", Path("b.jpg"), part]))) == [Path("a.jpg"), Path("b.jpg"), part]
    assert list(as_pictures([])) == []
    assert next(as_pictures(f"{number}.jpg" for number in count())) == Path(
        "0.jpg"
    )  # none is asked for before its turn


@pytest.mark.parametrize("one", ["photos/a.jpg", Path("photos/a.jpg")])
def test_one_path_in_the_place_of_several_is_refused(one: str | Path) -> None:
    said = (
        r"paths must be a sequence of pictures, got the one path 'photos/a\.jpg'; give \[path\], or the items of ucch"
    )
    for take in (as_pictures, hash_pictures, lambda paths: find_copies(paths, [b""]), ImagePool(np.asarray).hash_files):
        with pytest.raises(TypeError, match=said):
            take(one)  # type: ignore[arg-type]


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
