"""A residual tower begins as its linear map, is what its formula says, and folds as one layer."""

from __future__ import annotations

import pytest
import torch

from ucch.models import HashTower, ResidualTower, build_tower


@pytest.fixture
def tower() -> ResidualTower:
    torch.manual_seed(0)
    tower = ResidualTower(6, 4, width=5, gain=0.3)
    with torch.no_grad():
        for parameter in tower.parameters():
            parameter.normal_().requires_grad_(False)
    return tower


def test_it_begins_as_the_linear_map() -> None:
    linear, x = HashTower(6, 4, n_layers=1), torch.randn(9, 6)
    torch.testing.assert_close(ResidualTower.around(linear, width=7, gain=2.0)(x), linear(x))


def test_it_is_its_formula(tower: ResidualTower) -> None:
    x = torch.randn(6)
    hidden = [max(0.0, float(tower.hidden_weight[i] @ x + x.norm() * tower.hidden_bias[i])) for i in range(tower.width)]
    for bit in range(4):
        weight = tower.last.weight[bit]
        by_hidden = sum(float(weight[6 + i]) * 0.3 * value for i, value in enumerate(hidden))
        expected = float(weight[:6] @ x) + by_hidden + float(tower.last.bias[bit])
        assert float(tower(x[None])[0, bit]) == pytest.approx(expected, abs=1e-5)


def test_longer_features_have_longer_outputs(tower: ResidualTower) -> None:
    torch.nn.init.zeros_(tower.last.bias)
    x = torch.randn(3, 6)
    torch.testing.assert_close(tower(4 * x), 4 * tower(x))


def test_it_folds_as_one_layer(tower: ResidualTower) -> None:
    x = torch.randn(8, 6)
    before = tower(x).detach()
    turn, _ = torch.linalg.qr(torch.randn(4, 4))
    tower.shift_outputs(torch.ones(4))
    tower.rotate_outputs(turn)
    torch.testing.assert_close(tower(x).detach(), (before + 1) @ turn, rtol=1e-4, atol=1e-5)
    tower.keep_outputs(2)
    torch.testing.assert_close(tower(x).detach(), ((before + 1) @ turn)[:, :2], rtol=1e-4, atol=1e-5)


def test_config_builds_an_equal_tower(tower: ResidualTower) -> None:
    again = build_tower(tower.config())
    again.load_state_dict(tower.state_dict())
    x = torch.randn(9, 6)
    assert torch.equal(again(x), tower(x))


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ValueError, match="width must be an int of at least 1, got 0"):
        ResidualTower(6, 4, width=0)
    with pytest.raises(ValueError, match="gain must be"):
        ResidualTower(6, 4, gain=0.0)
