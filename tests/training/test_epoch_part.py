"""An epoch cut between two steps goes on as if it had not been."""

from __future__ import annotations

import copy

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_train import same_state
from ucch.training import EpochStats, Trainer
from ucch.training.epoch_part import EpochPart
from ucch.training.strategies import STRATEGIES


class CutError(Exception):
    """Stands for a wish to stop."""


def test_sums_leave_skipped_steps_out() -> None:
    part = EpochPart(torch.arange(3), torch.zeros(2), {"rows": 1})
    part.add(torch.tensor([1.0, 2.0]), torch.tensor(True))
    part.add(torch.tensor([torch.nan, 5.0]), torch.tensor(False))
    assert (part.step, part.skipped, part.totals.tolist()) == (2, 1, [1.0, 2.0])
    assert same_state(EpochPart(**part.state_dict()).state_dict(), part.state_dict())


def figures(stats: EpochStats) -> dict[str, float]:
    return {name: value for name, value in stats.as_dict().items() if name != "seconds"}


@pytest.mark.parametrize("optimizer", STRATEGIES)
def test_every_strategy_goes_on_in_the_middle_of_its_second_epoch(optimizer: str) -> None:
    recipe, pairs = small_recipe(f"optimizer={optimizer}", "width=8"), small_pairs()
    through = Trainer(recipe, pairs)
    expected = [figures(through.train_epoch()) for _ in range(3)]
    cut = Trainer(recipe, pairs)
    cut.train_epoch()

    def cut_after_4(loss: float) -> None:
        if cut.steps_done == 4:
            raise CutError

    with pytest.raises(CutError):
        cut.train_epoch(cut_after_4)
    again = Trainer(recipe, pairs)
    again.load_state_dict(cut.state_dict())
    assert again.steps_done == 4
    assert [figures(again.train_epoch()) for _ in range(2)] == expected[1:]
    assert same_state(again.state_dict(), through.state_dict())


def test_a_part_from_before_a_figure_was_there_goes_on() -> None:
    trainer, other = (Trainer(small_recipe(), small_pairs()) for _ in range(2))

    def stop(loss: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        trainer.train_epoch(stop)
    state = copy.deepcopy(trainer.state_dict())
    expected = trainer.train_epoch()
    state["part"]["totals"] = state["part"]["totals"][:-1]
    other.load_state_dict(state)
    assert other.part is not None
    assert other.train_epoch().loss == expected.loss
