"""What the teacher of a run knows: without labels how it relates to both modalities, with labels how right it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import Pairs
from ..runs import RunFolder
from ..teachers import Teacher, neighbor_lift
from ..training import TeacherStage

__all__ = ["TOP_SHARES", "draw_teacher", "judge", "teacher_report"]

TOP_SHARES = (0.001, 0.01, 0.05)
_BINS = 10


def teacher_report(run: RunFolder, pairs: Pairs) -> dict[str, Any]:
    """Diagnose the teacher of a run on a sample of at most 2,048 of its training pairs.

    Args:
        run: the run.
        pairs: the training pairs that the teacher was fitted on
            (:func:`~ucch.training.taught_pairs.taught_pairs`); labels are read where there are any.

    Returns:
        Plain values. ``teacher``: kind or ``none``; ``asked``: what the recipe says; ``lift``: how much more often than
        by chance an item's nearest by image are its nearest by text; ``gain``: how much better propagation foretells
        unseen dimensions than cosines; ``least_lift``, ``least_gain`` and ``mie_least_lift`` of the recipe. With a
        teacher, ``notes`` of its making, ``similarity`` (quantiles over pairs of different items), ``near_by_image``
        and ``near_by_text`` (share of an item's 5 % nearest by the teacher that are among its 5 % nearest by that
        modality too); with labels :func:`judge`, else ``labels`` None.
    """
    recipe = run.recipe()
    stage = TeacherStage(recipe, pairs)
    image, text, rows = stage.image, stage.text, stage.sample
    report: dict[str, Any] = {
        "run": str(run.path),
        "teacher": "none",
        "asked": recipe.teacher.similarity,
        "pairs": len(pairs),
        "sample": len(rows),
        "lift": stage.lift,
        "least_lift": recipe.teacher.least_lift,
        "gain": stage.measured_gain() if stage.gain is None else stage.gain,
        "least_gain": recipe.teacher.least_gain,
        "mie_least_lift": recipe.teacher.mie_least_lift,
        "labels": None,
    }
    if not run.teacher_file.exists():
        return report
    teacher = Teacher.load(run.teacher_file)
    if len(teacher) != len(pairs):
        raise ValueError(
            f"{run.teacher_file} describes {len(teacher)} pairs, got {len(pairs)}; name the run's own data"
        )
    among_all = stage.sample_rows
    similarity = teacher.similarity(among_all)
    off = ~torch.eye(len(rows), dtype=torch.bool)
    quantiles = (0.01, 0.25, 0.5, 0.75, 0.95, 0.99)
    values = similarity[off].sort().values
    report |= {
        "teacher": teacher.kind,
        "notes": teacher.notes,
        "similarity": {str(q): float(values[round(q * (len(values) - 1))]) for q in quantiles},
        "near_by_image": _overlap(teacher.rows[among_all].float(), image[rows]),
        "near_by_text": _overlap(teacher.rows[among_all].float(), text[rows]),
    }
    if pairs.label is not None:
        report["labels"] = judge(
            similarity, torch.from_numpy(pairs.label[among_all.numpy()]), recipe.teacher.negatives_share
        )
    return report


def judge(similarity: Tensor, label: Tensor, share: float) -> dict[str, Any]:
    """Hold similarities against labels, over all pairs of different items.

    Args:
        similarity: (n, n).
        label: (n, C) bool multi-hot.
        share: of all pairs, the most alike, that would be left out as negatives.

    Returns:
        ``chance``: share of pairs with a label in common, the rate of false negatives; ``top``: precision among the
        most alike 0.1, 1 and 5 %; ``false_negatives_found``: share of pairs with a label in common among the
        most alike ``share``, over all such pairs, and ``most_findable``, what a perfect ranking would find;
        ``calibration``: for tenths of the pairs by similarity their mean similarity and the share with a label in
        common; ``histogram``: edges, and the shares of either kind of pair in each bin.
    """
    hot = label.float()
    off = ~torch.eye(len(label), dtype=torch.bool)
    values, alike = similarity[off], ((hot @ hot.T) > 0)[off]
    order = values.argsort(descending=True, stable=True)
    ranked, n_alike = alike[order].double(), max(1, int(alike.sum()))
    n_left = max(1, round(share * len(order)))
    tenths = zip(values[order].flip(0).tensor_split(_BINS), ranked.flip(0).tensor_split(_BINS), strict=True)
    edges = np.linspace(float(values.min()), float(values.max()), 41)
    kinds = {"sharing": values[alike], "others": values[~alike]}
    counts = {name: np.histogram(part.numpy(), edges)[0] / max(1, len(part)) for name, part in kinds.items()}
    return {
        "chance": float(alike.double().mean()),
        "top": {str(top): float(ranked[: max(1, round(top * len(order)))].mean()) for top in TOP_SHARES},
        "negatives_share": share,
        "false_negatives_found": float(ranked[:n_left].sum() / n_alike),
        "most_findable": min(1.0, n_left / n_alike),
        "calibration": [[float(s.mean()), float(r.mean())] for s, r in tenths],
        "histogram": {"edges": edges.tolist(), **{name: count.tolist() for name, count in counts.items()}},
    }


def draw_teacher(report: dict[str, Any], path: str | Path) -> None:
    """Draw the similarities of pairs sharing and not sharing a label, and the calibration, as PNG."""
    from matplotlib.figure import Figure

    path = Path(path)
    labels = report["labels"]
    figure = Figure(figsize=(8.4, 3.8), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    edges = np.array(labels["histogram"]["edges"])
    middle = (edges[:-1] + edges[1:]) / 2
    left.plot(middle, labels["histogram"]["sharing"], color="#1f5a92", label="share a label")
    left.fill_between(middle, labels["histogram"]["sharing"], color="#1f5a92", alpha=0.15, linewidth=0)
    left.plot(middle, labels["histogram"]["others"], color="#c1551b", linestyle="--", label="share none")
    left.set(xlabel="similarity by the teacher", ylabel="share of pairs", ylim=(0, None))
    left.legend(frameon=False, fontsize=8)
    means, shares = zip(*labels["calibration"], strict=True)
    right.plot(means, shares, color="#1f5a92", marker="o", markersize=3.0)
    right.axhline(labels["chance"], color="0.5", linewidth=1, linestyle=":")
    right.set(xlabel="similarity, means of tenths of the pairs", ylabel="share with a label in common", ylim=(0, 1.01))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"Teacher {report['teacher']}: {report['pairs']} training pairs", x=0.01, ha="left", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _overlap(rows: Tensor, features: Tensor) -> float:
    """Share of the 5 % nearest by ``rows`` that are among the 5 % nearest by ``features`` too."""
    k = min(len(rows) - 1, max(1, round(0.05 * len(rows))))
    return neighbor_lift(rows, features) * k / (len(rows) - 1)
