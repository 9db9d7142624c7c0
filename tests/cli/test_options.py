"""Options that several commands have."""

from __future__ import annotations

import click
from click.testing import CliRunner
from ucch.cli.options import DEBUG, debug_option, jobs_option


def test_debug_is_remembered_where_the_group_looks() -> None:
    @click.command()
    @debug_option
    @click.pass_context
    def command(ctx: click.Context) -> None:
        click.echo(ctx.meta[DEBUG])

    assert CliRunner().invoke(command, []).stdout == "False\n"
    assert CliRunner().invoke(command, ["--debug"]).stdout == "True\n"


def test_jobs_are_the_cores_there_are_unless_said() -> None:
    @click.command()
    @jobs_option
    def command(jobs: int | None) -> None:
        click.echo(jobs)

    assert CliRunner().invoke(command, []).stdout == "\n"
    assert CliRunner().invoke(command, ["--jobs", "3"]).stdout == "3\n"
    assert CliRunner().invoke(command, ["--jobs", "0"]).exit_code == 2
