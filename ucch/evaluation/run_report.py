"""Evaluate a run folder and leave its report there."""

from __future__ import annotations

import json
from typing import Any

from ..data import PairedDataset
from ..files import write_atomically
from ..training import RunFolder
from .evaluate import encode_dataset, evaluate
from .plots import plot_precision_recall

__all__ = ["evaluate_run"]


def evaluate_run(run: RunFolder, dataset: PairedDataset, *, write: bool = True) -> dict[str, Any]:
    """Evaluate the model of a run on a data set.

    Args:
        run: a finished run.
        dataset: queries and database.
        write: leave ``report.json`` and ``plots/`` in the run folder; they hold the latest evaluation.

    Returns:
        The report of :func:`~ucch.evaluation.evaluate` with ``run``, ``recipe``, ``seed`` and ``seconds`` of training.

    Raises:
        RunError: the run is not finished or damaged.
        DataError: the features are not those the model was trained on.
    """
    recipe = run.recipe()
    report = evaluate(encode_dataset(run.model(), dataset))
    report = {"run": str(run.path), "recipe": recipe.name, "seed": recipe.seed, **report}
    report["seconds"] = round(sum(line["seconds"] for line in run.history()), 3)
    if write:
        write_atomically(run.report_file, json.dumps(report, indent=2) + "\n")
        if report["map_mean"] is not None:
            plot_precision_recall(report, run.plots / "precision_recall.png")
    return report
