"""Training on a stream of made pairs: memory at every million, rate and what is learnt, beside training in memory.

    python benchmarks/stream_study.py                     # 20,000,000 pairs x 512; hours
    python benchmarks/stream_study.py --millions 1

Pairs are made as they are asked for, 100,000 at a time: 20 groups in noise, each modality in a space of its own,
float16; nothing of them is on the disk. 64 bits, towers ``--width`` wide, no teacher. ``own`` is what the process holds
itself, ``files`` pages of files, nearly all of them libraries. Training in memory makes as many steps on ``--held``
pairs, at most 2,000 of them. The MAP is of 1,000 queries among 10,000 pairs that neither has seen, by their groups.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from scale import GROUPS, NOISE, WIDTH, resident

from ucch.data import PairedDataset, Pairs
from ucch.evaluation import encode_dataset, evaluate
from ucch.models import HashModel
from ucch.recipe import load_recipe
from ucch.training import StreamTraining, Trainer, train_stream

SHARD, STEPS_IN_MEMORY = 100_000, 2000


def made(seed: int, n_pairs: int, *, labelled: bool = False) -> Pairs:
    """Pairs that differ by the seed, of the same groups."""
    fixed, rng = np.random.default_rng(0), np.random.default_rng([1, seed])
    group = rng.integers(GROUPS, size=n_pairs)
    views = []
    for _ in range(2):
        centres = fixed.standard_normal((GROUPS, WIDTH), dtype=np.float32)
        rows = rng.standard_normal((n_pairs, WIDTH), dtype=np.float32)
        rows *= NOISE
        rows += centres[group]
        views.append(rows.astype(np.float16))
    return Pairs(*views, np.eye(GROUPS, dtype=bool)[group] if labelled else None)


def found(model: HashModel) -> float:
    unseen = made(2**31, 11_000, labelled=True)
    asked, items = unseen.take(slice(0, 1000)), unseen.take(slice(1000, None))
    report: dict[str, Any] = evaluate(encode_dataset(model, PairedDataset("made", items, asked)))
    return float(report["map_mean"])


def streamed(settings: list[str], n_shards: int, every: int) -> None:
    """Print a row at every million pairs, or as often as asked."""
    print("| pairs | own memory, MB | pages of files, MB | pairs/s while training | loss | MAP |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    seconds: list[float] = []

    def shards() -> Iterator[Pairs]:
        for number in range(n_shards):
            yield made(number, SHARD)

    def say(training: StreamTraining, line: dict[str, float]) -> None:
        seconds.append(line["seconds"])
        if training.shard % every and training.shard < n_shards:
            return
        own, files = resident(os.getpid())
        rate = len(seconds) * SHARD / sum(seconds)
        print(f"| {training.shard * SHARD:,} | {own:,.0f} | {files:,.0f} | {rate:,.0f} | {line['loss']:.3f} |"
              f" {found(training.finished_model()):.3f} |", flush=True)  # fmt: skip
        seconds.clear()

    train_stream(shards(), load_recipe("default", settings), n_shards=n_shards, on_shard=say)


def held(settings: list[str], n_pairs: int, steps: int) -> None:
    """Train in memory for so many steps."""
    parts = [made(number, min(SHARD, n_pairs - number * SHARD)) for number in range(-(-n_pairs // SHARD))]
    image, text = (np.concatenate([getattr(part, name) for part in parts]) for name in ("image", "text"))
    pairs = Pairs(image, text)
    del parts, image, text
    epochs = max(3, steps // (n_pairs // 256))
    recipe = load_recipe("default", [*settings, f"epochs={epochs}", f"epoch_steps={max(1, steps // epochs)}"])
    trainer = Trainer(recipe, pairs, teacher=None)
    start = time.perf_counter()
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    own, files = resident(os.getpid())
    rate = 256 * trainer.steps_done / (time.perf_counter() - start)
    score = found(trainer.finished_model())
    print(f"\nin memory, {n_pairs:,} pairs, {trainer.steps_done:,} steps: {rate:,.0f} pairs/s, MAP {score:.3f},")
    print(f"own memory {own:,.0f} MB, pages of files {files:,.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--millions", type=float, default=20)
    parser.add_argument("--every", type=int, default=10, help="shards of 100,000 pairs from row to row")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--held", type=int, default=200_000, help="pairs of the training in memory")
    given = parser.parse_args()
    torch.set_num_threads(1)
    settings = [f"model.width={given.width}", "goal=categories", "similarity=none"]
    n_shards = round(given.millions * 1e6 / SHARD)
    streamed(settings, n_shards, given.every)
    held(settings, given.held, min(STEPS_IN_MEMORY, n_shards * (SHARD // 256)))


if __name__ == "__main__":
    main()
