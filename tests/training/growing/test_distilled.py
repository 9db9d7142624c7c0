"""Staying near earlier towers."""

from __future__ import annotations

import copy

import pytest
import torch

from ucch.models import HashTower
from ucch.recipe import load_recipe
from ucch.training.growing import DistilledObjective
from ucch.training.strategies import Batch


def made(weight: float = 2.0) -> tuple[DistilledObjective, tuple[HashTower, HashTower]]:
    torch.manual_seed(0)
    towers = HashTower(6, 8, width=4), HashTower(5, 8, width=4)
    return DistilledObjective(load_recipe("default"), None, towers, weight=weight), towers


def batch(objective: DistilledObjective, towers: tuple[HashTower, HashTower], seen: object = None) -> Batch:
    features = objective.inputs(torch.randn(3, 6), torch.randn(3, 5))
    u = {name: tower(x) for name, tower, x in zip(("image", "text"), towers, features, strict=True)}
    return Batch(torch.arange(3), {}, u, u, seen=seen)  # type: ignore[arg-type]


def test_the_same_towers_cost_nothing() -> None:
    objective, towers = made()
    assert objective(batch(objective, towers), None).item() == pytest.approx(0, abs=1e-6)


def test_the_cost_is_one_less_the_cosine_of_queries() -> None:
    objective, towers = made()
    moved = copy.deepcopy(towers)
    with torch.no_grad():
        for tower in moved:
            tower.last.bias += 0.3
    whole = batch(objective, moved)
    expected = 0.0
    for x, old, new in zip(objective._seen, towers, moved, strict=True):
        for row in range(3):
            cosine = torch.cosine_similarity(torch.tanh(old(x[row])), torch.tanh(new(x[row])), dim=0)
            expected += (1 - cosine.item()) / 3 / 2
    cost = objective(whole, None)
    assert cost.item() == pytest.approx(2 * expected, rel=1e-5)
    cost.backward()
    assert moved[0].last.bias.grad is not None
    assert towers[0].last.bias.grad is None


def test_views_that_are_missing_cost_nothing() -> None:
    objective, towers = made()
    moved = copy.deepcopy(towers)
    with torch.no_grad():
        moved[0].last.bias += 0.3
    nobody = {name: torch.zeros(3, dtype=torch.bool) for name in ("image", "text")}
    assert objective(batch(objective, moved, nobody), None).item() == 0


def test_earlier_towers_do_not_train_and_are_not_saved() -> None:
    objective, _ = made()
    assert list(objective.parameters()) == []
    assert objective.state_dict() == {}


def test_without_an_objective_the_losses_keep_their_weight() -> None:
    assert made()[0].ucch_weight == 1.0


def test_it_reads_outputs_so_that_nothing_is_folded_which_it_has_not_seen() -> None:
    assert made()[0].passes_queries_by(load_recipe("default"))
