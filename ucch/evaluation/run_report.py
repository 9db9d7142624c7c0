"""Evaluate a run folder and leave its report there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..codes import PackedCodes
from ..collectives import World
from ..data import ItemDataset
from ..files import write_atomically
from ..metrics import PROTOCOLS, Protocol
from ..runs import RunFolder
from .compression import compression_of_model
from .encoded_dataset import encode_dataset
from .evaluate import evaluate, measure
from .html import html_report
from .plots import write_plots
from .ranking import RankingResult
from .table import report_protocol

__all__ = ["RunEvaluation", "evaluate_run", "measure_run", "write_run_report"]


@dataclass(frozen=True, eq=False)
class RunEvaluation:
    """A report, and the rankings behind it for comparing runs."""

    report: dict[str, Any]
    rankings: dict[str, RankingResult]


def measure_run(
    run: RunFolder,
    dataset: ItemDataset,
    *,
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    world: World | None = None,
    kept: Mapping[str, PackedCodes] | None = None,
) -> RunEvaluation:
    """Evaluate the model of a run on a data set; writes nothing.

    With ``kept`` (:meth:`RunFolder.kept_codes <ucch.runs.RunFolder.kept_codes>`) the first items of the database answer
    by codes of an earlier run.

    Several processes, all of which call, share the work, and each gets the whole result.

    Returns:
        The report of :func:`~ucch.evaluation.evaluate` with ``run``, ``recipe``, ``seed`` and ``seconds`` of training,
        ``supervised``, whether training read labels, ``pseudo_labels``, how labels were made up, or None, and
        ``compression``, what :func:`~ucch.evaluation.compression_of_model` says, and ``growing``, what changed since an
        earlier run that this one went on from.

    Raises:
        RunError: the run is not finished or damaged.
        DataError: the features are not those the model was trained on.
    """
    recipe = run.recipe()
    model = run.model()
    encoded = encode_dataset(model, dataset, world, kept=kept)
    rankings = measure(encoded, protocol=protocol, seed=seed, world=world)
    report = evaluate(encoded, protocol=protocol, seed=seed, rankings=rankings)
    made_up = recipe.wants_labels and not recipe.supervised
    report = {
        "run": str(run.path),
        "recipe": recipe.name,
        "seed": recipe.seed,
        "supervised": recipe.supervised,
        "pseudo_labels": recipe.labels.pseudo if made_up else None,
        **report,
    }
    report["compression"] = compression_of_model(model, dataset, seed=seed)
    if (growing := run.growing()) is not None:
        report["growing"] = growing
    report["seconds"] = round(sum(line["seconds"] for line in run.history()), 3)
    return RunEvaluation(report, rankings)


def evaluate_run(
    run: RunFolder,
    dataset: ItemDataset,
    *,
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    world: World | None = None,
    kept: Mapping[str, PackedCodes] | None = None,
) -> dict[str, Any]:
    """Evaluate a run and leave its report in its folder (:func:`write_run_report`), by process 0 of several.

    Args, Returns, Raises: as :func:`measure_run`.
    """
    report = measure_run(run, dataset, protocol=protocol, seed=seed, world=world, kept=kept).report
    if world is None or world.rank == 0:
        write_run_report(run, report)
    return report


def write_run_report(run: RunFolder, report: dict[str, Any]) -> None:
    """Leave ``report.json``, ``report.html`` and ``plots/`` in a run folder, in place of older ones.

    The report of another protocol than the default stands beside, in ``reports/<protocol>/``.
    """
    folder = report_folder(run, report_protocol(report))
    folder.mkdir(parents=True, exist_ok=True)
    pictures = write_plots([report], [run.path.name], folder / run.plots.name)
    write_atomically(folder / "report.html", html_report([report], [run.path.name], pictures))
    write_atomically(folder / run.report_file.name, json.dumps(report, indent=2) + "\n")


def report_folder(run: RunFolder, protocol: Protocol) -> Path:
    """Where the report of a run under ``protocol`` stands: the run folder itself for the default protocol."""
    if protocol == PROTOCOLS["ucch"]:
        return run.path
    return run.path / "reports" / re.sub(r"[^a-z0-9]+", "-", protocol.short.lower())
