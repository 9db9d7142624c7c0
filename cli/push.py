"""``ucch push``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import debug_option
from .paths import InputPath

__all__ = ["command"]


@click.command("push")
@click.argument("run", type=InputPath(file_okay=False))
@click.argument("repo", metavar="OWNER/NAME")
@click.option("--private/--public", default=None, help="What a new repository is.  [default: as the owner's settings]")
@click.option("--revision", metavar="BRANCH", help="Branch to write to.  [default: main]")
@click.option("--card-only", is_flag=True, help="Print the model card and push nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@debug_option
def command(run: Path, repo: str, private: bool | None, revision: str | None, card_only: bool, as_json: bool) -> None:
    """Write the run folder RUN to the Hugging Face Hub, with a model card from its report.

    The model, its recipe, report, calibration and what is known of its encoders; no features and no checkpoints. Who
    writes is said by hf auth login, or HF_TOKEN.

    \b
    ucch push runs/mine me/my-codes --private
    """
    from ucch.hub import push_run, run_card

    if card_only:
        click.echo(run_card(run, repo), nl=False)
        return
    url = push_run(run, repo, private=private, revision=revision)
    click.echo(json.dumps({"repo": repo, "commit": url}) if as_json else url)
