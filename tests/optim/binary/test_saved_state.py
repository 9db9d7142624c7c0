"""What is loaded fits, or nothing changes; nothing that is loaded runs."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.optim.binary.kit import wrap
from ucch.optim import BinaryOptimizer, BinaryRelaxMap, SignMap

State = dict[str, Any]


def trained(scale: float | str = "row") -> tuple[torch.nn.Parameter, BinaryOptimizer]:
    weight = torch.nn.Parameter(torch.linspace(-1, 1, 6).view(2, 3))
    optimizer = wrap("Adam", SignMap(scale=scale), [weight], period=4)
    for _ in range(2):
        weight.grad = torch.ones(2, 3)
        optimizer.step()
    return weight, optimizer


def test_it_is_read_without_unpickling_code() -> None:
    weight, optimizer = trained()
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    assert saved["param_groups"][0]["binary"] == {"map": "sign", "scale": "row"}
    assert saved["param_groups"][0]["binary_step"] == 2
    assert set(saved["state"][0]) == {"step", "exp_avg", "exp_avg_sq", "latent", "scale"}
    assert torch.equal(saved["state"][0]["latent"], optimizer.state[weight]["latent"])


def test_options_and_maps_of_the_saved_state_hold_as_in_torch() -> None:
    _, optimizer = trained()
    weight = torch.nn.Parameter(torch.randn(2, 3))
    again = wrap("Adam", BinaryRelaxMap(steps=5), [weight])
    again.load_state_dict(optimizer.state_dict())
    assert again.param_groups[0]["binary"] == SignMap(scale="row")
    assert (again.param_groups[0]["binary_period"], again.param_groups[0]["binary_step"]) == (4, 2)


def test_parameters_are_left_alone() -> None:
    _, optimizer = trained()
    weight = torch.nn.Parameter(torch.full((2, 3), 3.0))
    again = wrap("Adam", SignMap(), [weight])
    again.load_state_dict(optimizer.state_dict())
    assert torch.equal(weight, torch.ones(2, 3))


def test_what_is_loaded_is_not_shared() -> None:
    weight, optimizer = trained()
    saved = optimizer.state_dict()
    other = torch.nn.Parameter(torch.randn(2, 3))
    again = wrap("Adam", SignMap(), [other])
    again.load_state_dict(saved)
    before = optimizer.state[weight]["latent"].clone()
    again.state[other]["latent"].zero_()
    assert torch.equal(optimizer.state[weight]["latent"], before)


def test_every_dtype_stays_as_it_was_saved() -> None:
    weight = torch.nn.Parameter(torch.randn(2, 3, dtype=torch.bfloat16))
    optimizer = wrap("Adam", SignMap(scale="row"), [weight], period=2)
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    optimizer.state[weight]["counter"] = torch.tensor(3)  # torch.optim would make it bfloat16
    again = wrap("Adam", SignMap(), [weight])
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for name, value in optimizer.state[weight].items():
        assert again.state[weight][name].dtype == value.dtype, name
        assert torch.equal(again.state[weight][name], value), name


def _unknown_map(state: State) -> None:
    state["param_groups"][0]["binary"] = {"map": "mine"}


def _not_binary(state: State) -> None:
    del state["param_groups"][0]["binary"]


def _no_latent(state: State) -> None:
    del state["state"][0]["latent"]


def _other_shape(state: State) -> None:
    state["state"][0]["latent"] = torch.ones(3, 2)


def _no_state(state: State) -> None:
    state["state"] = {}


def _more_groups(state: State) -> None:
    state["param_groups"].append(state["param_groups"][0])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_unknown_map, "the saved binary map 'mine' is unknown"),
        (
            _not_binary,
            r"param group 0 must be binary in the saved state and here, got None and SignMap",
        ),
        (_no_latent, r"latent values of parameter 0 must have the shape \(2, 3\), got None"),
        (_other_shape, r"latent values of parameter 0 must have the shape \(2, 3\), got \(3, 2\)"),
        (_no_state, r"latent values of parameter 0 must have the shape \(2, 3\), got None"),
        (_more_groups, "different number of parameter groups"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(damage: Callable[[State], None], message: str) -> None:
    _, optimizer = trained()
    state = copy.deepcopy(optimizer.state_dict())
    damage(state)
    weight, again = trained(scale=0.5)
    before = copy.deepcopy(again.state_dict())
    with pytest.raises(ValueError, match=message):
        again.load_state_dict(state)
    after = again.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert all(torch.equal(after["state"][0][name], value) for name, value in before["state"][0].items())
    assert after["state"][0].keys() == before["state"][0].keys()
    assert again.param_groups[0]["params"][0] is weight
