"""Negative labels for one epoch: vectorised, beside a loop over samples as the published code runs it.

    python benchmarks/bench_negative_labels.py [--items 100000] [--classes 255] [--negatives 9] [--batch 64]

Both forms draw for the same made-up labels, on one thread, in turns of ``--chunk`` batches; the loop runs over
``--share`` of the epoch and is scaled up. Prints seconds of that thread's processor time per epoch, which other work on
the machine hardly changes, their ratio, and a check of every label drawn.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch

from ucch.data import NegativeLabelGenerator


def made_labels(n_items: int, n_classes: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """One to ten classes an item, of Zipf frequency, so that common classes clash often."""
    share = 1 / np.arange(1, n_classes + 1)
    labels = np.zeros((n_items, n_classes), dtype=bool)
    drawn = rng.choice(n_classes, (n_items, 10), p=share / share.sum())
    counts = rng.integers(1, 11, n_items)
    rows, columns = np.nonzero(np.arange(10) < counts[:, None])
    labels[rows, drawn[rows, columns]] = True
    return labels


def loop_negatives(
    own: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], n_negatives: int, rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """One sample after another: redraw a random label, then a training item, until no class is shared."""
    out = np.zeros((len(own), n_negatives, own.shape[1]), dtype=bool)
    for i, label in enumerate(own):
        for j in range(n_negatives // 2):
            negative = rng.random(own.shape[1]) < 5 / own.shape[1]
            while (negative & label).any() or not negative.any():
                negative = rng.random(own.shape[1]) < 5 / own.shape[1]
            out[i, j] = negative
        for j in range(n_negatives // 2, n_negatives):
            negative = labels[rng.integers(len(labels))]
            while (negative & label).any():
                negative = labels[rng.integers(len(labels))]
            out[i, j] = negative
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the drawing of negative labels.")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=255)
    parser.add_argument("--negatives", type=int, default=9)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--chunk", type=int, default=50, help="batches of one form before the other takes its turn")
    parser.add_argument("--share", type=float, default=0.1, help="share of the epoch the loop is timed on")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    labels = made_labels(given.items, given.classes, rng)
    tensors = torch.from_numpy(labels)
    generator = NegativeLabelGenerator(tensors, given.negatives, generator=torch.Generator().manual_seed(0))
    batches = np.array_split(rng.permutation(given.items), -(-given.items // given.batch))
    seconds, loop_seconds, loop_batches, clashes, empty = 0.0, 0.0, 0, 0, 0
    for number, rows in enumerate(batches):
        own = tensors[torch.from_numpy(rows)]
        start = time.process_time()
        drawn = generator(own)
        seconds += time.process_time() - start
        clashes += int((drawn & own[:, None]).any(dim=2).sum())
        empty += int((~drawn.any(dim=2)).sum())
        if number % given.chunk < given.share * given.chunk:
            start = time.process_time()
            loop_negatives(labels[rows], labels, given.negatives, rng)
            loop_seconds += time.process_time() - start
            loop_batches += 1
    loop_seconds *= len(batches) / loop_batches
    print(f"{given.items} items, {given.classes} classes, {given.negatives} negatives, batches of {given.batch}")
    print(f"vectorised  {seconds:8.2f} s per epoch")
    print(f"loop        {loop_seconds:8.2f} s per epoch, from {loop_batches} of {len(batches)} batches")
    print(f"ratio       {loop_seconds / seconds:8.1f}")
    print(f"labels that share a class {clashes}, empty {empty}")


if __name__ == "__main__":
    main()
