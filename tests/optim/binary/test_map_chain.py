"""Rules in their order, then the map; nothing else makes a chain."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import ClipRule, HysteresisMap, MapChain, MomentumRows, SignMap


def test_rules_move_in_their_order() -> None:
    before = torch.tensor([[0.0, 1.0]])
    first, second = torch.tensor([[4.0, 0.0]]), torch.tensor([[4.0, 0.0]])
    MapChain(ClipRule(0.5), MomentumRows(0.5, normalize=False), SignMap()).move(first, before)
    MapChain(MomentumRows(0.5, normalize=False), ClipRule(0.5), SignMap()).move(second, before)
    assert first.tolist() == [[0.25, 0.5]]
    assert second.tolist() == [[0.5, 0.5]]


def test_it_asks_for_what_its_rules_need() -> None:
    assert MapChain(ClipRule(), MomentumRows(), SignMap()).needs_before
    assert not MapChain(ClipRule(), SignMap()).needs_before


def test_start_values_and_scale_are_those_of_its_map() -> None:
    chain = MapChain(ClipRule(), HysteresisMap(scale=0.5, start_at="zero"))
    weight, latent = torch.empty(2), torch.tensor([1.0, -1.0])
    assert chain.scale == 0.5
    chain.start(weight, latent, 0.5)
    assert (weight.tolist(), latent.tolist()) == ([0.5, -0.5], [0.0, 0.0])
    chain.write(weight, torch.tensor([-1.0, -1.0]), 0.5, 1)
    assert weight.tolist() == [-0.5, -0.5]
    chain.write_binary(weight, torch.tensor([1.0, 1.0]), 0.25)
    assert weight.tolist() == [-0.25, -0.25]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((), "the last part of a MapChain must be a binary map such as SignMap, got \\(\\)"),
        ((ClipRule(),), "the last part of a MapChain must be a binary map such as SignMap"),
        ((MapChain(SignMap()),), "the last part of a MapChain must be a binary map such as SignMap"),
        ((SignMap(), SignMap()), "parts before the last of a MapChain must be rules such as ClipRule, got SignMap"),
    ],
)
def test_other_parts_are_refused(parts: tuple[object, ...], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        MapChain(*parts)  # type: ignore[arg-type]
