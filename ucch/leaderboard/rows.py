"""From the reports of a method's seeds to its row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..comparison import summarize
from ..metrics import bootstrap_mean
from ..recipe import Recipe
from .board import BoardCell

__all__ = ["KINDS", "kind", "make_row", "recipe_digest"]

KINDS = ("ucch", "shallow", "deep", "supervised")
KEPT = ("recall_at_10", "within_200", "pair_at_1", "pair_at_10")


def kind(recipe: Recipe) -> str:
    """What a recipe is: UCCH's losses with some optimizer, a shallow or a deep baseline, or supervised."""
    if recipe.supervised:
        return "supervised"
    if recipe.baseline != "none":
        return "shallow"
    return "ucch" if recipe.objective == "ucch" else "deep"


def recipe_digest(recipe: Recipe) -> str:
    """SHA-256 of a recipe but for its seed and the folder of its data, so that machines and seeds share it."""
    plain = recipe.model_copy(update={"seed": 0, "data_root": None})
    return hashlib.sha256(plain.to_toml().encode()).hexdigest()


def make_row(cells: Sequence[BoardCell], reports: Sequence[dict[str, Any]], wanted: int) -> dict[str, Any]:
    """Summarise the seeds of one method, at one length, on one data set.

    Args:
        cells: of the seeds that are done.
        reports: of :func:`~ucch.leaderboard.measured_cell`, in the same order.
        wanted: seeds of the whole board, which a row with fewer is marked against.

    Returns:
        The figures of :func:`~ucch.comparison.summarize` and ``data``, ``method``, ``kind``, ``few_seeds``, ``kept``,
        the figures of the codes in :func:`~ucch.evaluation.compression_of_model`, over seeds (None where a report is
        older than they are), ``interval``, the 95 % bootstrap interval of ``map`` over queries, their average precision
        averaged over seeds; ``bytes_per_item``, ``model_bytes``, ``recipe_digest``, ``split_digest``, ``versions``.
    """
    first, report = cells[0], reports[0]
    name, settings = first.cell.optimizer, first.cell.settings
    row = summarize(name, first.cell.bits, settings, reports)
    return {
        **row,
        "data": first.data,
        "kind": kind(first.recipe),
        "method": f"ucch {name}" if kind(first.recipe) == "ucch" else name.removesuffix("-recipe"),
        "few_seeds": len(reports) < wanted,
        "interval": _interval([report["average_precision"] for report in reports]),
        "kept": _kept(reports),
        "bytes_per_item": report["bytes_per_item"],
        "model_bytes": report["model_bytes"],
        "recipe_digest": recipe_digest(first.recipe),
        "split_digest": report["split_digest"],
        "versions": report["versions"],
    }


def _kept(reports: Sequence[dict[str, Any]]) -> dict[str, float] | None:
    """What codes kept of neighbours and partners, averaged over seeds."""
    if not all(report.get("compression") for report in reports):
        return None
    codes = [next(row for row in report["compression"]["rows"] if row["name"] == "codes") for report in reports]
    return {name: float(np.mean([row[name] for row in codes])) for name in KEPT}


def _interval(by_seed: Sequence[Sequence[float | None]]) -> list[float] | None:
    if not all(by_seed):
        return None
    values = np.array([[np.nan if value is None else value for value in seed] for seed in by_seed])
    bounds = bootstrap_mean(values.mean(axis=0))
    return [bounds.low, bounds.high]
