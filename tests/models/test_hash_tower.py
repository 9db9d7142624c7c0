"""Hash towers."""

from __future__ import annotations

import pytest
import torch

from ucch.models import HashTower


def test_layers_are_as_published() -> None:
    tower = HashTower(4096, 64, width=8192, n_layers=3).to("meta")
    assert [type(layer).__name__ for layer in tower] == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]
    assert [tuple(p.shape) for p in tower.parameters() if p.dim() == 2] == [(8192, 4096), (8192, 8192), (64, 8192)]


def test_equals_its_layers_by_hand(generator: torch.Generator) -> None:
    tower, x = HashTower(3, 2, width=4, n_layers=2), torch.randn(5, 3, generator=generator)
    w1, b1, w2, b2 = tower.parameters()
    torch.testing.assert_close(tower(x), (x @ w1.T + b1).clamp(min=0) @ w2.T + b2)


def test_config_builds_it_again() -> None:
    tower = HashTower(3, 2, width=4, n_layers=2)
    again = HashTower(**tower.config())
    again.load_state_dict(tower.state_dict())
    assert torch.equal(again(torch.ones(1, 3)), tower(torch.ones(1, 3)))


def test_outputs_are_shifted_and_rotated_by_the_last_layer(generator: torch.Generator) -> None:
    tower = HashTower(3, 4, width=5, n_layers=2)
    x = torch.randn(6, 3, generator=generator)
    matrix, offset = torch.randn(4, 4, generator=generator), torch.randn(4, generator=generator)
    before = tower(x)
    tower.shift_outputs(offset)
    tower.rotate_outputs(matrix)
    torch.testing.assert_close(tower(x), (before + offset) @ matrix)
    assert all(p.requires_grad for p in tower.parameters())


@pytest.mark.parametrize("name", ["n_features", "n_bits", "width", "n_layers"])
def test_refuses_a_size_below_one(name: str) -> None:
    sizes = {"n_features": 3, "n_bits": 2, "width": 4, "n_layers": 2, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be an int of at least 1, got 0"):
        HashTower(**sizes)


def test_the_activation_is_kept_and_an_unknown_one_refused() -> None:
    tower = HashTower(3, 2, width=4, n_layers=2, activation="gelu")
    assert type(tower[1]).__name__ == "GELU"
    assert type(HashTower(**tower.config())[1]).__name__ == "GELU"
    with pytest.raises(ValueError, match="activation must be one of gelu, relu, got 'tanh'"):
        HashTower(3, 2, activation="tanh")
