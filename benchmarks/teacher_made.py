"""Teachers on made data: who is pushed away, when a teacher pays, and how large the stage may be.

    python benchmarks/teacher_made.py synthetic   # share of true negatives among those pushed away
    python benchmarks/teacher_made.py rule        # what auto asks, beside what a teacher brings
    python benchmarks/teacher_made.py size        # the stage on 20,000 x (4,096 + 1,386) made features
    python benchmarks/teacher_made.py grow        # gain, seconds and memory at 20,000 to 2,000,000 pairs; an hour

``synthetic``: 1,000 training pairs of 10 classes, equally frequent, so that one negative in ten is a false one; 32
bits, about 120 steps, seed 0. ``rule``: 2,000 training pairs of classes in noise, some with something of their own that
both modalities show; 32 bits, the default's steps, towers 256 wide, seed 0. ``grow``: 10 classes in noise of 3,
32 bits, towers 256 wide, 1,024 negatives; the MAP of 2,000 queries that nobody trained on, among the first 20,000 pairs
that trained. Runs go to ``--record`` and are not repeated.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from supervised import Record, row
from teacher_study import OFF

from ucch.data import PairedDataset, Pairs
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import load_recipe
from ucch.training import TeacherStage, Trainer

MADE = ((10, 1.0, 0.0), (10, 2.0, 0.0), (10, 3.0, 0.0), (10, 4.0, 0.0), (50, 2.0, 0.0), (10, 2.0, 1.0), (10, 2.0, 2.0),
        (10, 1.0, 2.0))  # fmt: skip


def made_classes(
    n: int = 1400, n_classes: int = 10, noise: float = 2.0, own: float = 0.0, seed: int = 0
) -> PairedDataset:
    """Pairs of equally frequent classes: with 10 of them, one of ten negatives is a false one.

    An item is its class's centre, plus ``own`` times what it alone has, which both modalities show, plus noise.
    """
    rng = np.random.default_rng(seed)
    label = np.arange(n) % n_classes
    single = np.random.default_rng(seed + 1).normal(size=(n, 16))
    views = []
    for width in (64, 32):
        centres = rng.normal(size=(n_classes, width))
        noisy = centres[label] + noise * rng.normal(size=(n, width))
        if own:
            noisy += own * single @ np.random.default_rng(width).normal(size=(16, width)) / 4
        views.append(noisy.astype(np.float32))
    pairs = Pairs(*views, np.eye(n_classes, dtype=bool)[label])
    return PairedDataset("made", train=pairs.take(slice(0, n - 400)), query=pairs.take(slice(n - 400, n)))


def rule(record: Record) -> None:
    """Agreement of the modalities, gain of propagation, what auto makes of them, and the MAP of each."""
    print(row("classes", "noise", "own", "lift", "gain", "auto", "none", "mie", "joint-semantics"))
    print(row("---:", "---:", "---:", "---:", "---:", "---", "---:", "---:", "---:"), flush=True)
    for n_classes, noise, own in MADE:
        dataset = made_classes(2400, n_classes, noise, own)
        stage = TeacherStage(load_recipe("default"), dataset.train)
        maps = []
        for kind in ("none", "mie", "joint-semantics"):
            chosen = ("bits=32", "model.width=256", f"similarity={kind}")

            def measure(chosen: tuple[str, ...] = chosen, dataset: PairedDataset = dataset) -> dict[str, Any]:
                trainer = Trainer(load_recipe("default", chosen), dataset.train)
                for _ in range(trainer.n_epochs):
                    trainer.train_epoch()
                return {"map": evaluate(encode_dataset(trainer.finished_model(), dataset))["map_mean"]}

            maps.append(record.get(["rule", n_classes, noise, own, *chosen], measure)["map"])
        asked = (f"{stage.lift:.2f}", f"{stage.measured_gain():.2f}", stage.kind)
        print(row(n_classes, noise, own, *asked, *(f"{value:.3f}" for value in maps)), flush=True)


def synthetic(record: Record) -> None:
    """Weigh each negative by how hard it is pushed, p - target where that is above 0, and ask who it is."""
    dataset = made_classes()
    label = torch.from_numpy(dataset.train.label.astype(np.float32))
    print(row("teacher", "ways", "true negatives among those pushed away", "MAP"), row("---", "---", "---:", "---:"),
          sep="\n")  # fmt: skip
    ways = {"as in the recipe": (), "negatives left out": (*OFF, "negatives_weight=1", "negatives_share=0.08")}
    for kind in ("none", "mie", "joint-semantics"):
        for way, settings in ways.items():
            if kind == "none" and settings:
                continue
            chosen = ("bits=32", "model.width=128", "epochs=40", f"similarity={kind}", *settings)

            def measure(chosen: tuple[str, ...] = chosen) -> dict[str, Any]:
                trainer = Trainer(load_recipe("default", chosen), dataset.train)
                for _ in range(trainer.n_epochs):
                    trainer.train_epoch()
                report = evaluate(encode_dataset(trainer.finished_model(), dataset))
                return {"pushed": pushed_true(trainer, label), "map": report["map_mean"]}

            result = record.get(["synthetic", *chosen], measure)
            print(row(kind, way, f"{result['pushed']:.4f}", f"{result['map']:.3f}"), flush=True)


@torch.no_grad()
def pushed_true(trainer: Trainer, label: torch.Tensor) -> float:
    """Share of the push on negatives that falls on pairs of other classes, over 512 training pairs."""
    from ucch.training.strategies import Batch

    rows = torch.arange(512)
    image, text = (torch.from_numpy(part[:512]) for part in (trainer.pairs.image, trainer.pairs.text))
    u_image, u_text = trainer.model.image_outputs(image), trainer.model.text_outputs(text)
    u = {"image": u_image, "text": u_text}
    h = dict(zip(u, trainer.strategy.activate(u_image, u_text), strict=True))
    batch = Batch(rows, {"image": image, "text": text}, u, h)
    keys, targets = trainer.strategy.keys(batch), None
    if trainer.step.guide is not None:
        guidance = trainer.step.guide(batch, keys)
        keys, targets = guidance.keys, guidance.key_targets
    assert keys.log_weights is not None
    assert keys.rows is not None
    true = (label[rows] @ label[keys.rows].T) == 0
    pushes = torch.zeros(2)
    for h in (batch.h_image, batch.h_text):
        logits = keys.similarities(h) / trainer.recipe.loss.temperature
        share = torch.softmax(torch.cat([logits[:, :1], logits[:, 1:] + keys.log_weights], dim=1), dim=1)[:, 1:]
        push = (share - (0 if targets is None else targets)).clamp(min=0)
        pushes += torch.stack([push[true].sum(), push.sum()])
    return float(pushes[0] / pushes[1])


def size() -> None:
    """Time and peak memory of both teachers on made features of the size of MIRFLICKR-25K's."""
    n = 20_000
    rng = np.random.default_rng(0)
    topics = rng.random((n, 24), dtype=np.float32) ** 8
    image = np.maximum(topics @ rng.normal(size=(24, 4096)).astype(np.float32), 0)
    image += 0.1 * rng.random((n, 4096), dtype=np.float32)
    words = topics @ rng.random((24, 1386), dtype=np.float32)
    text = (words > np.quantile(words[:1000], 0.99)).astype(np.float32)
    pairs = Pairs(image, text)
    print(row("teacher", "seconds", "peak memory, MiB"), row("---", "---:", "---:"), sep="\n")
    print(row("features made", "", peak()), flush=True)
    for kind in ("joint-semantics", "mie"):
        start = time.perf_counter()
        stage = TeacherStage(load_recipe("default", [f"similarity={kind}"]), pairs)
        while stage.epoch < stage.n_epochs:
            stage.train_epoch()
        stage.finished()
        print(row(kind, f"{time.perf_counter() - start:.0f}", peak()), flush=True)


def grow(record: Record, sizes: list[int], steps: int | None) -> None:
    """What a teacher brings as there are more and more of the same pairs, by all the default's steps or by ``steps``.

    ``fitted to`` fewer pairs than there are, it is extended to the others.
    """
    print(row("pairs", "steps", "teacher", "fitted to", "stage, s", "MAP", "gain", "peak memory, MiB"))
    print(row(*("---:", "---:", "---", *["---:"] * 5)), flush=True)
    for n in sizes:
        dataset, without = None, 0.0
        parts = [n, *(part for part in (20_000, 200_000) if part < n)] if n <= 200_000 else [200_000]
        for kind, most in (("none", 0), *(("auto", part) for part in parts)):
            chosen = ["bits=32", "model.width=256", "n_negatives=1024", f"similarity={kind}"]
            chosen += [f"most_pairs={most}"] if most else []
            if steps:
                chosen += [f"epochs={max(3, -(-steps // (n // 256)))}"]
                chosen += [f"epoch_steps={-(-steps // 3)}"]

            def measure(chosen: list[str] = chosen, n: int = n) -> dict[str, Any]:
                nonlocal dataset
                dataset = dataset or grown(n)
                return trained(dataset, chosen)

            found = record.get(["grow", n, *chosen], measure)
            without = without or found["map"]
            gain = f"{found['map'] - without:+.3f}" if most else ""
            fitted, stage = (f"{found['fitted']:,}", f"{found['seconds']:.0f}") if most else ("", "")
            figures = (f"{found['map']:.3f}", gain, found["peak"])
            print(row(f"{n:,}", f"{found['steps']:,}", found["kind"], fitted, stage, *figures), flush=True)


def grown(n: int) -> PairedDataset:
    """So many training pairs of 10 classes in noise, without labels; 2,000 queries; 20,000 of the pairs to find."""
    rng = np.random.default_rng(0)
    label = rng.integers(10, size=n + 2000)
    views = []
    for width in (64, 32):
        centres = rng.normal(size=(10, width)).astype(np.float32)
        noisy = 3 * rng.standard_normal((n + 2000, width), dtype=np.float32)
        noisy += centres[label]
        views.append(noisy)
    pairs = Pairs(*views, np.eye(10, dtype=bool)[label])
    train, query, found = (pairs.take(part) for part in (slice(2000, None), slice(0, 2000), slice(2000, 22_000)))
    return PairedDataset("made", train=Pairs(train.image, train.text), query=query, database=found)


def trained(dataset: PairedDataset, chosen: list[str]) -> dict[str, Any]:
    recipe = load_recipe("default", chosen)
    start, fitted, teacher = time.perf_counter(), 0, None
    if recipe.teacher.similarity != "none":
        stage = TeacherStage(recipe, dataset.train)
        teacher, fitted = stage.finished(), len(stage.fitted)
        del stage
    seconds = time.perf_counter() - start
    trainer = Trainer(recipe, dataset.train, teacher=teacher)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    report = evaluate(encode_dataset(trainer.finished_model(), dataset))
    kind = "none" if teacher is None else teacher.kind
    return {
        "map": report["map_mean"], "seconds": seconds, "fitted": fitted, "kind": kind, "steps": trainer.steps_done,
        "peak": peak(),
    }  # fmt: skip


def peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Teachers on made data.")
    parser.add_argument("stage", choices=("synthetic", "rule", "size", "grow"))
    parser.add_argument("--pairs", type=int, nargs="+", default=[20_000, 200_000, 2_000_000], help="of grow")
    parser.add_argument("--steps", type=int, help="of grow, at every size the same  [default: the default's own]")
    parser.add_argument("--record", type=Path, default=Path("runs/teacher_made.jsonl"), help="results, one a line")
    given = parser.parse_args()
    if given.stage == "size":
        size()
    elif given.stage == "grow":
        grow(Record(given.record), given.pairs, given.steps)
    else:
        {"synthetic": synthetic, "rule": rule}[given.stage](Record(given.record))


if __name__ == "__main__":
    if "size" not in sys.argv:
        torch.set_num_threads(1)
    main()
