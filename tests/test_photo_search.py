"""The commands of ``examples/photo_search`` are commands that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from ucch.cli.main import cli

README = Path(__file__).resolve().parents[1] / "examples" / "photo_search" / "README.md"
COMMANDS = re.findall(r"^ucch (.*)$", README.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("line", COMMANDS, ids=[line.split()[0] for line in COMMANDS])
def test_every_option_is_one_of_the_command(line: str) -> None:
    name, *words = shlex.split(line)
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_three_commands_lead_to_the_page() -> None:
    assert [line.split()[0] for line in COMMANDS[:3]] == ["train", "index", "serve"]
