"""What bfloat16 and int8 tables cost in MAP, and whether rounding to nearest is good enough.

Trains the default recipe at 64 bits, with towers 256 wide and the table in each dtype, at the published momentum of .4
and at longer memories, and retrieves a held-out sixth of the training rows (MAP@ALL, mean of both directions).
Stochastic rounding is tried beside rounding to nearest. ``--test`` scores momentum .4 on the query split instead and
chooses nothing.

    python benchmarks/table_dtype_study.py --data-root DIR [--test]   # DIR holds wikipedia/; without it digits alone
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path

import torch
from default_study import folder_of, held_out, map_mean
from torch import Tensor

from ucch.data import load_dataset
from ucch.optim import CodeBank, momentum
from ucch.recipe import Recipe, with_settings
from ucch.training import Trainer

TABLES = (("float32", "nearest"), ("bfloat16", "nearest"), ("int8", "nearest"), ("int8", "stochastic"))


def encode_at_random(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Round up or down with the probabilities that keep the mean."""
    steps = values * 32 * sqrt(values.shape[1]) - 0.5
    return (steps + torch.rand_like(steps)).floor().clamp(-128, 127).to(dtype)


@contextmanager
def table_of(dtype: str, rounding: str) -> Iterator[None]:
    """Give every new code bank this dtype; there is no recipe key for it."""
    options, encode = CodeBank.__init__.__kwdefaults__, momentum.encode_rows
    options["dtype"] = getattr(torch, dtype)
    if rounding == "stochastic":
        momentum.encode_rows = encode_at_random
    try:
        yield
    finally:
        options["dtype"], momentum.encode_rows = torch.float32, encode


def score(name: str, root: Path | None, setting: list[str], seed: int, test: bool) -> float:
    if test:
        dataset = load_dataset(name, data_root=folder_of(name, root))
        train, query = dataset.train, dataset.query
    else:
        train, query = held_out(name, root)
    trainer = Trainer(with_settings(Recipe(), [f"seed={seed}", "model.width=256", *setting]), train)
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    return map_mean(trainer.model, query, train)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--test", action="store_true")
    options = parser.parse_args()
    momenta = (0.4,) if options.test else (0.4, 0.9, 0.99)
    for name in ("digits", "wikipedia") if options.data_root else ("digits",):
        for value in momenta:
            for dtype, rounding in TABLES[:3] if options.test else TABLES:
                with table_of(dtype, rounding):
                    setting = [f"table.momentum={value}"]
                    scores = [
                        score(name, options.data_root, setting, seed, options.test) for seed in range(options.seeds)
                    ]
                print(
                    f"{name:<10} momentum {value:<5} {dtype:<9} {rounding:<11} {statistics.mean(scores):.4f}"
                    f" +- {statistics.pstdev(scores):.4f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
