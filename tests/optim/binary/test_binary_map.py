"""A map of one's own is a frozen dataclass with ``write``; it is saved and loaded by the name it has."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from ucch.optim import BinaryMap, BinaryOptimizer, SignMap
from ucch.optim.binary.binary_map import row_view


@dataclass(frozen=True)
class Inverted(BinaryMap):
    """Show the opposite signs."""

    name: ClassVar[str] = "inverted"

    def write(self, parameter: Tensor, latent: Tensor, scale: float | Tensor, step: int) -> None:
        parameter.copy_(torch.where(latent >= 0, -1.0, 1.0) * scale)


def wrapped(binary_map: BinaryMap) -> tuple[Tensor, BinaryOptimizer]:
    weight = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    base = torch.optim.SGD([{"params": [weight], "binary": True}], lr=0.1)
    return weight, BinaryOptimizer(base, binary_map)


def test_a_map_of_ones_own_shows_what_it_writes_and_is_loaded_by_name() -> None:
    weight, optimizer = wrapped(Inverted(scale=2.0))
    assert weight.tolist() == [-2.0, 2.0]
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["binary"] == {"map": "inverted", "scale": 2.0}
    _, again = wrapped(Inverted())
    again.load_state_dict(saved)
    assert again.param_groups[0]["binary"] == Inverted(scale=2.0)
    _, other = wrapped(SignMap())
    with pytest.raises(ValueError, match="the saved binary map 'inverted' is unknown"):
        other.load_state_dict(saved)


def test_a_map_cannot_change() -> None:
    with pytest.raises(FrozenInstanceError):
        SignMap().scale = 2.0  # type: ignore[misc]


def test_rows_of_a_vector_are_one() -> None:
    assert row_view(torch.ones(3)).shape == (1, 3)
    assert row_view(torch.ones(3, 2, 2)).shape == (3, 4)
