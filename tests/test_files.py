"""Files written whole or not at all."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ucch.errors import DataError, RunError
from ucch.files import check_file, check_regular, is_leftover, replacing, write_atomically

GONE = 4194305  # above the largest process number of Linux


def test_text_and_bytes_replace_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "été")
    write_atomically(path, path.read_bytes() + b"!")
    assert path.read_text(encoding="utf-8") == "été!"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_what_names_no_file_is_refused(path: str) -> None:
    with (
        pytest.raises(DataError, match=r"^[./] names no file; give the file a name$"),
        replacing(path, error=DataError),
    ):
        pass


def test_a_string_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ("one", "two"):
        write_atomically("new", text, keep_as="old")
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"new": "two", "old": "one"}
    check_file("new", RunError)
    with pytest.raises(RunError, match=r"^it gone does not exist, alas$"):
        check_file("gone", RunError, said="it", due=", alas")
    with pytest.raises(RunError, match=r"^\. is not a file$"):
        check_regular(".", RunError)


def test_the_older_file_may_be_kept_under_another_name(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        write_atomically(tmp_path / "new", text, keep_as=tmp_path / "old")
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"new": "three", "old": "two"}


def test_a_failed_write_leaves_the_older_file_and_no_leftover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_atomically(path, "old")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(RunError, match=r"a\.txt cannot be written: No space left on device"):
        write_atomically(path, "new", keep_as=tmp_path / "older")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_quota_is_named_and_the_older_file_stands(tmp_path: Path) -> None:
    """A real refusal by the system: no file may grow over 1,000 bytes."""
    (tmp_path / "a.txt").write_text("old")
    code = "from pathlib import Path; from ucch.files import *; write_atomically(Path('a.txt'), b'x' * 2000)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        check=False,
    )
    assert "RunError: a.txt cannot be written: File too large" in done.stderr
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a.txt", "old")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
def test_a_folder_without_the_right_to_write_is_named() -> None:
    with tempfile.TemporaryDirectory() as made:  # pytest closes its own folders to others
        folder = Path(made)
        folder.chmod(0o755)
        path = folder / "a.txt"
        path.write_text("old")
        child = os.fork()
        if child == 0:  # rights are those of the process, so they are given up in one of its own
            os.seteuid(65534)
            try:
                write_atomically(path, "new")
            except RunError as error:
                os._exit(0 if str(error).endswith("cannot be written: Permission denied") else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert path.read_text() == "old"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere/a\.txt cannot be written: No such file or directory"):
        write_atomically(tmp_path / "nowhere" / "a.txt", "x")


def test_the_kind_of_error_is_the_callers_and_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"), replacing(tmp_path / "no" / "a", error=DataError):
        pass
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "a") as aside:
        aside.write_text(str(1 / 0))
    assert list(tmp_path.iterdir()) == []


def test_parts_of_killed_processes_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    names = [f".a.{GONE}.tmp", f".a.{os.getppid()}.tmp", f".b.{GONE}.tmp", ".a.txt.tmp"]
    for name in names:
        (tmp_path / name).touch()
    write_atomically(tmp_path / "a", "x")
    assert {entry.name for entry in tmp_path.iterdir()} == {"a", *names[1:]}
    assert all(map(is_leftover, names))
    assert not is_leftover("a.tmp")


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "a").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "a", "x")
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "a").is_symlink()
