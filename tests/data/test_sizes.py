"""How much memory a file may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.sizes import check_size, most_bytes
from ucch.errors import DataError

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "most"), [(0, 64 * MIB), (MIB // 4, 64 * MIB + 258 * MIB), (2 * MIB, 1088 * MIB), (10 * MIB, 2064 * MIB)]
)
def test_the_bound_follows_the_file(size: int, most: int, tmp_path: Path) -> None:
    path = tmp_path / "f"
    with path.open("wb") as file:
        file.truncate(size)
    assert most_bytes(path) == most
    check_size(path, "x", most)
    with pytest.raises(DataError, match=r"f: x would take [\d,]+ bytes of memory, but a file of [\d,]+ bytes"):
        check_size(path, "x", most + 1)
