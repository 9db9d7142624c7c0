"""Pictures in tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.bad_pictures import table_honest
from ucch.errors import DataError
from ucch.images.image_tables import image_tables, open_table, read_group


@pytest.mark.parametrize(
    ("name", "column", "groups"),
    [("c.parquet", "image", (2, 2, 1)), ("c.arrow", "image", (2, 2, 1)), ("d.parquet", "jpg", (2,))],
)
def test_the_column_of_pictures_and_its_groups(tmp_path: Path, name: str, column: str, groups: tuple[int, ...]) -> None:
    (tmp_path / name).write_bytes(table_honest()[name])
    table = open_table(tmp_path / name)
    assert table is not None
    assert (table.column, table.groups) == (column, groups)
    assert len(read_group(table.path, column, 0)) == 2


def test_a_table_without_pictures_is_none(tmp_path: Path) -> None:
    (tmp_path / "e.parquet").write_bytes(table_honest()["e.parquet"])
    assert image_tables(tmp_path / "e.parquet") == []


def test_a_list_of_splits_leads_into_its_folder_only(tmp_path: Path) -> None:
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["../x"]}')
    with pytest.raises(DataError, match="lists a split that is no name of a folder"):
        image_tables(tmp_path)


@pytest.mark.parametrize("where", ["names", "captions"])
def test_text_that_is_no_unicode_is_refused(tmp_path: Path, where: str) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    broken = pyarrow.array([b"a\xff", b"b"]).cast(pyarrow.binary()).view(pyarrow.string())
    good = pyarrow.array(["a.png", "b.png"])
    image = pyarrow.StructArray.from_arrays(
        [pyarrow.array([b"1", b"2"]), broken if where == "names" else good], names=["bytes", "path"]
    )
    path = tmp_path / "t.parquet"
    parquet.write_table(pyarrow.table({"image": image, "caption": good if where == "names" else broken}), path)
    (table,) = image_tables(path)
    with pytest.raises(DataError, match=r"t\.parquet is damaged: column (path|caption) cannot be read: "):
        table.rows() if where == "names" else table.column_values("caption")
