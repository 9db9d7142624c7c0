"""A step of the towers: that of a plain loop, or none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from tests.training.test_hashing_step import step_of
from ucch.training import HashingStep
from ucch.training.finite import FiniteSteps
from ucch.training.tower_step import autocast, move_towers

ROWS = torch.arange(32)
VIEWS = {
    "image": torch.randn(32, 8, generator=torch.Generator().manual_seed(1)),
    "text": torch.randn(32, 5, generator=torch.Generator().manual_seed(2)),
}


def made(clip_norm: float = 1.0) -> tuple[HashingStep, torch.optim.Adam, FiniteSteps, dict[str, Any]]:
    step, finite = step_of(2), FiniteSteps(most=3)
    adam = torch.optim.Adam(step.parameters(), lr=0.01, fused=True)
    return step, adam, finite, {"finite": finite, "clip_norm": clip_norm}


def all_of(step: HashingStep) -> Tensor:
    """Weights and table."""
    return torch.cat([value.detach().flatten() for value in [*step.parameters(), step.bank.latent]])


@pytest.mark.parametrize("clip_norm", [1e-3, 1e3])
def test_it_is_the_step_of_a_plain_loop(clip_norm: float) -> None:
    step, adam, finite, how = made(clip_norm)
    plain = step_of(2)
    other = torch.optim.Adam(plain.parameters(), lr=0.01, fused=True)
    for _ in range(3):
        loss = step(ROWS, VIEWS).loss
        passed = move_towers(step, adam, list(step.parameters()), loss, judged=loss, **how)
        assert bool(passed)

        other.zero_grad()
        plain(ROWS, VIEWS).loss.backward()
        clip_grad_norm_(plain.parameters(), clip_norm)
        other.step()
        plain.after_step()
    assert torch.equal(all_of(step), all_of(plain))
    assert finite.in_a_row == 0


def test_gradients_that_were_there_are_dropped() -> None:
    (step, adam, _, how), (plain, other, _, same) = made(), made()
    for parameter in step.parameters():
        parameter.grad = torch.full_like(parameter, 9.0)
    for one, optimizer, options in ((step, adam, how), (plain, other, same)):
        loss = one(ROWS, VIEWS).loss
        move_towers(one, optimizer, list(one.parameters()), loss, judged=loss, **options)
    assert torch.equal(all_of(step), all_of(plain))


@pytest.mark.parametrize("bad", ["cost", "judged", "gradient"])
def test_what_is_no_finite_number_moves_nothing(bad: str) -> None:
    step, adam, finite, how = made()
    parameters = list(step.parameters())
    loss = step(ROWS, VIEWS).loss
    move_towers(step, adam, parameters, loss, judged=loss, **how)
    before, state = all_of(step).clone(), copy.deepcopy(adam.state_dict()["state"])

    out, nan = step(ROWS, VIEWS), torch.tensor(float("nan"))
    if bad == "gradient":
        out.loss.register_hook(lambda gradient: gradient * nan)
    cost = out.loss * nan if bad == "cost" else 1 * out.loss
    judged = nan if bad == "judged" else cost
    passed = move_towers(step, adam, parameters, cost, judged=judged, **how)
    assert not bool(passed)
    assert finite.in_a_row == 1
    assert torch.equal(all_of(step), before)
    for number, values in adam.state_dict()["state"].items():
        assert all(torch.equal(value, state[number][name]) for name, value in values.items())

    loss = step(ROWS, VIEWS).loss
    move_towers(step, adam, parameters, loss, judged=loss, **how)
    assert finite.in_a_row == 0
    assert not torch.equal(all_of(step), before)


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_losses_are_worked_out_in_the_precision_of_the_recipe(precision: str, dtype: torch.dtype) -> None:
    training = step_of(2, f"precision={precision}").recipe.training
    with autocast(training, torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
