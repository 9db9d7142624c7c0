"""The ``ucch`` command: one file per subcommand, loaded only when called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from ucch.errors import UcchError

from .nearest import NamingGroup
from .options import DEBUG

__all__ = ["cli", "main"]

COMMANDS = {
    "compare": "Compare optimizers, one choice apart, and other methods.",
    "data": "List, describe, check and convert the data sets known by name.",
    "duplicates": "List near-duplicates among pictures or codes.",
    "encode": "Turn photographs, texts or features into packed codes.",
    "eval": "Evaluate a run: MAP both ways beside chance.",
    "export": "Write codes as ONNX graphs, or a search page without a server.",
    "extract": "Turn photographs and captions into features.",
    "index": "Index packed codes for search.",
    "leaderboard": "Run many methods on many sets and write the tables.",
    "push": "Write a run to the Hugging Face Hub, with a model card.",
    "search": "Find the nearest items of an index.",
    "serve": "Serve an index: a JSON API and a page to search on.",
    "store": "Keep codes in LanceDB, Milvus, PostgreSQL or usearch.",
    "teacher": "Say what the teacher of a run knows, with labels or without.",
    "train": "Learn binary codes from image-text pairs, without labels.",
}


class LazyGroup(NamingGroup):
    """Load a subcommand on use, so that ``--help`` answers at once; turn expected failures into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __package__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of a pipe, such as head, has enough; click ends without a word
            raise
        except (UcchError, ValueError, TypeError, OSError, MemoryError) as error:
            if ctx.meta.get(DEBUG):
                raise
            raise click.ClickException(" ".join(str(error).split()) or type(error).__name__) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ucch", prog_name="ucch")
def cli() -> None:
    """Search pictures with words and words with pictures, in a few bits per item, learnt without labels.

    \b
    ucch train                 train on built-in data and report
    ucch eval runs/digits-64   evaluate that run again
    """


def main() -> None:
    """Run the command line: exit 0 when done, 2 for wrong usage, 1 with one line for a failed run."""
    cli(prog_name="ucch")
