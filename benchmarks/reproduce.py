"""The numbers of the README: MAP of the default recipe and of the published one.

    python benchmarks/reproduce.py --data-root DIR [--quick]

DIR holds the Wikipedia set; digits is built in. Trains ``default`` at 16, 32, 64 and 128 bits with seeds 0, 1 and 2 on
both sets and ``ucch-paper`` at 64 bits on Wikipedia (some minutes, its towers are 8,192 wide), and prints the MAP of
the queries, mean of both directions, beside chance, and the seconds of training. ``--quick`` does one seed at 64 bits.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from ucch.data import PairedDataset, load_dataset
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import load_recipe
from ucch.training import Trainer


def run(dataset: PairedDataset, recipe: str, bits: int, seed: int, teacher: str) -> tuple[float, float, float]:
    """MAP, chance and seconds of one training run."""
    start = time.perf_counter()
    trainer = Trainer(load_recipe(recipe, [f"bits={bits}", f"seed={seed}", f"similarity={teacher}"]), dataset.train)
    for _ in range(trainer.n_epochs):
        trainer.train_epoch()
    seconds = time.perf_counter() - start
    report = evaluate(encode_dataset(trainer.finished_model(), dataset))
    return report["map_mean"], report["map_chance"], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", type=Path, help="folder of the Wikipedia set; only digits without it")
    parser.add_argument("--quick", action="store_true", help="one seed at 64 bits, without the published recipe")
    parser.add_argument("--teacher", default="auto", help="of the default recipe; docs/teachers.md")
    options = parser.parse_args()
    names = ["digits"] if options.data_root is None else ["digits", "wikipedia"]
    jobs = [(name, "default", bits, range(3)) for name in names for bits in (16, 32, 64, 128)]
    if options.quick:
        jobs = [(name, "default", 64, range(1)) for name in names]
    elif options.data_root is not None:
        jobs.append(("wikipedia", "ucch-paper", 64, range(1)))
    print("| data | recipe | bits | MAP | seeds | chance | seconds |\n|---|---|---|---|---|---|---|")
    for name, recipe, bits, seeds in jobs:
        dataset = load_dataset(name, options.data_root)
        maps, chances, seconds = zip(
            *(run(dataset, recipe, bits, seed, options.teacher) for seed in seeds), strict=True
        )
        each = " ".join(f"{value:.3f}" for value in maps)
        print(
            f"| {name} | {recipe} | {bits} | {statistics.mean(maps):.3f} | {each} | {chances[0]:.3f} |"
            f" {statistics.mean(seconds):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
