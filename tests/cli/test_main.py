"""The command as a whole: help, exit codes, one line for a failure, a traceback only when asked."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from ucch.cli.main import COMMANDS, LazyGroup, cli


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for name, summary in COMMANDS.items():
        assert name in result.stdout
        assert " ".join(summary.split()[:3]) in result.stdout


def leaves(name: str) -> list[str]:
    """The commands that do something: the command itself, or those of a group."""
    command = cli.get_command(click.Context(cli), name)
    return [f"{name} {leaf}" for leaf in command.commands] if isinstance(command, click.Group) else [name]


@pytest.mark.parametrize("name", [leaf for name in sorted(COMMANDS) for leaf in leaves(name)])
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert f"\n  ucch {name}" in result.stdout
    assert "--debug" in result.stdout


def test_wrong_usage_exits_with_2() -> None:
    for arguments in (["nonsense"], ["train", "--nonsense"], ["train", "--bits", "0"], ["eval"]):
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 2
        assert "Usage: " in result.stderr
        assert result.stdout == ""


def test_a_failed_run_exits_with_1_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["eval", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert (
        result.stderr == f"Error: {tmp_path} is not a run folder: it has no recipe.toml; ucch train --out makes one\n"
    )


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ucch", "eval", str(tmp_path), "--debug"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert "RunError" in result.stderr


def test_a_reader_that_has_enough_ends_the_command_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in ``ucch search ... | head -1``."""

    @click.command()
    def command() -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(LazyGroup, "get_command", lambda *_: command)
    result = CliRunner().invoke(cli, ["search"])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")


def test_version() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert result.stdout.startswith("ucch, version 0.")
