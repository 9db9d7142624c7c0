"""Blocks are views of all rows, once each; what is done by blocks is what is done at once."""

from __future__ import annotations

import pytest
import torch

from tests.optim.binary.kit import MAPS, wrap
from ucch.optim.binary import row_blocks as module
from ucch.optim.binary.row_blocks import row_blocks


@pytest.mark.parametrize("shape", [(), (5,), (7, 3), (2, 40), (5, 2, 2), (0, 3)])
def test_every_row_comes_once(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 9)
    first, other, scalar = torch.zeros(shape), torch.zeros(shape[:1]), torch.zeros(())
    for one, two, three in row_blocks(first, other, scalar):
        one += 1
        two += 1
        three += 1
        assert one.numel() <= max(9, 40)
    assert bool((first == 1).all())
    assert bool((other == 1).all())


@pytest.mark.parametrize("shape", [(11, 4), (40,), (6, 2, 3)])
@pytest.mark.parametrize("name", MAPS)
def test_blocks_change_nothing(name: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for block in (2**18, 13):
        monkeypatch.setattr(module, "BLOCK", block)
        generator = torch.Generator().manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(shape, generator=generator))
        optimizer = wrap("SGD", MAPS[name], [weight])
        for _ in range(3):
            weight.grad = torch.randn(shape, generator=generator)
            optimizer.step()
        results.append(weight.detach())
    torch.testing.assert_close(*results)
