"""A small run: made pairs of three classes and a recipe that trains in a moment."""

from __future__ import annotations

import numpy as np

from ucch.data import PairedDataset, Pairs
from ucch.recipe import Recipe, load_recipe

SMALL = (
    "bits=12",
    "width=16",
    "batch_size=32",
    "n_negatives=24",
    "epochs=4",
    "generator_steps=20",
    "generator_width=16",
)


def small_pairs(n: int = 100, seed: int = 0) -> Pairs:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, n)
    image = np.random.default_rng(1).normal(size=(3, 8))[label] + 0.3 * rng.normal(size=(n, 8))
    text = np.random.default_rng(2).normal(size=(3, 5))[label] + 0.3 * rng.normal(size=(n, 5))
    return Pairs(image, text, np.eye(3, dtype=bool)[label])


def small_dataset() -> PairedDataset:
    return PairedDataset("small", train=small_pairs(), query=small_pairs(40, seed=5))


def small_recipe(*settings: str) -> Recipe:
    return load_recipe("default", [*SMALL, *settings])
