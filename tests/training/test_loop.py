"""What decides which model comes of a run."""

from __future__ import annotations

import torch

from tests.training.growing.made import earlier_run, growing, new_pairs
from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.training import TrainingLoop


def test_the_best_epoch_is_handed_over() -> None:
    loop = TrainingLoop(small_recipe("training.keep=best", "learning_rate=0.05"), small_pairs())
    assert loop.held_out is not None
    assert (len(loop.rows), len(loop.held_out)) == (90, 10)
    model = loop.train(lambda text: None)
    scores = [line["validation"] for line in loop.history]
    assert loop.best["epoch"] == 1 + scores.index(max(scores))
    for name, value in loop.best["model"].items():
        assert torch.equal(model.state_dict()[name], value)


def test_without_pairs_held_out_it_is_the_last() -> None:
    loop = TrainingLoop(small_recipe(), small_pairs())
    model = loop.train(lambda text: None)
    assert len(loop.history) == 4
    assert "validation" not in loop.history[0]
    for name, value in loop.trainer.finished_model().state_dict().items():
        assert torch.equal(model.state_dict()[name], value)


def test_its_outcome_says_what_for_and_what_was_kept() -> None:
    plain = TrainingLoop(small_recipe(), small_pairs())
    plain.train(lambda text: None)
    reason = "the modalities share no space, their widths differ"
    assert plain.outcome() == {"goal": "categories", "reason": reason, "start": "random", "kept": None}
    kept = TrainingLoop(small_recipe(), aligned_pairs())
    kept.train(lambda text: None)
    outcome = kept.outcome()
    assert (outcome["goal"], outcome["start"]) == ("both", "closed-form")
    assert outcome["kept"]["n_pairs"] == 24
    assert set(outcome["kept"]["trained"]) == {"neighbors", "partners"}


def test_a_loop_resumed_is_the_loop_not_stopped() -> None:
    settings = ("training.keep=best", "learning_rate=0.05")
    through, stopped, resumed = (TrainingLoop(small_recipe(*settings), small_pairs()) for _ in range(3))
    model = through.train(lambda text: None)
    for _ in range(2):
        stopped.note(stopped.trainer.train_epoch())
    resumed.resume(stopped.trainer.state_dict(), stopped.best, stopped.history)
    again = resumed.train(lambda text: None)
    assert [line["loss"] for line in resumed.history] == [line["loss"] for line in through.history]
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def test_codes_that_rest_are_not_warned_of_where_a_run_goes_on() -> None:
    recipe = growing()
    still = recipe.model_copy(
        update={"growing": recipe.growing.model_copy(update={"rate_share": 1e-9, "step_share": 0.2})}
    )
    said: list[str] = []
    loop = TrainingLoop(still, new_pairs(), earlier=earlier_run())
    loop.train(said.append)
    assert sum(line["flips_per_row"] for line in loop.history[-25:]) == 0
    assert said == []
