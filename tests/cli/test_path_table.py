"""Every path of every command: missing, a file for a folder, a folder for a file, no permission. All say so."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli
from ucch.cli.paths import InputPath, OutputPath

NOBODY = 65534


def commands(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None
            yield from commands(found, *names, name)
    else:
        yield names, command


PATHS = {
    " ".join((*names, param.opts[0])): (names, param)
    for names, command in commands(cli)
    for param in command.params
    if isinstance(param.type, click.Path)
}
IN, OUT = (
    {name for name, (_, param) in PATHS.items() if isinstance(param.type, kind)} for kind in (InputPath, OutputPath)
)
FILES = {name for name, (_, param) in PATHS.items() if not param.type.dir_okay}  # type: ignore[attr-defined]
FOLDERS = {name for name, (_, param) in PATHS.items() if not param.type.file_okay}  # type: ignore[attr-defined]


def give(name: str, path: Path) -> str:
    """What a command says where one of its paths is this one, in one line."""
    names, param = PATHS[name]
    option = [] if isinstance(param, click.Argument) else [param.opts[0]]
    result: Result = CliRunner().invoke(cli, [*names, *option, str(path)])
    said = " ".join(result.stderr.split())
    assert result.exit_code == 2, result.output
    assert f"Invalid value for {param.get_error_hint(click.Context(cli))}" in said
    return said


@contextmanager
def nobody() -> Iterator[None]:
    """Lay the rights of root aside; they pass every lock."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder in which ``file`` and ``folder`` may not be read, nor anything be made."""
    folder = Path(tempfile.mkdtemp(prefix="ucch-locked-"))  # that of pytest is closed to others
    (folder / "file").write_bytes(b"x")
    (folder / "folder").mkdir()
    (folder / "folder" / "inside").write_bytes(b"x")
    for path, mode in ((folder / "file", 0), (folder / "folder", 0), (folder, 0o555)):
        path.chmod(mode)
    yield folder
    for path in (folder, folder / "folder"):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_the_table_is_of_all_commands() -> None:
    assert len(PATHS) >= 50
    assert set(PATHS) == IN | OUT
    assert {name.split()[0] for name in PATHS} == set(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize("name", sorted(IN))
def test_a_path_that_is_not_there_does_not_exist(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "nowhere", tmp_path / "no" / "where", tmp_path / "file" / "below"):
        said = give(name, path)
        assert f"{path} does not exist" in said


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_folder_is_no_file(name: str, tmp_path: Path) -> None:
    assert f"{str(tmp_path)!r} is a directory." in give(name, tmp_path)


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_file_is_no_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert f"{str(tmp_path / 'file')!r} is a file." in give(name, tmp_path / "file")


@pytest.mark.parametrize("name", sorted(IN))
def test_what_may_not_be_read_is_said_so(name: str, locked: Path) -> None:
    path = locked / ("folder" if name in FOLDERS else "file")
    with nobody():
        said, inside = give(name, path), give(name, locked / "folder" / "inside")
    assert f"{str(path)!r} is not readable." in said
    assert f"{locked / 'folder' / 'inside'} cannot be read: Permission denied." in inside


@pytest.mark.parametrize("name", sorted(OUT))
def test_what_cannot_be_made_is_said_before_any_work(name: str, locked: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    below = tmp_path / "file" / "below"
    assert f"{below} cannot be made: {tmp_path / 'file'} is a file." in give(name, below)
    with nobody():
        assert f"{locked / 'new'} cannot be made: folder {locked} is not writable." in give(name, locked / "new")
    parents = PATHS[name][1].type.parents  # type: ignore[attr-defined]
    if not parents:
        deep = tmp_path / "no" / "where"
        assert f"{deep} cannot be made: folder {tmp_path / 'no'} does not exist." in give(name, deep)


def test_a_path_that_no_system_has_is_refused() -> None:
    for name in sorted(PATHS):
        long = Path("x" * 5000)
        assert "cannot be" in give(name, long)


# options that take a name or a path: what is given, and what is said of it
NAMED = [
    (("train", "--data", "folder.npz"), "folder.npz is a folder, not a file"),
    (("train", "--data", "./folder"), "folder ./folder holds no features of clip-retrieval (img_emb)"),
    (("train", "--recipe", "./folder"), "recipe folder is a folder, not a file"),
    (
        ("index", "folder", "--out", "new", "--image-encoder", "efficientnet-lite0"),
        "images folder hold no file that ends",
    ),
    (("eval", "folder"), "folder is not a run folder"),
    (("encode", "folder", "--texts", "file", "--out", "new.npy"), "folder is not a run folder"),
    (("teacher", "folder"), "folder is not a run folder"),
    (("search", "file", "--codes", "file"), "file is not an index; make one with ucch index"),
]


@pytest.mark.parametrize(("command", "text"), NAMED, ids=[" ".join(command) for command, _ in NAMED])
def test_what_is_there_but_something_else_is_said(
    command: tuple[str, ...], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"x")
    for name in ("folder", "folder.npz"):
        Path(name).mkdir()
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 1, result.output
    assert text in " ".join(result.stderr.split())
    assert sorted(os.listdir()) == ["file", "folder", "folder.npz"]  # nothing was begun
