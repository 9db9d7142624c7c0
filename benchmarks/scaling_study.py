"""Compare feature scalings on sets of every kind: the table behind ``auto``.

    python benchmarks/scaling_study.py --data-root DIR --out docs/scaling_table.md

DIR holds ``wikipedia/`` and ``mirflickr25k/``; sets whose files are absent are left out. ``--own FILE.npz``, as often
as wanted, adds sets of one's own, in the form that ``ucch train --data`` takes. About ten minutes on one core.

This is a design study: a fifth of the *training* rows is set aside and its labels judge the scalings; query splits
are never read. ``ucch train`` reads no labels, and ``auto`` decides from the features alone.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from default_study import header, line, map_mean, pair_scores, write_tables

from ucch.data import FeatureScaler, Pairs, load_dataset, multi_hot
from ucch.data.scaling import MODES
from ucch.recipe import Recipe, with_settings
from ucch.training import Trainer

Matrix = npt.NDArray[Any]
Classes = npt.NDArray[np.int64]

FOLDERS = {"wikipedia": "wikipedia", "mirflickr-tags": "mirflickr25k"}
COLUMNS = ("none", "center", "unit", "standard", "global")
LENGTHS = {"1": 1.0, "2": 2.0, "sqrt(d)": None}  # of a centred row
LENGTH_SETS = ("digits", "wikipedia", "mirflickr-tags", "made-counts", "made-activations", "made-embeddings")
WIDTH, MOST_ROWS, SEEDS = 256, 2000, (0, 1)
MODE_STEPS, LENGTH_STEPS = 240, 600  # 600 as in the default recipe, since longer rows learn faster at first


# Made sets: two views of ten classes, each of another kind of features, 2,000 pairs.


def latent(rng: np.random.Generator, n: int = MOST_ROWS) -> tuple[Classes, Matrix]:
    """Classes and what both views have in common: a class centre and a part of the item's own."""
    label = rng.integers(10, size=n)
    return label, rng.normal(size=(10, 24))[label] + 1.2 * rng.normal(size=(n, 24))


def topics(rng: np.random.Generator, n: int = MOST_ROWS) -> tuple[Classes, Matrix]:
    """Classes and mixtures of twenty topics."""
    label = rng.integers(10, size=n)
    centre = rng.dirichlet(np.full(20, 0.3), size=10) * 6 + 0.05
    return label, np.stack([rng.dirichlet(centre[one]) for one in label])


def mixtures(rng: np.random.Generator) -> tuple[Matrix, Matrix, Classes]:
    """Topic mixtures of 20 and 12 topics, each inferred with noise."""
    label, mixture = topics(rng)
    merged = mixture @ rng.dirichlet(np.full(12, 0.2), size=20)
    image, text = (
        np.stack([rng.dirichlet(trust * row + 0.02) for row in rows]) for trust, rows in ((30, mixture), (15, merged))
    )
    return image, text, label


def counts(rng: np.random.Generator, spread: float) -> tuple[Matrix, Matrix, Classes]:
    """Word counts, 600 and 300 words, half of the first drawn from a few frequent words; lengths are log-normal."""
    label, mixture = topics(rng)
    views = []
    for words, length, common in ((600, 150, 0.5), (300, 20, 0.2)):
        frequent = rng.permutation(1 / np.arange(1.0, words + 1))
        chance = (1 - common) * mixture @ rng.dirichlet(np.full(words, 0.05), size=20)
        chance += common * frequent / frequent.sum()
        views.append(rng.poisson(length * np.exp(spread * rng.normal(size=(len(label), 1))) * chance))
    return views[0].astype(np.uint16), views[1].astype(np.uint16), label


def activations(rng: np.random.Generator) -> tuple[Matrix, Matrix, Classes]:
    """Outputs of a ReLU layer, 1,024 correlated and heavy-tailed; binary tags, 300, some eight per cent set."""
    label, common = latent(rng)
    n = len(label)
    hidden = np.maximum(common @ rng.normal(size=(24, 128)) / 5 + 0.3 * rng.normal(size=(n, 128)), 0)
    drive = hidden @ rng.normal(size=(128, 1024)) / 8 + rng.normal(-0.3, 0.7, size=1024)
    gain = np.exp(rng.normal(size=1024)) * np.exp(0.3 * rng.normal(size=(n, 1)))
    image = np.maximum(drive + 0.5 * rng.normal(size=(n, 1024)), 0) * gain
    odds = common @ rng.normal(size=(24, 300)) / 3 - 4 + 0.5 * rng.normal(size=300)
    return image.astype(np.float32), rng.random((n, 300)) < 1 / (1 + np.exp(-odds)), label


def embeddings(rng: np.random.Generator, lengths: float = 0.0, outliers: float = 0.0) -> tuple[Matrix, Matrix, Classes]:
    """Unit rows of 256 with a decaying spectrum and a large common direction; or of uneven length, or with two
    outlying dimensions in the image view."""
    label, common = latent(rng)
    n, views = len(label), []
    for cone in (1.3, 1.7):
        spectrum = 1 / np.sqrt(1 + np.arange(256))
        rows = (common @ rng.normal(size=(24, 256)) / 5 + rng.normal(size=(n, 256))) * spectrum
        rows = rows @ np.linalg.qr(rng.normal(size=(256, 256)))[0]
        direction = rng.normal(size=256)
        rows = rows / np.sqrt(np.square(rows).sum(axis=1).mean()) + cone * direction / np.linalg.norm(direction)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        views.append((rows * np.exp(lengths * rng.normal(size=(n, 1)))).astype(np.float32))
    if outliers:
        views[0][:, 7] = outliers * (3 + 2 * rng.normal(size=n))
        views[0][:, 99] = outliers * (rng.normal(size=n) - 1)
    return views[0], views[1], label


MADE: dict[str, Callable[[np.random.Generator], tuple[Matrix, Matrix, Classes]]] = {
    "made-mixtures": mixtures,
    "made-counts": partial(counts, spread=0.2),
    "made-counts-uneven": partial(counts, spread=0.9),
    "made-activations": activations,
    "made-embeddings": embeddings,
    "made-embeddings-raw": partial(embeddings, lengths=1.0),
    "made-embeddings-outliers": partial(embeddings, outliers=1.0),
}


def training_pairs(data_root: Path | None, own: list[Path]) -> dict[str, Pairs]:
    """Training pairs of every set that is there; of the real ones no other split is touched."""
    sets = {"digits": load_dataset("digits").train}
    for name, folder in FOLDERS.items():
        if data_root is not None and (data_root / folder).is_dir():
            sets[name] = load_dataset(name, data_root=data_root / folder).train
    sets |= {path.stem: load_dataset(path).train for path in own}
    for name, make in MADE.items():
        image, text, label = make(np.random.default_rng(0))
        sets[name] = Pairs(image, text, multi_hot({"label": label})["label"])
    return sets


class Study:
    """Train small towers on one set after another; a combination of modes is trained once for each seed."""

    def __init__(self, sets: dict[str, Pairs]) -> None:
        self.sets = sets
        self.scores: dict[tuple[str, tuple[str, str], int], float] = {}

    def split(self, name: str, seed: int) -> tuple[Pairs, Pairs]:
        """Training rows, and the fifth set aside."""
        pairs = self.sets[name]
        order = np.random.default_rng(seed).permutation(len(pairs))[:MOST_ROWS]
        return pairs.take(order[len(order) // 5 :]), pairs.take(order[: len(order) // 5])

    def choices(self, name: str) -> tuple[str, str]:
        """What ``auto`` resolves to for image and text, on the split of the first seed."""
        train, _ = self.split(name, SEEDS[0])
        return FeatureScaler.fit(train.image).resolved, FeatureScaler.fit(train.text).resolved

    def mean(self, name: str, modes: tuple[str, str]) -> float:
        """Mean score over the seeds with these modes for image and text."""
        for seed in SEEDS:
            if (name, modes, seed) not in self.scores:
                self.scores[name, modes, seed] = train_and_score(*self.split(name, seed), modes, seed, MODE_STEPS)
        return float(np.mean([self.scores[name, modes, seed] for seed in SEEDS]))

    def modes_table(self) -> str:
        """One row a set, one column a mode; ``auto`` is not trained again where it is a column."""
        lines = [header("set", *COLUMNS, "auto", "auto: image", "auto: text")]
        for name in self.sets:
            means = [self.mean(name, (mode, mode)) for mode in COLUMNS]
            image, text = self.choices(name)
            asked = (image if image in MODES else "auto", text if text in MODES else "auto")
            means.append(self.mean(name, asked))
            best = max(means)
            cells = [f"**{mean:.3f}**" if mean == best else f"{mean:.3f}" for mean in means]
            lines.append(line(name, *cells, image, text))
            print(lines[-1], flush=True)
        return "\n".join(lines)

    def lengths_table(self) -> str:
        """Centred features divided by one scale, so that a training row has the length of the column."""
        lines = [header("set", *LENGTHS)]
        for name in (name for name in LENGTH_SETS if name in self.sets):
            cells = []
            for length in LENGTHS.values():
                scores = []
                for seed in SEEDS:
                    train, held = self.split(name, seed)
                    near, far = (stretch(part, train, length) for part in (train, held))
                    scores.append(train_and_score(near, far, ("none", "none"), seed, LENGTH_STEPS))
                cells.append(f"{np.mean(scores):.3f}")
            lines.append(line(name, *cells))
            print(lines[-1], flush=True)
        return "\n".join(lines)

    def spread(self) -> str:
        """How far two seeds, each with its own split, lie apart in the table of modes."""
        runs = {(name, modes) for name, modes, _ in self.scores}
        apart = [np.ptp([self.scores[name, modes, seed] for seed in SEEDS]) for name, modes in runs]
        return f"Two seeds of one cell lie {np.mean(apart):.3f} apart on average, {np.max(apart):.3f} at most."


def stretch(pairs: Pairs, train: Pairs, length: float | None) -> Pairs:
    """Apply ``global`` as fitted on ``train`` and multiply by ``length``; None stands for sqrt(d), variances of 1."""

    def one(features: Matrix, fitted_on: Matrix) -> Matrix:
        scaled: Matrix = FeatureScaler.fit(fitted_on, "global")(torch.from_numpy(features)).numpy()
        return scaled * np.float32(math.sqrt(features.shape[1]) if length is None else length)

    return Pairs(one(pairs.image, train.image), one(pairs.text, train.text), pairs.label)


def train_and_score(train: Pairs, held: Pairs, modes: tuple[str, str], seed: int, steps: int) -> float:
    """MAP of the rows set aside against the training rows; without labels, reciprocal rank of the own partner."""
    per_epoch = max(1, len(train) // 256)
    choices = {"image_scaling": modes[0], "text_scaling": modes[1], "width": WIDTH, "seed": seed}
    settings = [f"{key}={value}" for key, value in choices.items()]
    trainer = Trainer(with_settings(Recipe(), [*settings, f"epochs={math.ceil(steps / per_epoch)}"]), train)
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    if held.label is None:
        return float(pair_scores(trainer.model, held)["reciprocal_rank"])
    return float(map_mean(trainer.model, held, train))


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare feature scalings on held-out training rows.")
    parser.add_argument("--data-root", type=Path, help="folder with wikipedia/ and mirflickr25k/")
    parser.add_argument("--own", type=Path, action="append", default=[], help="an .npz file; may be repeated")
    parser.add_argument("--sets", help="names of the sets to run, separated by commas; all by default")
    parser.add_argument("--out", type=Path, help="page to write the tables into; printed alone where absent")
    given = parser.parse_args()
    sets = training_pairs(given.data_root, given.own)
    study = Study({name: sets[name] for name in (given.sets.split(",") if given.sets else sets)})
    tables = {"modes": study.modes_table(), "spread": study.spread(), "lengths": study.lengths_table()}
    if given.out:
        write_tables(given.out, tables)
    else:
        print(tables["spread"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
