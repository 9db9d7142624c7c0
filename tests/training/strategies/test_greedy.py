"""``greedy``: the penalty is on outputs before any tanh, and in the loss."""

from __future__ import annotations

import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer


def test_loss_is_the_two_parts_and_the_penalty() -> None:
    stats = Trainer(small_recipe("optimizer=greedy", "alpha=.3"), small_pairs()).train_epoch()
    assert stats.penalty > 0
    assert stats.loss == pytest.approx(0.7 * stats.contrastive + 0.3 * stats.ranking + stats.penalty, rel=1e-6)


def test_outputs_are_pulled_to_length_1() -> None:
    """New outputs are near 0, where ``||u| - 1|^3`` is near 1 for each modality; their tanh could never reach 1."""
    trainer = Trainer(small_recipe("optimizer=greedy", "alpha=10", "epochs=40", "learning_rate=.003"), small_pairs())
    penalties = [trainer.train_epoch().penalty for _ in range(40)]
    assert penalties[-1] < 0.1 * penalties[0]
