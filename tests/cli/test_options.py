"""Options that every command has."""

from __future__ import annotations

import click
from click.testing import CliRunner
from ucch.cli.options import DEBUG, debug_option


def test_debug_is_remembered_where_the_group_looks() -> None:
    @click.command()
    @debug_option
    @click.pass_context
    def command(ctx: click.Context) -> None:
        click.echo(ctx.meta[DEBUG])

    assert CliRunner().invoke(command, []).stdout == "False\n"
    assert CliRunner().invoke(command, ["--debug"]).stdout == "True\n"
