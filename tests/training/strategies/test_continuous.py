"""``none``: continuous keys before and after warm-up."""

from __future__ import annotations

import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.training import Trainer


def test_keys_are_unit_rows_of_the_table_and_carry_no_gradient() -> None:
    trainer = Trainer(small_recipe("optimizer=none"), small_pairs())
    drawn = []
    keys = trainer.strategy.keys
    trainer.strategy.keys = lambda batch: drawn.append(keys(batch)) or drawn[-1]  # type: ignore[method-assign,func-returns-value,return-value]
    for _ in range(2):
        trainer.train_epoch()
    for one in drawn:
        assert one.norm == 1.0
        assert one.positives.unique().numel() > 100  # no two-valued signs
        torch.testing.assert_close(one.positives.norm(dim=1), torch.ones(32))
    assert drawn[0].log_weights is not None
    assert drawn[0].log_weights.isinf().sum() == 32  # in-batch: the own pair is no negative
