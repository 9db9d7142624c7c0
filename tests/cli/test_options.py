"""Options that every command has."""

from __future__ import annotations

import click
from click.testing import CliRunner
from ucch.cli.options import DEBUG, METHODS, OPTIMIZERS, debug_option

from ucch.baselines import BASELINES
from ucch.recipe import load_recipe
from ucch.training import OBJECTIVES, STRATEGIES


def test_debug_is_remembered_where_the_group_looks() -> None:
    @click.command()
    @debug_option
    @click.pass_context
    def command(ctx: click.Context) -> None:
        click.echo(ctx.meta[DEBUG])

    assert CliRunner().invoke(command, []).stdout == "False\n"
    assert CliRunner().invoke(command, ["--debug"]).stdout == "True\n"


def test_optimizers_are_the_strategies() -> None:
    assert tuple(STRATEGIES) == OPTIMIZERS


def test_methods_are_the_baselines_without_labels() -> None:
    assert set(BASELINES) < set(METHODS)
    assert set(METHODS) - set(BASELINES) < set(OBJECTIVES)
    assert not any(load_recipe(name).wants_labels for name in METHODS)
