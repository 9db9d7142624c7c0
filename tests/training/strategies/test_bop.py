"""``bop``: keys stay binary, warm-up overwrites them, and its gradients are those of the loss."""

from __future__ import annotations

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.optim import MomentumBinary, bop_threshold
from ucch.training import Trainer


def test_warm_up_leaves_the_signs_of_the_warm_up_memory() -> None:
    bop = Trainer(small_recipe("optimizer=bop"), small_pairs())
    momentum = Trainer(small_recipe("optimizer=momentum"), small_pairs())
    for trainer in (bop, momentum):
        trainer.train_epoch()
    assert isinstance(momentum.strategy.optimizer, MomentumBinary)
    assert torch.equal(bop.bank.codes(), momentum.bank.codes())
    assert bop.bank.latent.abs().unique().numel() == 1


def test_threshold_is_scaled_to_the_batch_the_temperature_and_the_bits() -> None:
    trainer = Trainer(small_recipe("optimizer=bop", "bop.scale=2", "temperature=.5"), small_pairs(20))
    group = trainer.strategy.optimizer.param_groups[0]
    expected = bop_threshold(1e-4, batch_size=20, temperature=0.5, n_bits=12, scale=2)
    assert group["threshold"] == expected


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_codes_flip_after_warm_up_and_stay_binary(negatives: str) -> None:
    settings = ("optimizer=bop", "epochs=20", "learning_rate=.003", f"negatives={negatives}")
    trainer = Trainer(small_recipe(*settings), small_pairs())
    flips = [trainer.train_epoch().flips_per_row for _ in range(20)]
    assert sum(flips[1:]) > 0
    assert trainer.bank.latent.abs().unique().numel() == 1
