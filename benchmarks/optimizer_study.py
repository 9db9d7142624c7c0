"""Every optimizer on labelled sets, captions and photographs, at several lengths, and why some are ahead.

    python benchmarks/optimizer_study.py --data-root DIR --embeddings DIR --out docs/optimizers_table.md \\
        --picture optimizers.svg
    python benchmarks/optimizer_study.py --only digits --bits 16 --seeds 1                # ten minutes on one core
    python benchmarks/optimizer_study.py --data-root DIR --splits held --bits 64 --optimizers momentum itq \\
        outputs-seen rotation signed-late signed-rotation      # which part of a rule carries its lead

The default recipe, goal categories; digits also without its teacher, captions also with their own goal, neighbors. Two
splits: ``held`` sets aside a sixth of the training rows, which query the rest, and is what a rule may be chosen by;
``query`` trains on all rows and is read once. Sets with labels are judged by MAP@ALL, mean of both ways, ties as an
exact expectation; captions and photographs have none, and there it is the share of the ten float neighbours, and of
partners, among the ten nearest by code, the queries among themselves. The folder of embeddings is that of
``goal_study.py``. Beside the optimizers there are rules that differ from ``momentum`` in a part
(``optimizer_parts.py``), to find what carries another's lead. Every run is appended to ``--record`` and not repeated: a
stopped study goes on, and a table shows what is there, with the number of seeds where some are missing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from default_study import Record, folder_of, header, held_out, line, map_mean, write_tables
from goal_study import kept
from matplotlib.figure import Figure
from optimizer_parts import PARTS, in_place_of_momentum

from ucch.baselines import share_space
from ucch.data import Pairs, load_dataset
from ucch.recipe import Recipe, with_settings
from ucch.teachers import Teacher
from ucch.training import STRATEGIES, Trainer
from ucch.training.closed_form import sampled_features
from ucch.training.teacher.fitting import fit_teacher, takes_teacher

SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "digits, no teacher": ("digits", ("teacher.similarity=none",)),
    "digits": ("digits", ()),
    "wikipedia": ("wikipedia", ()),
    "mirflickr-tags": ("mirflickr-tags", ()),
    "photographs": ("flickr500.npz", ()),
    "captions": ("captions.npz", ()),
    "captions, goal neighbors": ("captions.npz", ("goal=neighbors",)),
}
Run = dict[str, Any]


def figures_of(name: str) -> tuple[str, ...]:
    """What is measured on a set: MAP where it has labels, else the neighbours and the partners that codes keep."""
    return ("neighbors", "partners") if SETS[name][0].endswith(".npz") else ("map",)


@cache
def parts_of(name: str, split: str, data_root: Path | None, embeddings: Path | None) -> tuple[Pairs, Pairs]:
    """Rows that train and rows that query."""
    data = SETS[name][0]
    if data.endswith(".npz"):
        if embeddings is None:
            raise SystemExit(f"{name} needs --embeddings, the folder of {data}, or --only without it")
        data = str(embeddings / data)
    if split == "held":
        return held_out(data, data_root)
    dataset = load_dataset(data, data_root=folder_of(data, data_root))
    return dataset.train, dataset.query


TEACHERS: dict[tuple[Any, ...], Teacher | None] = {}


def teacher_of(run: Run, recipe: Recipe, train: Pairs) -> Teacher | None:
    """The teacher that a run fits, fitted once for all optimizers and lengths."""
    key = (run["set"], run["split"], run["seed"], *run["settings"])
    if key not in TEACHERS:
        TEACHERS[key] = fit_teacher(recipe, train) if takes_teacher(recipe) else None
    return TEACHERS[key]


def trained(run: Run, data_root: Path | None, embeddings: Path | None) -> dict[str, Any]:
    """Train and retrieve: the figures of the set, and what the codes did on the way."""
    train, query = parts_of(run["set"], run["split"], data_root, embeddings)
    with in_place_of_momentum(run["optimizer"]) as optimizer:
        own = {"optimizer": optimizer, "bits": run["bits"], "seed": run["seed"]}
        texts = [*(f"{key}={value}" for key, value in own.items()), "goal=categories", *SETS[run["set"]][1]]
        recipe = with_settings(Recipe(), [*texts, *run["settings"]])
        start = time.process_time()
        trainer = Trainer(recipe, train, teacher=lambda pairs: teacher_of(run, recipe, pairs))
    epochs = [trainer.train_epoch() for _ in range(trainer.n_epochs)]
    last, model = epochs[-1], trainer.finished_model()
    if figures_of(run["set"]) == ("map",):
        found = {"map": map_mean(model, query, train)}
    else:
        shared = share_space(*(part.numpy() for part in sampled_features(recipe, train)))
        found = kept(model, query, shared)
    return {
        **found,
        "cpu_seconds": time.process_time() - start,
        "flips": float(np.mean([each.flips_per_row for each in epochs[1:]])),
        "key_gap": last.key_gap,
        "agreement": last.agreement,
    }


Found = Mapping[tuple[str, str, int], Sequence[dict[str, float]]]


def runs(given: argparse.Namespace, split: str) -> Iterator[Run]:
    """All runs of a table, the first seed of everything first."""
    for seed in range(given.seeds):
        for bits in given.bits:
            for name in given.only:
                for optimizer in given.optimizers:
                    yield {"set": name, "optimizer": optimizer, "bits": bits, "seed": seed, "split": split,
                           "settings": given.settings}  # fmt: skip


def values_of(found: Found, name: str, optimizer: str, bits: int, figure: str) -> list[float]:
    """A figure of all seeds."""
    return [each[figure] for each in found.get((name, optimizer, bits), [])]


def table(found: Found, given: argparse.Namespace) -> str:
    """Sets, figures and lengths down, optimizers across: mean and deviation over seeds, the best of a row in bold."""
    there = [optimizer for optimizer in given.optimizers if any(key[1] == optimizer for key in found)]
    lines = [header("set", *there)]
    for name, figure, bits in ((n, f, b) for n in given.only for f in figures_of(n) for b in given.bits):
        values = [values_of(found, name, optimizer, bits, figure) for optimizer in there]
        best = max((float(np.mean(each)) for each in values if each), default=None)
        if best is not None:
            lines.append(line(f"{name}, {figure}, {bits} bits", *(cell(each, best, given.seeds) for each in values)))
    return "\n".join(lines)


def cell(values: Sequence[float], best: float, seeds: int) -> str:
    """Mean and deviation; the number of seeds where it is not ``seeds``."""
    if not values:
        return ""
    mean = float(np.mean(values))
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return (f"{mean:.3f}" if mean < best else f"**{mean:.3f}**") + spread + f" ({len(values)})" * (len(values) < seeds)


def picture(found: Found, given: argparse.Namespace) -> Figure:
    """A panel per set: for each optimizer its seeds as dots, a colour per length."""
    mpl.rcParams.update({"svg.hashsalt": "ucch", "font.size": 8, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(2.7 * len(given.only) + 1, 3.2), layout="constrained")
    panels = figure.subplots(1, len(given.only), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, given.only, strict=True):
        of = figures_of(name)[0]
        for bits, colour in zip(given.bits, ("#b8562b", "#2f6f9f", "#3d7a4e"), strict=False):
            for height, optimizer in enumerate(given.optimizers):
                values = values_of(found, name, optimizer, bits, of)
                panel.plot(values, [height] * len(values), "o", color=colour, ms=3.5, alpha=0.8)
            panel.plot([], [], "o", color=colour, label=f"{bits} bits")
        panel.set(title=name, xlabel=of, yticks=range(len(given.optimizers)), yticklabels=given.optimizers)
        panel.grid(axis="y", lw=0.3)
    panels[0].invert_yaxis()
    panels[0].legend(frameon=False, fontsize=7)
    return figure


def main() -> None:
    """Do what is missing, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="holds wikipedia/ and mirflickr25k/")
    parser.add_argument("--embeddings", type=Path, help="holds captions.npz and flickr500.npz")
    parser.add_argument("--only", nargs="+", choices=list(SETS), default=list(SETS), help="sets")
    parser.add_argument("--optimizers", nargs="+", choices=[*STRATEGIES, *PARTS], default=list(STRATEGIES))
    parser.add_argument("--bits", nargs="+", type=int, default=[16, 64])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--splits", nargs="+", choices=["held", "query"], default=["held", "query"])
    parser.add_argument("--limit", type=float, default=float("inf"), help="begin no run after so many seconds")
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    parser.add_argument("--record", type=Path, default=Path("runs/optimizer_study.jsonl"), help="results, one a line")
    parser.add_argument("--out", type=Path, help="page to write the tables into; printed where absent")
    parser.add_argument("--picture", type=Path, help="SVG of the query split")
    given = parser.parse_args()
    record, start, tables = Record(given.record), time.monotonic(), {}
    for split in given.splits:
        found: dict[tuple[str, str, int], list[dict[str, float]]] = {}
        for run in runs(given, split):
            result = record.get(run)
            if result is None and time.monotonic() - start < given.limit:
                result = trained(run, given.data_root, given.embeddings)
                record.add(run, result)
                print(f"{split} {run['set']} {run['optimizer']} {run['bits']} seed {run['seed']}", flush=True)
            if result is not None:
                found.setdefault((run["set"], run["optimizer"], run["bits"]), []).append(result)
        tables[f"study-{split}"] = table(found, given)
        if given.picture and split == "query":
            picture(found, given).savefig(given.picture, metadata={"Date": None})
    if given.out:
        write_tables(given.out, tables)
    else:
        print("\n\n".join(f"{name}\n\n{text}" for name, text in tables.items()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
