"""What every file of arrays offers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.data.archive import Archive


class Kept(Archive):
    closed = False

    def close(self) -> None:
        self.closed = True

    def read(self, name: str) -> np.ndarray:
        return np.zeros(len(name))


def test_the_block_ends_with_the_file_closed_even_by_an_error() -> None:
    with pytest.raises(ZeroDivisionError), Kept() as archive:
        archive.read(str(1 // 0))
    assert archive.closed


def test_readers_of_every_kind_are_archives(tmp_path: Path) -> None:
    from ucch.data.archives import open_archive

    np.savez(tmp_path / "a.npz", x=np.eye(2))
    with open_archive(tmp_path / "a.npz") as archive:
        assert isinstance(archive, Archive)
        assert archive.path == tmp_path / "a.npz"
