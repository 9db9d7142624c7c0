"""The MLWCH-like objective in the loop: the loss over the parts it is made of."""

from __future__ import annotations

from math import sqrt

import torch

from tests.training.objectives.kit import batch_of, trainer_of
from ucch.codes import sign
from ucch.losses import WeightedContrastiveLoss

ROWS = torch.arange(20)


def test_equals_its_parts() -> None:
    trainer = trainer_of("mlwch-like", "contrast_temperature=0.3", "nonlinear_weight=0.5", "quantization_weight=0.1")
    batch = batch_of(trainer, ROWS)
    assert trainer.objective is not None
    loss = trainer.objective(batch, trainer.strategy)
    expected = WeightedContrastiveLoss(0.3, 0.5, 0.5)(batch.h_image, batch.h_text, trainer.objective.label[ROWS])
    for h in (batch.h_image, batch.h_text):
        x = sqrt(12) * h
        expected = expected + 0.1 * (x - sign(x)).square().mean() / 2
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-6)


def test_towers_are_those_of_the_recipe() -> None:
    trainer = trainer_of("mlwch-like")
    assert trainer.objective is not None
    assert trainer.objective.towers() is None
    assert trainer.model.image_tower.activation == "relu"
