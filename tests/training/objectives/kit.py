"""A small labelled set with unlabelled and fully labelled rows, and the trainer of an objective."""

from __future__ import annotations

import numpy as np
import torch

from tests.training.kit import SMALL, small_pairs
from ucch.data import Pairs
from ucch.recipe import load_recipe
from ucch.training import Trainer
from ucch.training.strategies import Batch

NAMES = ("unihash", "mlwch-like")


def labelled_pairs(n: int = 100) -> Pairs:
    pairs = small_pairs(n)
    assert pairs.label is not None
    label = pairs.label.copy()
    label[np.arange(0, n, 10)] = False  # unlabelled rows
    label[np.arange(5, n, 25)] = True  # rows that carry every class
    return Pairs(pairs.image, pairs.text, label)


def trainer_of(name: str, *settings: str, pairs: Pairs | None = None) -> Trainer:
    recipe = load_recipe(name, [*SMALL, *settings])
    return Trainer(recipe, labelled_pairs() if pairs is None else pairs)


def batch_of(trainer: Trainer, rows: torch.Tensor) -> Batch:
    """What the loop hands to an objective."""
    features = (torch.from_numpy(array[rows.numpy()]) for array in (trainer.pairs.image, trainer.pairs.text))
    image, text = features
    u_image, u_text = trainer.model.image_outputs(image), trainer.model.text_outputs(text)
    u = {"image": u_image, "text": u_text}
    h = dict(zip(u, trainer.strategy.activate(u_image, u_text), strict=True))
    return Batch(rows, {"image": image, "text": text}, u, h)
