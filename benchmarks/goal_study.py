"""What each goal keeps, whether codes ever keep less than their start, what nested lengths and a million pairs cost.

    python benchmarks/goal_study.py sets --data-root DIR --embeddings DIR     # twelve sets, each goal beside auto
    python benchmarks/goal_study.py nested --embeddings DIR                   # every prefix beside a run of its length
    python benchmarks/goal_study.py million                                   # 1,000,000 x 512 made pairs

The folder of embeddings has ``captions.npz``, captions 0 and 1 of an image by MiniLM (``python
benchmarks/goals_on_captions.py FOLDER --cache DIR/captions.npz`` makes it), and ``flickr500.npz``, MiniLM captions and
EfficientNet-Lite0 photographs (``ucch extract``). Figures are the share of the float ten nearest found among the ten
nearest by code, the share of items whose partner is among those, both ways, over the queries among themselves, and MAP
where there are labels. The query split chooses nothing. Every run is appended to ``--record`` and not repeated, so that
a stopped study goes on.
"""

from __future__ import annotations

import argparse
import functools
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from supervised import FOLDERS, Record, row

from ucch.baselines import share_space
from ucch.data import PairedDataset, Pairs, load_dataset, load_npz
from ucch.evaluation import encode_dataset, evaluate
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import Trainer, nested_lengths, shortened
from ucch.training.closed_form import sampled_features
from ucch.training.guarantee import what_is_kept

Rows = npt.NDArray[np.float32]
Makers = dict[str, tuple[Callable[[], PairedDataset], int]]
GOALS = ("auto", "categories", "both", "partners", "neighbors")


def main() -> None:
    """Run a part of the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["sets", "nested", "million"])
    parser.add_argument("--data-root", type=Path, help="holds wikipedia/ and mirflickr25k/")
    parser.add_argument("--embeddings", type=Path, help="holds captions.npz and flickr500.npz")
    parser.add_argument("--record", type=Path, default=Path("runs/goal_study.jsonl"))
    parser.add_argument("--seeds", type=int, default=3, help="of nested; sets takes seed 0")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of million")
    parser.add_argument("--only", nargs="+", help="names of sets")
    parser.add_argument("--limit", type=float, default=float("inf"), help="of sets: begin no run after so many seconds")
    parser.add_argument("--set", dest="settings", nargs="*", default=[], help="changes of the default recipe")
    given = parser.parse_args()
    record = Record(given.record)
    if given.part == "sets":
        makers = twelve(given.data_root, given.embeddings)
        makers = {name: makers[name] for name in given.only or makers}
        sets(record, makers, given.settings, time.monotonic() + given.limit)
    elif given.part == "nested":
        nested(record, load_npz(given.embeddings / "captions.npz"), range(given.seeds))
    else:
        million(given.rows)


def sets(record: Record, makers: Makers, settings: list[str], until: float) -> None:
    """A row per set: auto's choice, what the start keeps, what each goal keeps, and the pairs set aside."""
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in makers}
    loaded = {name: functools.cache(make) for name, (make, _) in makers.items()}  # not before a run is needed
    for goal in GOALS:
        for name, (_, bits) in makers.items():
            key = ["sets", name, bits, goal, *settings]
            if goal == found[name].get("auto", {}).get("goal"):  # the same run, bit for bit
                found[name][goal] = found[name]["auto"]
            elif record.has(key) or time.monotonic() < until:
                found[name][goal] = record.get(key, lambda n=name, b=bits, g=goal: run(loaded[n](), b, g, settings))
    print(row("set", "auto chose", "start", *GOALS[1:], "set aside: trained / start", "handed over"))
    print(row("---", "---", *["---:"] * 6, "---"))
    for name, by_goal in found.items():
        starts = [value["start"] for value in by_goal.values() if value["start"]]
        verdicts = {goal: by_goal[goal]["verdict"] for goal in GOALS[2:] if by_goal.get(goal, {}).get("verdict")}
        judged = by_goal.get("both", {}).get("verdict")
        print(
            row(
                f"{name}, {makers[name][1]} bits",
                f"{by_goal['auto']['goal']}: {by_goal['auto']['reason']}" if "auto" in by_goal else "not run",
                shown(starts[0]) if starts else "",
                *(shown(by_goal[goal]) if goal in by_goal else "not run" for goal in GOALS[1:]),
                f"{shown(judged['trained'])}; {shown(judged['start'])}" if judged else "none",
                ", ".join(f"{goal} {verdict['hands_over']}" for goal, verdict in verdicts.items()),
            )
        )


def shown(kept: dict[str, Any]) -> str:
    """Neighbours, partners, and MAP where there is one."""
    return " / ".join(f"{kept[name]:.3f}" for name in ("neighbors", "partners", "map") if kept.get(name) is not None)


def run(dataset: PairedDataset, bits: int, goal: str, settings: list[str]) -> dict[str, Any]:
    """Train by the default recipe and this goal, and ask with the query split."""
    began = time.perf_counter()
    trainer = Trainer(load_recipe("default", [f"bits={bits}", f"goal={goal}", *settings]), dataset.train)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    model = trainer.finished_model()
    seconds = time.perf_counter() - began
    shared = share_space(*(part.numpy() for part in sampled_features(trainer.recipe, dataset.train)))
    found: dict[str, Any] = {
        "goal": trainer.choice.goal,
        "reason": trainer.choice.reason,
        "verdict": None if trainer.verdict is None else trainer.verdict.as_dict(),
        "seconds": seconds,
        **kept(model, dataset.query, shared),
    }
    if dataset.query.label is not None:
        found["map"] = evaluate(encode_dataset(model, dataset))["map_mean"]
    found["start"] = None if trainer.start is None else kept(trainer.start, dataset.query, shared)
    return found


def kept(model: HashModel, query: Pairs, shared: bool) -> dict[str, float]:
    """Neighbours and partners kept among the queries."""
    rows = np.arange(min(1000, len(query)))
    of = what_is_kept(model, query, rows, shared=shared)
    return {"neighbors": of.neighbors, "partners": of.partners}


def twelve(data_root: Path | None, embeddings: Path | None) -> Makers:
    """Sets that differ, by name: what makes each, and the bits of its codes."""
    found: Makers = {}

    def captions() -> PairedDataset:
        assert embeddings is not None
        return load_npz(embeddings / "captions.npz")

    if embeddings is not None:
        found["captions"] = captions, 64
        found["captions, offset .8"] = lambda: changed(captions(), offset), 64
        found["captions, one view rotated"] = lambda: changed(captions(), turned), 64
        found["captions, 200 pairs"] = lambda: first(captions(), 200), 64
        found["captions, one bit"] = captions, 1
        found["photographs"] = lambda: load_npz(embeddings / "flickr500.npz"), 64
    else:
        print("(without --embeddings the captions and the photographs are left out)")
    found["digits"] = lambda: load_dataset("digits", None), 64
    if data_root is not None:
        for name, folder in FOLDERS.items():
            found[name] = lambda name=name, folder=folder: load_dataset(name, data_root / folder), 64
    else:
        print("(without --data-root Wikipedia and the tags are left out)")
    found["made, aligned, each pair three times"] = lambda: made(1500, 64, times=3), 64
    found["made, aligned, 1,000 columns"] = lambda: made(3000, 1000), 64
    found["made, counts of 300 words"] = counts, 64
    return found


def first(dataset: PairedDataset, n: int) -> PairedDataset:
    """The first n training pairs."""
    return PairedDataset(dataset.name, dataset.train.take(np.arange(n)), dataset.query)


def changed(dataset: PairedDataset, change: Callable[[Rows], Rows]) -> PairedDataset:
    """The texts changed in training and query alike."""
    parts = [
        Pairs(part.image, change(np.asarray(part.text, dtype=np.float32))) for part in (dataset.train, dataset.query)
    ]
    return PairedDataset(dataset.name, *parts)


def offset(text: Rows) -> Rows:
    """A modality gap: the same vector of length .8 added to every row."""
    gap = np.random.default_rng(0).normal(size=text.shape[1])
    return np.asarray(text + 0.8 * gap / np.linalg.norm(gap), dtype=np.float32)


def turned(text: Rows) -> Rows:
    """Rotated at random: equally wide, but no space is shared any more."""
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(text.shape[1],) * 2))
    return np.asarray(text @ turn, dtype=np.float32)


def made(n: int, width: int, *, times: int = 1) -> PairedDataset:
    """Two noisy looks at points of one space whose directions fade; 500 pairs ask."""
    rng = np.random.default_rng(0)
    n_points = n // times + 500
    points = rng.normal(size=(n_points, width)) / np.sqrt(1 + np.arange(width))
    scale = 0.3 * points.std()
    train = np.tile(points[500:], (times, 1))
    looks = [
        [(part + scale * rng.normal(size=part.shape)).astype(np.float32) for _ in range(2)]
        for part in (train, points[:500])
    ]
    return PairedDataset("made", Pairs(*looks[0]), Pairs(*looks[1]))


def counts() -> PairedDataset:
    """Two texts about one mixture of twenty topics, as counts of words; 500 pairs ask."""
    rng = np.random.default_rng(0)
    topics = rng.dirichlet(np.full(300, 0.05), 20)
    mixtures = rng.dirichlet(np.full(20, 0.2), 3500) @ topics
    views = [np.stack([rng.multinomial(40, p / p.sum()) for p in mixtures]).astype(np.float32) for _ in range(2)]
    return PairedDataset(
        "counts", *(Pairs(views[0][part], views[1][part]) for part in (slice(500, None), slice(0, 500)))
    )


def nested(record: Record, dataset: PairedDataset, seeds: range) -> None:
    """Recall of every prefix beside that of codes trained at its length, and the seconds of both."""
    lengths = nested_lengths(256)

    def trained(bits: int, nested: bool, seed: int) -> dict[str, Any]:
        settings = [f"bits={bits}", f"seed={seed}", "goal=both", f"nested={str(nested).lower()}"]
        trainer = Trainer(load_recipe("default", settings), dataset.train)
        began = time.perf_counter()
        for _ in range(trainer.n_epochs):
            trainer.train_epoch()
        seconds = time.perf_counter() - began
        model, prefixes = trainer.finished_model(), lengths if nested else (bits,)
        return {"seconds": seconds, **{str(n): kept(shortened(model, n), dataset.query, True) for n in prefixes}}

    runs: dict[tuple[int, bool], list[dict[str, Any]]] = {}
    for seed in seeds:
        for bits, inner in ((256, True), *((length, False) for length in reversed(lengths))):
            value = record.get(["nested", bits, inner, seed], lambda b=bits, i=inner, s=seed: trained(b, i, s))
            runs.setdefault((bits, inner), []).append(value)
    print(row("first bits", "neighbours, nested", "trained at that length", "partners, nested", "at that length"))
    print(row("---:", "---:", "---:", "---:", "---:"))
    for length in lengths:
        cells = []
        for name in ("neighbors", "partners"):
            for key in ((256, True), (length, False)):
                cells.append(f"{np.mean([value[str(length)][name] for value in runs[key]]):.3f}")
        print(row(length, *cells))
    seconds = [np.mean([value["seconds"] for value in runs[256, inner]]) for inner in (True, False)]
    print(f"\ntraining of 256 bits: nested {seconds[0]:.0f} s, not {seconds[1]:.0f} s, {seconds[0] / seconds[1]:.2f}x")


def million(n: int, width: int = 512) -> None:
    """Seconds of the start and of training, and peak memory beside that of the features."""
    rng = np.random.default_rng(0)
    spread = (1 / np.sqrt(1 + np.arange(width))).astype(np.float32)
    image, text = np.empty((n, width), np.float32), np.empty((n, width), np.float32)
    for begin in range(0, n, 10_000):
        part = slice(begin, min(begin + 10_000, n))
        size = (part.stop - begin, width)
        points = rng.standard_normal(size, dtype=np.float32)
        for view in (image, text):
            view[part] = (points + 0.5 * rng.standard_normal(size, dtype=np.float32)) * spread
    features = peak()
    pairs = Pairs(image, text)
    began = time.perf_counter()
    trainer = Trainer(load_recipe("default", ["bits=64"]), pairs)
    started = time.perf_counter()
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    trained = time.perf_counter()
    trainer.finished_model()
    ended = time.perf_counter()
    print(trainer.choice, trainer.verdict, sep="\n")
    print(row("pairs", "start, s", "training, s", "share", "judging, s", "features, MiB", "peak, MiB", "more, MiB"))
    print(row(*["---:"] * 8))
    seconds = started - began, trained - started, ended - trained
    share = f"{seconds[0] / seconds[1]:.3f}"
    figures = *(f"{value:.1f}" for value in seconds[:2]), share, f"{seconds[2]:.1f}"
    print(row(f"{n:,} x {width}", *figures, f"{features:.0f}", f"{peak():.0f}", f"{peak() - features:.0f}"))


def peak() -> float:
    """Peak resident memory so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
