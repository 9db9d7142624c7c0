"""The slot for an objective without labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.recipe import Recipe
from ucch.training import OBJECTIVES, Objective, Trainer
from ucch.training.strategies import Batch, Strategy


class MeanOutput(Objective):
    """Pull the outputs of a pair together, times a number that trains; note what it was handed."""

    def __init__(self, recipe: Recipe, pairs: Pairs, *, generator: torch.Generator) -> None:
        super().__init__(recipe, pairs, generator=generator)
        self.factor = torch.nn.Parameter(torch.ones(()))
        self.seen: list[Batch] = []

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        self.seen.append(batch)
        return self.factor.square() * (batch.u_image - batch.u_text).square().mean()


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    monkeypatch.setitem(OBJECTIVES, "unihash", MeanOutput)
    pairs = small_pairs()
    return Trainer(small_recipe("objective=unihash"), Pairs(pairs.image, pairs.text))


def test_it_runs_without_labels_and_without_the_losses_of_ucch(trainer: Trainer) -> None:
    stats = trainer.train_epoch()
    assert (stats.contrastive, stats.ranking) == (0.0, 0.0)
    assert stats.loss == pytest.approx(stats.objective)
    assert stats.objective > 0


def test_it_sees_the_features_of_the_batch(trainer: Trainer) -> None:
    trainer.train_epoch()
    assert isinstance(trainer.objective, MeanOutput)
    for batch in trainer.objective.seen:
        assert np.array_equal(batch.image.numpy(), trainer.pairs.image[batch.index.numpy()])
        assert np.array_equal(batch.text.numpy(), trainer.pairs.text[batch.index.numpy()])


def test_its_parameters_train_and_are_in_the_checkpoint(trainer: Trainer) -> None:
    trainer.train_epoch()
    factor = trainer.state_dict()["objective"]["factor"]
    assert factor.item() != 1.0
