"""One run of a leaderboard: trained and evaluated as in a comparison, with what a row needs beside it."""

from __future__ import annotations

import json
import math
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..comparison.work import evaluate_cell
from ..data import PairedDataset
from ..evaluation import encode_dataset, measure
from ..files import write_atomically
from ..recipe import Recipe
from ..runs import RunFolder

__all__ = ["measured_cell", "read_measured"]

FILE = "leaderboard.json"


def measured_cell(path: str | Path, recipe: Recipe, dataset: PairedDataset) -> dict[str, Any]:
    """Train, evaluate, and keep the average precision of every query; what is there already is only read.

    Returns:
        :func:`~ucch.comparison.work.evaluate_cell`'s report and ``average_precision``, a number per query pair, the
        mean of both directions (None where a query does not count, empty without labels or where images and texts
        are not one to one), ``model_bytes`` and ``versions``.

    Raises:
        RunError: the folder holds another recipe's run.
    """
    path = Path(path)
    report = evaluate_cell(path, recipe, dataset)
    file = path / FILE
    if not file.exists():
        run = RunFolder.open(path)
        rankings = measure(encode_dataset(run.model(), dataset))
        sides = [result.average_precision for result in rankings.values()]
        paired = len({len(side) for side in sides}) == 1
        both = np.mean(sides, axis=0).tolist() if paired else []
        extra = {
            "average_precision": [None if math.isnan(value) else round(value, 6) for value in both],
            "model_bytes": run.model_file.stat().st_size,
            "versions": {
                "ucch": version("ucch"),
                "torch": str(torch.__version__),
                "numpy": version("numpy"),
                "python": platform.python_version(),
            },
        }
        write_atomically(file, json.dumps(extra) + "\n")
    return {**report, **json.loads(file.read_text(encoding="utf-8"))}


def read_measured(path: Path, recipe: Recipe) -> dict[str, Any] | None:
    """What :func:`measured_cell` returned, without the data set; None where it has not ended yet."""
    run = RunFolder(path)
    if not (path / FILE).exists() or (report := run.report()) is None or run.recipe() != recipe:
        return None
    return {**report, "history": run.history(), **json.loads((path / FILE).read_text(encoding="utf-8"))}
