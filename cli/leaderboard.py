"""``ucch leaderboard``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from .options import debug_option, jobs_option
from .paths import InputPath, OutputPath
from .processes import cores

__all__ = ["command"]


@click.command("leaderboard")
@click.argument("file", type=InputPath(dir_okay=False))
@click.option("--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of the data sets' folders.")
@jobs_option
@click.option("--minutes", type=click.FloatRange(0), help="Start no run later; 0 only writes the tables.")
@click.option(
    "--out",
    metavar="DIR",
    type=OutputPath(file_okay=False, parents=True),
    help="Folder.  [default: runs/NAME of the file]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as one JSON array.")
@debug_option
def command(
    *, file: Path, data_root: Path | None, jobs: int | None, minutes: float | None, out: Path | None, as_json: bool
) -> None:
    """Run the methods that FILE lists on its data sets and write the tables.

    FILE is TOML: bits, seeds, [[data]] with name and root, [[runs]] with optimizers, methods and settings. Stopped or
    called again, it goes on: runs that are done are read. Tables come as Markdown, HTML, LaTeX and a picture, with
    what papers print apart.

    \b
    ucch leaderboard benchmarks/leaderboard.toml --data-root data --minutes 9
    """
    from ucch.leaderboard import load_board, run_board

    board, folder = load_board(file), out or Path("runs") / file.stem
    console = Console(stderr=True)

    def shown(name: str, number: int, total: int) -> None:
        console.print(f"{number}/{total}  {name}", highlight=False)

    rows: list[dict[str, Any]] = run_board(
        board, folder, data_root=data_root, n_processes=jobs or cores(), minutes=minutes, on_run=shown
    )
    if as_json:
        click.echo(json.dumps(rows))
    else:
        click.echo((folder / "leaderboard.md").read_text(encoding="utf-8").partition("\n## Printed")[0].rstrip())
    console.print(f"tables and runs in {folder}", highlight=False)
