"""``continuation``: the slope by epoch, scaled to the run."""

from __future__ import annotations

import pytest

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer


@pytest.mark.parametrize("epochs", [2, 5])
def test_slope_is_1_in_the_first_epoch_and_the_last_slope_in_the_last(epochs: int) -> None:
    trainer = Trainer(small_recipe("optimizer=continuation", f"epochs={epochs}", "last_slope=4"), small_pairs())
    slopes = []
    for _ in range(epochs):
        trainer.train_epoch()
        slopes.append(trainer.strategy.query.slope)
    assert slopes[0] == 1.0
    assert slopes[-1] == pytest.approx(4.0)
    assert slopes == sorted(slopes)


def test_a_run_of_one_epoch_stays_at_1() -> None:
    trainer = Trainer(small_recipe("optimizer=continuation", "epochs=1"), small_pairs())
    trainer.train_epoch()
    assert trainer.strategy.query.slope == 1.0
