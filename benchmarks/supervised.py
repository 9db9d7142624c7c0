"""The methods with labels beside the unsupervised default, on the same data and bits.

    python benchmarks/supervised.py select --data-root DIR   # hyper-parameters, on rows carved from training only
    python benchmarks/supervised.py test --data-root DIR     # the chosen recipes on the query split
    python benchmarks/supervised.py pseudo --data-root DIR   # the same without labels, on labels made up

DIR holds wikipedia/ and mirflickr25k/; without it digits alone is run. ``select`` sets a sixth of the training rows
aside (at most 1,000), by a fixed generator, trains on the rest and lets the rows set aside query it; the others select
nothing. MAP@ALL, mean of both directions, ties as an exact expectation. Every run is appended to ``--record`` and not
repeated, so that a stopped study goes on; the table goes to stdout.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ucch.data import PairedDataset, load_dataset
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import load_recipe
from ucch.training import Trainer

FOLDERS = {"wikipedia": "wikipedia", "mirflickr-tags": "mirflickr25k"}
Rows = list[tuple[str, tuple[str, ...]]]  # a recipe and its settings
PLAIN = ("similarity=none",)  # the unsupervised default without its teacher
RECIPES: Rows = [("default", PLAIN), ("unihash", ()), ("mlwch-like", ())]
# One change at a time from the recipe as it stands, 32 bits, one seed.
CHOICES: Rows = [
    ("default", PLAIN),
    ("unihash", ()),
    ("unihash", ("n_layers=3",)),
    ("unihash", ("learning_rate=1e-3",)),
    ("unihash", ("width=256",)),
    ("unihash", ("outputs=query",)),
    ("unihash", ("against=table",)),
    ("unihash", ("reduction=sum", "pair_weight=1")),
    ("mlwch-like", ()),
    ("mlwch-like", ("contrast_temperature=0.5",)),
    ("mlwch-like", ("batch_size=128",)),
    ("mlwch-like", ("nonlinear_weight=0",)),
    ("mlwch-like", ("against=table",)),
    ("mlwch-like", ("labels.ucch_weight=1",)),
]
PSEUDO: Rows = [
    ("default", PLAIN),
    *((recipe, (f"pseudo={kind}",)) for recipe in ("unihash", "mlwch-like") for kind in ("tags", "kmeans")),
]


def load(name: str, data_root: Path | None) -> PairedDataset:
    return load_dataset(name, data_root / FOLDERS[name] if data_root and name in FOLDERS else None)


def carved(dataset: PairedDataset) -> PairedDataset:
    """The training rows without a sixth of them, asked by that sixth; the query split is not touched."""
    train = dataset.train
    order = np.random.default_rng(0).permutation(len(train))
    n_held = min(len(train) // 6, 1000)
    return PairedDataset(
        dataset.name,
        train=train.take(np.sort(order[n_held:]), split="train"),
        query=train.take(np.sort(order[:n_held]), split="query"),
    )


def run(dataset: PairedDataset, recipe: str, settings: Iterable[str]) -> dict[str, Any]:
    trainer = Trainer(load_recipe(recipe, settings), dataset.train)
    seconds = sum(trainer.train_epoch().seconds for _ in range(trainer.n_epochs))
    report = evaluate(encode_dataset(trainer.finished_model(), dataset))
    return {"map": report["map_mean"], "chance": report["map_chance"], "seconds": seconds}


class Record:
    """Results on disk, one a line; what is there is not run again."""

    def __init__(self, path: Path) -> None:
        self.path, self.known = path, {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.known[json.dumps(entry["key"])] = entry["value"]

    def has(self, key: list[Any]) -> bool:
        return json.dumps(key) in self.known

    def get(self, key: list[Any], compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        name = json.dumps(key)
        if name not in self.known:
            self.known[name] = compute()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "value": self.known[name]}) + "\n")
        return self.known[name]


def select(record: Record, names: list[str], data_root: Path | None) -> None:
    sets = {name: carved(load(name, data_root)) for name in names}
    print(row("recipe", "change", *names), row("---", "---", *["---:"] * len(names)), sep="\n")
    for recipe, settings in CHOICES:
        maps = []
        for name in names:
            chosen = ["bits=32", *settings]
            key = ["select", name, recipe, *chosen]
            result = record.get(key, lambda d=sets[name], r=recipe, c=chosen: run(d, r, c))
            maps.append(f"{result['map']:.3f}")
        print(row(recipe, ", ".join(settings) or "as it stands", *maps), flush=True)


def test(record: Record, names: list[str], data_root: Path | None, rows: Rows, seeds: range) -> None:
    sets = {name: load(name, data_root) for name in names}
    cases = [(name, bits, recipe, settings) for name in names for bits in (32, 64) for recipe, settings in rows]

    def result(name: str, bits: int, recipe: str, settings: tuple[str, ...], seed: int) -> dict[str, Any]:
        chosen = [f"bits={bits}", f"seed={seed}", *settings]
        return record.get(["test", name, recipe, *chosen], lambda: run(sets[name], recipe, chosen))

    for seed in seeds:  # a stopped study has whole seeds
        for case in cases:
            result(*case, seed)
    print(row("data", "bits", "recipe", "supervised", "MAP", "deviation", "chance", "seconds"))
    print(row("---", "---:", "---", "---", "---:", "---:", "---:", "---:"))
    for name, bits, recipe, settings in cases:
        results = [result(name, bits, recipe, settings, seed) for seed in seeds]
        maps, seconds = ([one[key] for one in results] for key in ("map", "seconds"))
        supervised = "yes" if load_recipe(recipe, settings).supervised else "no"
        cells = row(name, bits, ", ".join([recipe, *settings]), supervised, "{:.3f}", "{:.3f}", "{:.3f}", "{:.0f}")
        print(cells.format(np.mean(maps), np.std(maps), results[0]["chance"], np.mean(seconds)))


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="Methods with labels beside the unsupervised default.")
    parser.add_argument("stage", choices=("select", "test", "pseudo"))
    parser.add_argument("--data-root", type=Path, help="folder with wikipedia/ and mirflickr25k/")
    parser.add_argument("--data", nargs="+", help="sets to run; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--record", type=Path, default=Path("runs/supervised.jsonl"), help="results, one a line")
    given = parser.parse_args()
    names = given.data or (["digits", *FOLDERS] if given.data_root else ["digits"])
    if given.stage == "select":
        select(Record(given.record), names, given.data_root)
    else:
        rows = RECIPES if given.stage == "test" else PSEUDO
        test(Record(given.record), names, given.data_root, rows, range(given.seeds))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
