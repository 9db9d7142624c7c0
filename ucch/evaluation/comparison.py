"""Several runs on the same queries: which is better, and could it be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import DataError
from ..metrics import paired_bootstrap
from .ranking import RankingResult

__all__ = ["compare_runs"]


def compare_runs(
    reports: Sequence[Mapping[str, Any]], rankings: Sequence[Mapping[str, RankingResult]], *, seed: int = 0
) -> list[dict[str, Any]]:
    """Compare every run with the first by the paired bootstrap over queries, both directions and their mean.

    Args:
        reports: of :func:`~ucch.evaluation.evaluate`, two or more, under one protocol.
        rankings: of :func:`~ucch.evaluation.measure`, in the same order.
        seed: of the bootstrap.

    Returns:
        For each further run ``run``, ``baseline``, ``supervised`` and ``baseline_supervised`` (whether they trained on
        labels) and, by direction and for ``mean``, ``difference`` (run less
        baseline), its 95 % ``interval`` and the two-sided ``p_value``.

    Raises:
        DataError: the runs were not evaluated on the same queries, or without labels.
    """
    first = reports[0]
    for report, ranking in zip(reports, rankings, strict=True):
        if not ranking:
            raise DataError(f"runs are compared by AP, which needs labels; {report['data']} has none")
        if report["split_digest"] != first["split_digest"]:
            raise DataError(
                f"runs must be evaluated on the same split, got {first['data']} with digest"
                f" {first['split_digest'][:8]} and {report['data']} with {report['split_digest'][:8]};"
                " name one data set for all with --data"
            )
    rows = []
    for report, ranking in zip(reports[1:], rankings[1:], strict=True):
        ours = {name: result.average_precision for name, result in ranking.items()}
        theirs = {name: result.average_precision for name, result in rankings[0].items()}
        if len({len(values) for values in ours.values()}) == 1:
            ours["mean"], theirs["mean"] = (np.mean(list(side.values()), axis=0) for side in (ours, theirs))
        row: dict[str, Any] = {
            "run": report.get("run"),
            "baseline": first.get("run"),
            "supervised": report.get("supervised", False),
            "baseline_supervised": first.get("supervised", False),
        }
        for name, values in ours.items():
            difference = paired_bootstrap(values, theirs[name], seed=seed)
            row[name] = {
                "difference": difference.mean,
                "interval": [difference.low, difference.high],
                "p_value": difference.p_value,
            }
        rows.append(row)
    return rows
