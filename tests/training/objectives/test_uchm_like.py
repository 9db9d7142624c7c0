"""The hashing loss after UCHM."""

from __future__ import annotations

import math

import pytest
import torch

from tests.teachers.kit import cosine
from tests.training.kit import SMALL, small_pairs
from tests.training.objectives.kit import batch_of
from ucch.binarize import vote_bits
from ucch.data import PairedDataset
from ucch.errors import RecipeError
from ucch.evaluation import encode_dataset, evaluate
from ucch.recipe import load_recipe
from ucch.training import Trainer

SETTINGS = (*SMALL, "generator_steps=20", "generator_width=16", "n_outputs=8")


def trainer(*settings: str) -> Trainer:
    return Trainer(load_recipe("uchm-like", [*SETTINGS, *settings]), small_pairs())


def test_cost_by_loop() -> None:
    found = trainer("bit_weight=0.5", "n_votes=3")
    batch = batch_of(found, torch.arange(6))
    assert found.objective is not None
    assert found.teacher is not None
    s = found.teacher.similarity(batch.index)
    image, text = batch.u_image.detach().tanh(), batch.u_text.detach().tanh()
    bits, expected = vote_bits(image, text, s, n_votes=3), 0.0
    for a, b in ((image, image), (text, text), (image, text)):
        expected += sum((cosine(a[i], b[j]) - s[i, j].item()) ** 2 / 36 for i in range(6) for j in range(6))
    expected += sum((1 - cosine(image[i], text[i])) / 6 for i in range(6))
    expected += 0.5 * sum((h - bits).square().sum().item() for h in (image, text)) / 6
    assert found.objective(batch, found.strategy).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("selection", ["vote", "greedy", "sum"])
def test_it_learns_without_labels(selection: str) -> None:
    dataset = PairedDataset("small", train=small_pairs(), query=small_pairs(40, seed=5))
    found = trainer(f"selection={selection}", "epochs=15", "learning_rate=5e-3")
    for _ in range(found.n_epochs):
        stats = found.train_epoch()
    assert (stats.contrastive, stats.ranking) == (0.0, 0.0)
    assert math.isfinite(stats.objective)
    report = evaluate(encode_dataset(found.finished_model(), dataset))
    assert report["map_mean"] > report["map_chance"] + 0.3


def test_a_loaded_state_goes_on_bit_for_bit() -> None:
    through, stopped, resumed = trainer(), trainer(), trainer()
    for found in (through, stopped):
        found.train_epoch()
    resumed.load_state_dict(stopped.state_dict())
    for found in (through, resumed):
        found.train_epoch()
    assert all(torch.equal(a, b) for a, b in zip(through.parameters, resumed.parameters, strict=True))


def test_it_is_refused_without_a_teacher() -> None:
    with pytest.raises(RecipeError, match="learns from a teacher, got teacher.similarity none"):
        trainer("similarity=none")
