"""A ring of recent codes in place of a table."""

from __future__ import annotations

import torch

from ucch.codes import sign
from ucch.recipe import load_recipe
from ucch.training.strategies import Batch
from ucch.training.strategies.recent_codes import RecentCodes


def ring(n: int = 12) -> RecentCodes:
    recipe = load_recipe("default", ["bits=8", f"n_negatives={n}"])
    generator = torch.Generator().manual_seed(0)
    return RecentCodes(recipe, n, n_epochs=1, generator=generator, device=torch.device("cpu"))


def batch(slots: list[int], seed: int) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    h = {name: torch.randn(len(slots), 8, generator=generator) for name in ("image", "text")}
    return Batch(torch.tensor(slots), {}, h, h)


def test_a_batch_is_compared_with_its_own_codes_and_all_that_the_ring_holds() -> None:
    strategy = ring()
    before = strategy.bank.codes().clone()
    one = batch([0, 1, 2, 3], seed=1)
    keys = strategy.keys(one)
    own = sign(one.h_image + one.h_text)
    assert torch.equal(keys.positives, own)
    assert torch.equal(keys.negatives, torch.cat([own, before[4:]]))
    assert keys.log_weights is not None
    assert torch.equal(keys.log_weights.isinf(), torch.eye(4, 12, dtype=torch.bool))
    strategy.update(one, keys)
    assert torch.equal(strategy.bank.codes()[:4], own)


def test_the_oldest_codes_go_first_and_nothing_of_them_stays() -> None:
    strategy = ring(8)
    batches = [batch([0, 1, 2, 3], 1), batch([4, 5, 6, 7], 2), batch([0, 1, 2, 3], 3)]
    for one in batches:
        keys = strategy.keys(one)
    second, third = (sign(one.h_image + one.h_text) for one in batches[1:])
    assert torch.equal(keys.negatives, torch.cat([third, second]))
    assert strategy.moved()["rows"] == 12
