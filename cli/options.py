"""Options that several commands have."""

from __future__ import annotations

import click

from .nearest import Choice

__all__ = ["CODE_FORMATS", "DEBUG", "code_format_option", "debug_option", "jobs_option"]

CODE_FORMATS = ("auto", "packed", "ubinary", "binary", "words", "plain")  # those of ucch.data.code_files
DEBUG = "ucch.debug"  # the place in a click context where the group looks


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, callback=_remember, help="Show the traceback of a failure."
)
code_format_option = click.option(
    "--code-format",
    type=Choice(CODE_FORMATS),
    default="auto",
    show_default=True,
    help="How codes lie in their file: packed (ubinary), binary (int8), packed words, or plain, a bit a column.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1), help="Runs at once, one thread each.  [default: the cores there are]"
)
