"""Misspelt paths."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from ucch.cli.main import cli
from ucch.cli.paths import STDIN, InputName, InputPath, not_there

from tests.cli.test_nearest import commands

WRITTEN = {"out", "benchmark", "clean", "csv_file", "site"}  # parameters whose paths are made


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("photos/a", "runs/digits-64/a", "codes.npy", "captions.csv", "features.npz", "mine.toml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def test_what_is_there_is_no_matter() -> None:
    assert not_there(Path("photos")) == not_there(Path("codes.npy")) == not_there(Path("/dev/null")) == ""


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("cods.npy", "cods.npy does not exist. Did you mean 'codes.npy'?"),
        ("runs/digits-46", "runs/digits-46 does not exist. Did you mean 'runs/digits-64'?"),
        ("rnus/digits-64/b/c", "rnus/digits-64/b/c does not exist: there is no rnus. Did you mean 'runs'?"),
        ("runs/digits-64/z", "runs/digits-64/z does not exist."),
        ("codes.npy/deeper", "codes.npy/deeper does not exist."),
    ],
)
def test_the_part_that_is_missing_and_its_neighbour_are_named(path: str, message: str) -> None:
    assert not_there(Path(path)) == message


def test_what_cannot_be_asked_for_is_left_to_the_reader() -> None:
    assert not_there(Path("n" * 5000)) == ""


@pytest.mark.parametrize(
    ("command", "near"),
    [
        ("train --data featurs.npz", "features.npz"),
        ("train --recipe mien.toml --data nonsense", "mine.toml"),
        ("train --images phots --image-encoder nonsense --text-encoder nonsense", "photos"),
        ("train --images photos --captions capt.csv", "captions.csv"),
        ("eval runs/digit-64 --bits 3", "runs/digits-64"),
        ("eval --query-codes code.npy", "codes.npy"),
        ("compare --data featurs.npz", "features.npz"),
        ("encode runs/digits_64 --images photos --out codes.npy", "runs/digits-64"),
        ("index cods.npy --out codes.npy", "codes.npy"),
        ("index codes.npy --ids captins.csv --out codes.npy", "captions.csv"),
        ("search codes --codes codes.npy", "codes.npy"),
        ("teacher run/digits-64", "runs"),
        ("leaderboard mine.tml", "mine.toml"),
    ],
)
def test_a_misspelt_path_comes_before_other_causes(command: str, near: str) -> None:
    result = CliRunner().invoke(cli, command.split())
    assert result.exit_code == 2
    assert "does not exist" in result.stderr
    assert f"Did you mean {near!r}?" in " ".join(result.stderr.split())


def test_a_dash_is_standard_input_where_that_is_read() -> None:
    assert InputPath(dash=True).convert("-", None, None) == STDIN
    with pytest.raises(click.BadParameter, match="- does not exist"):
        InputPath().convert("-", None, None)


def test_names_of_the_program_are_no_paths() -> None:
    name = InputName()
    assert [name.convert(word, None, None) for word in ("digits", "mine.toml")] == ["digits", "mine.toml"]
    with pytest.raises(click.BadParameter, match="other.toml does not exist"):
        name.convert("other.toml", None, None)


def test_every_path_that_is_read_is_looked_for() -> None:
    plain = [
        (words, param.name)
        for words, command in commands(cli)
        for param in command.params
        if isinstance(param.type, click.Path) and not isinstance(param.type, InputPath) and param.name not in WRITTEN
    ]
    assert plain == []
