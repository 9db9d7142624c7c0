"""Run a leaderboard: what is missing is trained, what is there is read, the tables are written again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..comparison.work import do_jobs
from ..errors import RunError
from ..files import write_atomically
from .board import Board, BoardCell
from .layout import layout
from .measured import measured_cell, read_measured
from .papers import paper_tables
from .picture import plot_board
from .rows import make_row
from .writers import WRITERS

__all__ = ["run_board"]

MARK = "leaderboard.json"


def run_board(
    board: Board,
    folder: str | Path,
    *,
    data_root: str | Path | None = None,
    n_processes: int = 1,
    minutes: float | None = None,
    on_run: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Train and evaluate what a board asks for and leave its tables in a folder.

    Args:
        board: what to run.
        folder: new, or of an earlier run of a board: runs that stand there are taken as they are or gone on with.
            ``runs/`` holds the run folders; ``leaderboard.json``, ``.md``, ``.html``, ``.tex`` and ``.png`` the result.
        data_root: the folder in which the data sets' own folders lie.
        n_processes: runs at once, one torch thread each.
        minutes: start no run later than this; 0 only writes the tables of what is done.
        on_run: called with the name, number and total of the missing runs as each ends.

    Returns:
        A row (:func:`~ucch.leaderboard.make_row`) per data set, length and method of which a seed is done, best MAP
        first.

    Raises:
        RecipeError: the board asks for something that is not allowed; nothing has been trained then.
        RunError: the folder holds something else, or a run by another recipe.
    """
    folder, cells = Path(folder), board.cells(data_root)
    _check_folder(folder)
    places = [folder / "runs" / cell.folder for cell in cells]
    results = [read_measured(place, cell.recipe) for place, cell in zip(places, cells, strict=True)]
    missing = [number for number, result in enumerate(results) if result is None]
    jobs = [(measured_cell, places[number], cells[number].recipe.to_toml()) for number in missing]
    deadline = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    if time.monotonic() < deadline:
        for ended, (number, result) in enumerate(do_jobs(jobs, n_processes=n_processes), 1):
            results[missing[number]] = result
            if on_run is not None:
                on_run(str(cells[missing[number]].folder), ended, len(jobs))
            if time.monotonic() > deadline:
                break
    rows = _rows(board, cells, results)
    write_tables(board, rows, folder, n_missing=sum(result is None for result in results))
    return rows


def write_tables(board: Board, rows: Sequence[dict[str, Any]], folder: Path, *, n_missing: int = 0) -> None:
    """Write ``leaderboard.json``, ``.md``, ``.html``, ``.tex`` and, where there are rows, ``.png``."""
    record = {"title": board.title, "missing_runs": n_missing, "rows": list(rows)}
    write_atomically(folder / MARK, json.dumps(record, indent=2) + "\n")
    pages = layout(board.title, rows, n_missing=n_missing, papers=paper_tables())
    for ending, write in WRITERS.items():
        write_atomically(folder / f"leaderboard.{ending}", write(pages))
    if rows:
        plot_board(rows, folder / "leaderboard.png")


def _rows(board: Board, cells: Sequence[BoardCell], results: Sequence[dict[str, Any] | None]) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[tuple[BoardCell, dict[str, Any]]]] = {}
    for cell, result in zip(cells, results, strict=True):
        if result is not None:
            key = (cell.data, cell.cell.bits, cell.cell.optimizer, cell.cell.settings)
            groups.setdefault(key, []).append((cell, result))
    rows = [make_row([cell for cell, _ in own], [done for _, done in own], board.seeds) for own in groups.values()]
    digests: dict[str, set[str | None]] = {}
    for row in rows:
        digests.setdefault(row["data"], set()).add(row["split_digest"])
    for data, found in digests.items():
        if len(found - {None}) > 1:  # None: of a report from when only labels had a digest
            raise RunError(f"runs on {data} were evaluated on different splits; remove those of the older one")
    order = {data.name: number for number, data in enumerate(board.data)}
    return sorted(rows, key=lambda row: (order[row["data"]], row["bits"], -_figure_to_rank_by(row)))


def _figure_to_rank_by(row: dict[str, Any]) -> float:
    """MAP; of a set without labels, the share of the features' ten nearest that codes keep."""
    return float(row["map"] or (row["kept"] or {}).get("recall_at_10") or 0.0)


def _check_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    entries = {entry.name for entry in folder.iterdir()}
    if entries and not entries & {"runs", MARK}:
        raise RunError(f"{folder} holds something else than a leaderboard; name another folder with --out")
