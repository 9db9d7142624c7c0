"""``straight-through``: the table observes outputs, not their signs, and overwrites."""

from __future__ import annotations

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.codes import sign
from ucch.training import Trainer
from ucch.training.strategies import Batch


def batch_of(strategy: object, u_image: torch.Tensor, u_text: torch.Tensor) -> Batch:
    h_image, h_text = strategy.activate(u_image, u_text)  # type: ignore[attr-defined]
    return Batch(
        torch.arange(len(u_image)),
        views={},
        u={"image": u_image, "text": u_text},
        h={"image": h_image, "text": h_text},
    )


@pytest.mark.parametrize("name", ["straight-through", "greedy"])
def test_disagreeing_modalities_do_not_all_become_plus_1(name: str) -> None:
    """The mean of two signed queries would be 0 where they disagree, and sign(0) is +1."""
    strategy = Trainer(small_recipe(f"optimizer={name}", "warmup_epochs=0"), small_pairs()).strategy
    generator = torch.Generator().manual_seed(0)
    u_image, u_text = (torch.randn(32, 12, generator=generator) for _ in range(2))
    batch = batch_of(strategy, u_image, u_text)
    strategy.update(batch, strategy.keys(batch))
    assert torch.equal(strategy.bank.codes(batch.index), sign(u_image + u_text))


def test_keys_of_the_batch_stay_in_the_batch() -> None:
    settings = ("optimizer=straight-through", "straight_through.keys=batch", "warmup_epochs=0", "n_negatives=10")
    strategy = Trainer(small_recipe(*settings), small_pairs()).strategy
    u = torch.randn(32, 12, generator=torch.Generator().manual_seed(0))
    keys = strategy.keys(batch_of(strategy, u, u))
    assert torch.equal(keys.negatives, sign(u))


def test_the_form_reaches_the_query() -> None:
    trainer = Trainer(small_recipe("optimizer=straight-through", "form=soft"), small_pairs())
    assert trainer.strategy.query.form == "soft"
