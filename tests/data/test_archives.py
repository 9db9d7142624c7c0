"""Which reader opens a file of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ucch.data.archives import ARCHIVE_SUFFIXES, open_archive
from ucch.errors import DataError


def test_the_ending_decides_whatever_its_case(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.eye(2))
    torch.save({"x": torch.eye(2)}, tmp_path / "a.PT")
    for name in ("a.npz", "a.PT"):
        with open_archive(tmp_path / name) as archive:
            assert archive.names == ["x"]
            np.testing.assert_array_equal(archive.read("x"), np.eye(2))


@pytest.mark.parametrize("ending", [*ARCHIVE_SUFFIXES, ".csv", ""])
def test_a_file_that_is_none_of_them_is_named(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"1,2,3\n")
    with pytest.raises(DataError, match=str(path)):
        open_archive(path)
