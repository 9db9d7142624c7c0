"""Help under headings; defaults of the recipe."""

from __future__ import annotations

import inspect
import re

import click
import pytest
from click.testing import CliRunner
from ucch.cli.grouped import GroupedCommand, RecipeOption
from ucch.cli.main import COMMANDS, cli

from ucch.extraction import extract
from ucch.recipe import load_recipe

FOUND = {name: command for name in COMMANDS if (command := cli.get_command(click.Context(cli), name)) is not None}
GROUPED = {name: command for name, command in FOUND.items() if isinstance(command, GroupedCommand)}
FROM_RECIPE = [
    pytest.param(name, param, id=f"{name} {param.opts[0]}")
    for name, command in FOUND.items()
    for param in command.params
    if isinstance(param, RecipeOption)
]


def help_of(name: str) -> str:
    return CliRunner().invoke(cli, [name, "--help"], terminal_width=1000).stdout


def test_headings_hold_their_options_in_order_and_the_rest_comes_last() -> None:
    @click.command("x", cls=GroupedCommand, groups={"Where to": ("out",), "What": ("size", "form")})
    @click.option("--size")
    @click.option("--json", "form", flag_value="json")
    @click.option("--csv", "form", flag_value="csv")
    @click.option("--out")
    @click.option("--loud", is_flag=True)
    def command(**choices: object) -> None:
        """Say."""

    lines = CliRunner().invoke(command, ["--help"]).stdout.split("Say.")[1].splitlines()
    words = [line.split()[0].rstrip(":") if line.startswith(" ") else line.rstrip(":") for line in lines if line]
    assert words == ["Where to", "--out", "What", "--size", "--json", "--csv", "Other", "--loud", "--help"]


def test_long_commands_are_grouped() -> None:
    long = {name for name, command in FOUND.items() if len(command.params) > 9}
    assert "train" in long
    assert long <= set(GROUPED)


@pytest.mark.parametrize("name", sorted(GROUPED))
def test_headings_name_parameters_that_there_are_once(name: str) -> None:
    command = GROUPED[name]
    named = [parameter for names in command.groups.values() for parameter in names]
    assert sorted(named) == sorted(set(named))
    assert set(named) <= {str(param.name) for param in command.params}
    assert all(heading + ":" in help_of(name) for heading in command.groups)


@pytest.mark.parametrize(("name", "option"), FROM_RECIPE)
def test_the_help_says_the_default_of_the_recipe(name: str, option: RecipeOption) -> None:
    value = option.recipe_value(load_recipe("default"))
    record = option.get_help_record(click.Context(FOUND[name]))
    assert record is not None
    assert " ".join(record[1].split()) in " ".join(help_of(name).split())
    said = re.findall(r"\[default: ([^];]*)", record[1])
    if option.is_flag or option.required:
        assert (value in (False, ""), said) == (True, [])
    elif value in ("", None):
        assert all(" " in words for words in said)  # words that tell what happens then, no value
    else:
        assert said == [str(value)]


def test_no_default_is_written_by_hand_where_the_recipe_has_one() -> None:
    values = {option.values[1] for option in FROM_RECIPE}
    written = [one.name for one in values if isinstance(one, RecipeOption) and "[default: 0" in (one.help or "")]
    assert written == []


def test_what_is_extracted_by_itself_is_split_as_a_recipe_splits() -> None:
    defaults = {name: parameter.default for name, parameter in inspect.signature(extract).parameters.items()}
    source = load_recipe("default").source
    for name in ("query_share", "split_seed", "max_bad"):
        assert defaults[name] == getattr(source, name)
