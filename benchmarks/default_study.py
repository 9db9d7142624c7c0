"""Find the default recipe: vary one choice at a time and retrieve held-out training rows.

A sixth of the training rows is set aside by a fixed generator; the rest trains, and the rows set aside query it
(MAP@ALL, mean of both directions, ties as an exact expectation). The query split is read for the last table
only, which scores the chosen recipe and selects nothing. This is a design study: it reads labels, to choose
defaults that then serve every set without labels.

    python benchmarks/default_study.py --data-root DIR            # DIR holds wikipedia/ and mirflickr25k/
    python benchmarks/default_study.py --quick                    # digits alone, four rows

Every run is appended to ``--record`` and not repeated. The tables go between the marks of ``--out``; the text around
them is kept.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ucch.data import Pairs, load_dataset
from ucch.metrics import distance_histograms, first_relevant_rank, mean_average_precision, reciprocal_rank
from ucch.models import HashModel
from ucch.recipe import Recipe, with_settings
from ucch.training import Trainer

FOLDERS = {"wikipedia": "wikipedia", "mirflickr-tags": "mirflickr25k"}
SMALL, LARGE = ("wikipedia", "digits"), ("mirflickr-tags", "made-clip")

# Where every row of the table starts; a row changes what it names. ``steps`` and ``least_epochs`` decide the epochs.
START: dict[str, Any] = {
    "steps": 600, "least_epochs": 5, "learning_rate": 5e-4, "schedule": "cosine", "weight_decay": 1e-6,
    "batch_size": 256, "beta": 0.7, "temperature": 0.9, "shift": 0.1, "margin": 0.2, "kappa": 1.0, "momentum": 0.4,
    "n_negatives": 4096, "warmup_epochs": 1, "width": 1024,
}  # fmt: skip


# One change at a time, on narrower towers for speed; published values are beta .7 (.9 in the code), temperature .9,
# shift .1 (1 in the code), margin .2, kappa 1, momentum .4, 4,096 negatives, batches of 256, weight decay 1e-6.
SINGLE: list[dict[str, Any]] = [{"width": 512, **row} for row in (
    {},
    {"learning_rate": 2e-4}, {"learning_rate": 1e-3}, {"learning_rate": 2e-3},
    {"steps": 300}, {"steps": 1000}, {"schedule": "constant"},
    {"beta": 0.5}, {"beta": 0.9}, {"temperature": 0.5}, {"temperature": 0.3},
    {"shift": 0.0}, {"shift": 1.0}, {"kappa": 0.5}, {"kappa": 0.2},
    {"momentum": 0.0}, {"momentum": 0.7}, {"momentum": 0.9}, {"batch_size": 128}, {"batch_size": 512},
    {"margin": 0.5}, {"weight_decay": 1e-4}, {"n_negatives": 512},
)]  # fmt: skip
LARGE_ROWS: list[dict[str, Any]] = [
    {}, {"learning_rate": 1e-3}, {"learning_rate": 1e-3, "steps": 300},
]  # fmt: skip
FINALISTS: list[dict[str, Any]] = [{}, {"learning_rate": 1e-3}]
CHOSEN: dict[str, Any] = {"learning_rate": 1e-3}


def made_embeddings(n_pairs: int = 8000, seed: int = 0) -> Pairs:
    """Make pairs as a contrastive two-tower model gives them: unit rows, a gap between modalities, 30 topics, noise.

    An item has one to three topics of unequal frequency and a part of its own; both modalities see both parts, each
    adds noise in directions of its own and everywhere, and all rows of a modality share a large mean direction.
    """
    rng = np.random.default_rng(seed)
    n_topics, n_dims = 30, 512
    share = 1 / np.arange(2, n_topics + 2)
    topics = np.zeros((n_pairs, n_topics), dtype=bool)
    for row, count in zip(topics, rng.integers(1, 4, n_pairs), strict=True):
        row[rng.choice(n_topics, count, replace=False, p=share / share.sum())] = True

    def directions(n: int) -> np.ndarray[Any, Any]:
        return rng.standard_normal((n, n_dims)) / math.sqrt(n_dims)

    strength = topics * rng.uniform(0.5, 1.0, topics.shape)
    content = strength @ directions(n_topics) + rng.standard_normal((n_pairs, 64)) @ directions(64) * 0.15
    views = []
    for _ in range(2):
        own = rng.standard_normal((n_pairs, 32)) @ directions(32) * 0.2
        noise = rng.standard_normal((n_pairs, n_dims)) / math.sqrt(n_dims) * 1.8
        view = content + own + noise + 2.0 * directions(1)
        views.append((view / np.linalg.norm(view, axis=1, keepdims=True)).astype(np.float32))
    return Pairs(views[0], views[1], topics)


def folder_of(name: str, data_root: Path | None) -> Path | None:
    return data_root / FOLDERS[name] if data_root and name in FOLDERS else None


@cache
def held_out(name: str, data_root: Path | None) -> tuple[Pairs, Pairs]:
    """Training rows of a set without a sixth of them, and that sixth."""
    train = made_embeddings() if name == "made-clip" else load_dataset(name, data_root=folder_of(name, data_root)).train
    order = np.random.default_rng(0).permutation(len(train))
    n_held = len(train) // 6
    return train.take(order[n_held:]), train.take(order[:n_held])


def map_mean(model: HashModel, query: Pairs, database: Pairs) -> float:
    """MAP@ALL, mean of both directions."""
    assert query.label is not None
    assert database.label is not None
    both = (
        (model.encode_image(query.image), model.encode_text(database.text)),
        (model.encode_text(query.text), model.encode_image(database.image)),
    )
    counts = [distance_histograms(*codes, query.label, database.label, model.n_bits) for codes in both]
    return float(np.mean([mean_average_precision(each) for each in counts]))


def pair_scores(model: HashModel, pairs: Pairs) -> dict[str, float]:
    """Label-free scores of held-out pairs among themselves: mean reciprocal rank and mean rank of the own partner."""
    image, text, own = model.encode_image(pairs.image), model.encode_text(pairs.text), np.arange(len(pairs))
    counts = [distance_histograms(*codes, own, own, model.n_bits) for codes in ((image, text), (text, image))]
    return {
        "reciprocal_rank": float(np.mean([reciprocal_rank(each) for each in counts])),
        "mean_rank": float(np.mean([first_relevant_rank(each) for each in counts])),
    }


def recipe_of(choices: dict[str, Any], n_pairs: int, seed: int) -> Recipe:
    """Recipe of a row of the table; its epochs follow from ``steps`` and ``least_epochs``."""
    rest = {**START, **choices}
    steps, least = rest.pop("steps"), rest.pop("least_epochs")
    per_epoch = n_pairs // min(rest["batch_size"], n_pairs)
    rest |= {"epochs": max(least, math.ceil(steps / per_epoch)), "seed": seed}
    return with_settings(Recipe(), [f"{key}={value}" for key, value in rest.items()])


def run_choice(choices: dict[str, Any], train: Pairs, held: Pairs, seed: int) -> dict[str, Any]:
    """Train once and retrieve the held-out rows from the others."""
    trainer = Trainer(recipe_of(choices, len(train), seed), train)
    start = time.perf_counter()
    for _ in range(trainer.n_epochs):
        stats = trainer.train_epoch()
    seconds = time.perf_counter() - start
    steps = trainer.n_epochs * trainer.steps_per_epoch
    return {"map": map_mean(trainer.model, held, train), "steps": steps, "epochs": trainer.n_epochs,
            "loss": stats.loss, "seconds": seconds}  # fmt: skip


def run_keep(choices: dict[str, Any], train: Pairs, held: Pairs, seed: int) -> dict[str, Any]:
    """Follow label-free scores of a tenth of the training pairs over the epochs; the held-out rows judge them."""
    order = np.random.default_rng(1).permutation(len(train))
    scored, rest = train.take(order[: len(train) // 10]), train.take(order[len(train) // 10 :])
    trainer = Trainer(recipe_of(choices, len(rest), seed), rest)
    every = max(1, trainer.n_epochs // 25)
    epochs: list[dict[str, float]] = []
    for epoch in range(1, trainer.n_epochs + 1):
        trainer.train_epoch()
        if epoch % every == 0 or epoch == trainer.n_epochs:
            epochs.append({"epoch": epoch, "map": map_mean(trainer.model, held, train),
                           **pair_scores(trainer.model, scored)})  # fmt: skip
    return {
        "last": epochs[-1]["map"],
        "by_reciprocal_rank": max(epochs, key=lambda e: e["reciprocal_rank"])["map"],
        "by_mean_rank": min(epochs, key=lambda e: e["mean_rank"])["map"],
        "oracle": max(e["map"] for e in epochs),
        "epochs": epochs,
    }


class Record:
    """Results on disk, one line each, so that a long study can stop and go on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.results = {self._key(row["of"]): row for row in map(json.loads, lines)}

    @staticmethod
    def _key(of: dict[str, Any]) -> str:
        return json.dumps(of, sort_keys=True)

    def get(self, of: dict[str, Any]) -> dict[str, Any] | None:
        return self.results.get(self._key(of))

    def add(self, of: dict[str, Any], result: dict[str, Any]) -> None:
        self.results[self._key(of)] = {"of": of, **result}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"of": of, **result}) + "\n")


class Study:
    """Run what a table needs and write it."""

    def __init__(self, record: Record, data_root: Path | None, names: list[str]) -> None:
        self.record, self.data_root, self.names = record, data_root, names

    def once(self, kind: str, choices: dict[str, Any], name: str, seed: int) -> dict[str, Any]:
        """Result of one run, from the record where it stands there."""
        of = {"kind": kind, "set": name, "choices": choices, "seed": seed}
        if (known := self.record.get(of)) is not None:
            return known
        train, held = held_out(name, self.data_root)
        if kind == "test":
            dataset = load_dataset(name, data_root=folder_of(name, self.data_root))
            train, held = dataset.train, dataset.query
        result = (run_keep if kind == "keep" else run_choice)(choices, train, held, seed)
        self.record.add(of, result)
        print(f"{kind} {name} seed {seed} {words(choices)}", flush=True)
        return result

    def choices_table(self, rows: Iterable[dict[str, Any]], names: tuple[str, ...], seeds: tuple[int, ...]) -> str:
        """MAP of every row on every set, the mean over sets, and its distance from the first row."""
        names = tuple(name for name in names if name in self.names)
        lines, first = [header("choice", *names, "mean", "against the first row")], None
        for choices in rows:
            values = [np.mean([self.once("choice", choices, name, seed)["map"] for seed in seeds]) for name in names]
            mean = float(np.mean(values))
            first = mean if first is None else first
            lines.append(line(words(choices), *(f"{v:.4f}" for v in values), f"{mean:.4f}", f"{mean - first:+.4f}"))
        return "\n".join(lines)

    def keep_table(self, choices: dict[str, Any], names: tuple[str, ...], seeds: tuple[int, ...]) -> str:
        """MAP of the last epoch beside those that label-free scores choose, and the best there was."""
        columns = ("last", "by_reciprocal_rank", "by_mean_rank", "oracle")
        lines = [header("set", *(c.replace("_", " ") for c in columns))]
        for name in (name for name in names if name in self.names):
            runs = [self.once("keep", choices, name, seed) for seed in seeds]
            lines.append(line(name, *(f"{np.mean([run[column] for run in runs]):.4f}" for column in columns)))
        return "\n".join(lines)

    def test_table(self, choices: dict[str, Any], names: tuple[str, ...], seeds: tuple[int, ...]) -> str:
        """The chosen recipe on the query split."""
        lines = [header("set", "steps", *(f"seed {seed}" for seed in seeds), "mean")]
        for name in (name for name in names if name in self.names):
            runs = [self.once("test", choices, name, seed) for seed in seeds]
            maps = [run["map"] for run in runs]
            lines.append(line(name, runs[0]["steps"], *(f"{v:.4f}" for v in [*maps, np.mean(maps)])))
        return "\n".join(lines)


def words(choices: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in choices.items() if key != "width") or "start"


def line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def header(*cells: str) -> str:
    return f"{line(*cells)}\n{line('---', *['---:'] * (len(cells) - 1))}"


def write_tables(path: Path, tables: dict[str, str]) -> None:
    """Put tables between the marks ``<!-- name -->`` and ``<!-- end name -->``; a new file gets the marks."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for name, table in tables.items():
        start, end = f"<!-- {name} -->", f"<!-- end {name} -->"
        if start not in text:
            text += f"\n{start}\n{end}\n"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n\n{table}\n\n{end}{rest.partition(end)[2]}"
    path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Find the default recipe on held-out training rows.")
    parser.add_argument("--data-root", type=Path, help="folder with wikipedia/ and mirflickr25k/")
    parser.add_argument("--quick", action="store_true", help="digits alone, four rows, one seed")
    parser.add_argument("--record", type=Path, default=Path("runs/default_study.jsonl"), help="results, one a line")
    parser.add_argument("--out", type=Path, help="page to write the tables into; printed where absent")
    given = parser.parse_args()
    names = ["digits"] if given.quick else [*SMALL, *LARGE]
    study = Study(Record(given.record), given.data_root, names)
    if given.quick:
        tables = {"quick": study.choices_table(SINGLE[:4], SMALL, (0,))}
    else:
        tables = {
            "single": study.choices_table(SINGLE, SMALL, (0,)),
            "large": study.choices_table(LARGE_ROWS, LARGE, (0,)),
            "finalists": study.choices_table(FINALISTS, SMALL, (0, 1)),
            "keep": study.keep_table({**CHOSEN, "width": 512}, SMALL, (0, 1)),
            "test": study.test_table(CHOSEN, SMALL, (0, 1, 2)),
        }
    if given.out:
        write_tables(given.out, tables)
    else:
        print("\n\n".join(f"{name}\n\n{table}" for name, table in tables.items()))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
