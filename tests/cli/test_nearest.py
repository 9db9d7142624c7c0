"""Misspelt words of every command."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from ucch.cli.main import COMMANDS, cli
from ucch.cli.nearest import Choice, NamingGroup, meant


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def message(*words: str) -> str:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_two_letters_changed_over_are_no_secret(name: str) -> None:
    assert message(name[:-2] + name[-1] + name[-2]).endswith(f"Did you mean {name!r}?")


def test_a_word_like_no_other_is_refused_without_a_guess() -> None:
    assert meant("zzz", COMMANDS) == ""
    assert message("zzz").endswith("No such command 'zzz'.")


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("data", "chek"), "check"),
        (("store", "puhs"), "push"),
        (("train", "--bit", "3"), "--bits"),
        (("train", "--teacher", "joint-semantic"), "joint-semantics"),
        (("train", "--optimizer", "momentun"), "momentum"),
        (("compare", "--optimizers", "bop,itg"), "itq"),
        (("eval", "--ties", "stabel"), "stable"),
    ],
)
def test_the_nearest_is_named(words: tuple[str, ...], near: str) -> None:
    assert repr(near) in message(*words).partition("Did you mean")[2]


def test_every_group_and_every_choice_of_words_does_so() -> None:
    found = dict(commands(cli))
    assert len(found) > len(COMMANDS)
    assert all(
        isinstance(command, NamingGroup) for command in [cli, *found.values()] if isinstance(command, click.Group)
    )
    plain = [
        (words, param.name)
        for words, command in found.items()
        for param in command.params
        if isinstance(param.type, click.Choice) and not isinstance(param.type, Choice)
    ]
    assert plain == []
