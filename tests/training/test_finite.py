"""Steps without finite numbers change nothing, are counted, and end a run when there are too many in a row."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_train import same_state
from ucch.errors import NonFiniteError
from ucch.runs import RunFolder
from ucch.runs.checkpoint import load_state
from ucch.training import Trainer, train_run
from ucch.training.finite import FiniteSteps
from ucch.training.ucch_losses import UcchLosses

NAN, INF = float("nan"), float("inf")


def seen(steps: FiniteSteps, *numbers: tuple[float, float]) -> list[bool]:
    return [bool(steps.see(torch.tensor(loss), torch.tensor(norm))) for loss, norm in numbers]


def test_steps_pass_by_loss_and_gradient() -> None:
    steps = FiniteSteps(most=3)
    passed = seen(steps, (1.0, 1.0), (NAN, 1.0), (1.0, INF), (2.0, 0.0), (-INF, NAN))
    assert passed == [True, False, False, True, False]
    assert steps.in_a_row == 1
    assert steps.look() is None


def test_the_last_straw_is_found_however_late_one_looks() -> None:
    steps = FiniteSteps(most=2)
    seen(steps, (1.0, 1.0), (NAN, NAN), (INF, 1.0))
    assert steps.look() == 0
    seen(steps, (1.0, 1.0), (NAN, 1.0), (NAN, 1.0), (NAN, 1.0))
    assert steps.look() == 4
    message = r"2 steps in a row had a loss .* \(the last: loss inf, gradient 1\.0\)"
    with pytest.raises(NonFiniteError, match=message) as info:
        steps.refuse(torch.tensor([7, 3]))
    assert info.value.rows == [7, 3]


def test_a_run_that_goes_on_counts_on() -> None:
    steps = FiniteSteps(most=3)
    steps.in_a_row = 2
    seen(steps, (NAN, 1.0))
    assert steps.look() == 0


def spoil(monkeypatch: pytest.MonkeyPatch, steps: set[int], *, gradient: bool = False) -> list[int]:
    """Make the loss of these steps, numbered from 1 over all trainers, NaN, or its gradient alone."""
    plain, calls = UcchLosses.contrastive, [0]

    def contrastive(self, batch, guidance):  # type: ignore[no-untyped-def]
        calls[0] += 1
        if calls[0] not in steps:
            return plain(self, batch, guidance)
        if gradient:
            batch.h_image.register_hook(lambda grad: grad * NAN)
            return plain(self, batch, guidance)
        return plain(self, batch, guidance) * NAN

    monkeypatch.setattr(UcchLosses, "contrastive", contrastive)
    return calls


@pytest.mark.parametrize("gradient", [False, True])
def test_a_bad_step_changes_neither_towers_nor_adam_nor_table(gradient: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(small_recipe(), small_pairs())
    spoil(monkeypatch, {2}, gradient=gradient)
    states = []

    def keep(loss: float) -> None:
        state = copy.deepcopy({name: trainer.state_dict()[name] for name in ("model", "adam", "bank")})
        rates.append(state["adam"]["param_groups"][0].pop("lr"))
        states.append(state)

    rates: list[float] = []
    stats = trainer.train_epoch(keep)
    assert stats.skipped == 1
    assert rates[0] > rates[1]  # the schedule goes on
    assert same_state(states[0], states[1])
    assert not same_state(states[1], states[2])
    assert stats.loss > 0
    assert all(torch.isfinite(parameter).all() for parameter in trainer.model.parameters())


def test_skipped_steps_are_counted_in_the_history_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, {2, 3, 5})
    said: list[str] = []
    run = RunFolder.create(tmp_path / "run", small_recipe("nonfinite_steps=3"))
    train_run(run, small_pairs(), on_warning=said.append)
    assert [line["skipped"] for line in run.history()] == [2, 1, 0, 0]
    assert said == [
        f"{n} of 3 steps of epoch {epoch} were skipped: their loss or gradient was no finite number"
        for n, epoch in ((2, 1), (1, 2))
    ]


@pytest.mark.parametrize("keep", ["last", "best"])
def test_too_many_in_a_row_end_the_run_with_a_good_checkpoint_and_the_rows(
    keep: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe("nonfinite_steps=3", f"keep={keep}"))
    per_epoch = 3 if keep == "last" else 2
    calls = spoil(monkeypatch, {per_epoch + step for step in (1, 2, 3)})
    with pytest.raises(
        NonFiniteError, match="3 steps in a row .* rows of the last batch, from 0: .* last good state is"
    ) as info:
        train_run(run, small_pairs())
    held = json.loads((run.path / "nonfinite.json").read_text())
    assert held["rows"] == info.value.rows == sorted(set(info.value.rows))
    assert len(held["rows"]) == 32
    if keep == "best":
        assert max(held["rows"]) > 90  # rows of the data set, not of what is left of it
    state = load_state(run.checkpoint_file)
    assert state["trainer"]["epoch"] == 1
    assert all(torch.isfinite(value).all() for value in state["trainer"]["model"].values())
    calls[0] = 1000  # what spoilt it is gone
    train_run(run, small_pairs(), resume=True)
    through = RunFolder.create(tmp_path / "through", run.recipe())
    train_run(through, small_pairs())
    assert run.model_file.read_bytes() == through.model_file.read_bytes()
    assert same_state(run.history(), through.history())


def test_rows_near_the_end_of_float32_spoil_their_batches_alone(tmp_path: Path) -> None:
    pairs = small_pairs()
    pairs.image[5] = 1e38
    recipe = small_recipe("image_scaling=none", "epochs=3", "precision=float32")
    run = RunFolder.create(tmp_path / "run", recipe)
    train_run(run, pairs)
    assert all(torch.isfinite(value).all() for value in run.model().state_dict().values())
