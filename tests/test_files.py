"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ucch.errors import RunError
from ucch.files import write_atomically


def test_text_and_bytes_replace_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "été")
    write_atomically(path, path.read_bytes() + b"!")
    assert path.read_text(encoding="utf-8") == "été!"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_older_file_and_no_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(RunError, match=r"a\.txt cannot be written: No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere/a\.txt cannot be written: No such file or directory"):
        write_atomically(tmp_path / "nowhere" / "a.txt", "x")
