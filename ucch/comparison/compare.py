"""Compare optimizers: same towers, losses, data and protocol, one choice apart."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..files import write_atomically
from .cells import Cell, Plan
from .curves import plot_curves
from .summary import markdown_table, summarize
from .work import do_jobs, evaluate_cell, score_cell

__all__ = ["compare"]

MARK = "comparison.json"


def compare(
    plan: Plan, folder: str | Path, *, n_processes: int = 1, on_run: Callable[[str, int, int], None] | None = None
) -> list[dict[str, Any]]:
    """Train and evaluate every run of a plan and leave the comparison in a folder.

    With a grid, every combination is first trained on a part of the training pairs and scored on the rest without
    labels; the one with the best mean over seeds is trained on all pairs. Queries never choose anything.

    Args:
        plan: what to compare.
        folder: new, or of an earlier comparison: runs that stand there are taken as they are or gone on with, so that
            a stopped comparison resumes and a longer one adds to it. ``runs/`` and ``trials/`` hold the run folders;
            ``comparison.json``, ``comparison.md`` and ``curves-<bits>.png`` hold the result.
        n_processes: runs at once, one torch thread each.
        on_run: called with the name, number and total of every run as it ends.

    Returns:
        A row per code length and optimizer (:func:`~ucch.comparison.summarize`), in the plan's order.

    Raises:
        RunError: the folder holds something else, or a run by another recipe.
    """
    folder = Path(folder)
    _check_folder(folder)
    trials, total = plan.trials(), len(plan.trials()) + len(plan.finals({}))
    done = 0

    def work(cells: Sequence[Cell], what: Any, place: Path) -> list[dict[str, Any]]:
        nonlocal done
        jobs = [(what, place / cell.name, cell.recipe(plan.recipe).to_toml()) for cell in cells]
        results: list[dict[str, Any]] = [{}] * len(jobs)
        for number, result in do_jobs(jobs, n_processes=n_processes):
            results[number], done = result, done + 1
            if on_run is not None:
                on_run(cells[number].name, done, total)
        return results

    chosen = _choose(plan, trials, [result["score"] for result in work(trials, score_cell, folder / "trials")])
    finals = plan.finals(chosen)
    reports = work(finals, evaluate_cell, folder / "runs")
    rows = []
    for column in plan.columns():
        own = [r for cell, r in zip(finals, reports, strict=True) if (cell.optimizer, cell.bits) == column]
        rows.append(summarize(*column, chosen.get(column, ()), own))
    _write(folder, rows, finals, reports)
    return rows


def _check_folder(folder: Path) -> None:
    if not folder.exists():
        return
    entries = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {folder.name}
    if entries and not entries & {"runs", "trials", MARK}:
        raise RunError(f"{folder} holds something else than a comparison; name another folder with --out")


def _choose(plan: Plan, trials: Sequence[Cell], scores: Sequence[float]) -> dict[tuple[str, int], tuple[str, ...]]:
    """Settings with the best mean score over seeds, per column; the first tried wins a tie."""
    by_column: dict[tuple[str, int], dict[tuple[str, ...], list[float]]] = {}
    for cell, score in zip(trials, scores, strict=True):
        by_column.setdefault((cell.optimizer, cell.bits), {}).setdefault(cell.settings, []).append(score)
    return {
        column: max(tried, key=lambda settings: statistics.fmean(tried[settings]))
        for column, tried in by_column.items()
    }


def _write(
    folder: Path, rows: Sequence[dict[str, Any]], finals: Sequence[Cell], reports: Sequence[dict[str, Any]]
) -> None:
    histories: dict[int, dict[str, list[Any]]] = {}
    for cell, report in zip(finals, reports, strict=True):
        histories.setdefault(cell.bits, {}).setdefault(cell.optimizer, []).append(report["history"])
    data = reports[0]["data"]
    for bits, by_optimizer in histories.items():
        plot_curves(by_optimizer, f"{data}, {bits} bits", folder / f"curves-{bits}.png")
    write_atomically(folder / "comparison.md", markdown_table(rows))
    write_atomically(folder / MARK, json.dumps({"data": data, "rows": list(rows)}, indent=2) + "\n")
