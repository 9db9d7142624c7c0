"""What optimizers of a code table share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ucch.optim import CodeBank, MomentumBinary, TableOptimizer


class Counting(TableOptimizer):
    """Stand-in that leaves the table alone and remembers, per row, when it was last seen and how often."""

    def __init__(self, params: Any) -> None:
        super().__init__(params, {})

    def row_state(self, table: Tensor) -> dict[str, Tensor]:
        return {"count": torch.full((len(table),), 2**40), "touched": torch.zeros(len(table), dtype=torch.bool)}

    def rule(self, old: Tensor, target: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        memory["count"], memory["touched"] = memory["count"] + 1, torch.ones(len(old), dtype=torch.bool)
        return old


def test_only_observed_tables_are_updated_once() -> None:
    first, second = CodeBank(3, 2), CodeBank(3, 2)
    counting = Counting([*first.parameters(), *second.parameters()])
    first.observe(torch.tensor([0]), torch.ones(1, 2))
    counting.step()
    counting.step()
    assert counting.state[first.latent]["count"].tolist() == [2**40 + 1, 2**40, 2**40]
    assert not counting.state[second.latent]


def test_a_reload_keeps_dtypes_exactly_and_shares_nothing() -> None:
    bank = CodeBank(3, 2)
    counting, again = Counting(bank.parameters()), Counting(bank.parameters())
    bank.observe(torch.tensor([0]), torch.ones(1, 2))
    counting.step()
    again.load_state_dict(counting.state_dict())
    loaded = again.state[bank.latent]
    assert loaded["count"].dtype == torch.int64
    assert int(loaded["count"][0]) == 2**40 + 1  # float32 would round it
    assert loaded["touched"].dtype == torch.bool
    loaded["touched"].zero_()
    assert counting.state[bank.latent]["touched"].tolist() == [True, False, False]


def test_zero_grad_forgets_what_was_observed() -> None:
    for dtype in (torch.float32, torch.int8):
        bank = CodeBank(3, 2, dtype=dtype)
        counting = Counting(bank.parameters())
        bank.observe(torch.tensor([0]), torch.ones(1, 2))
        counting.zero_grad()
        counting.step()
        assert not counting.state[bank.latent]


def test_rows_that_rest_are_not_counted_as_moved() -> None:
    """Two rows are observed: one where it stands already, which gives no gradient, and one elsewhere."""
    bank = CodeBank(n_codes=3, n_bits=4)
    optimizer = MomentumBinary(bank.parameters(), momentum=0.5)
    there = bank.values(torch.tensor([0]))
    bank.observe(torch.tensor([0, 1]), torch.cat([there, -bank.values(torch.tensor([1]))]))
    optimizer.step()
    assert int(optimizer.state[bank.latent]["rows"]) == 1


def test_what_is_remembered_of_rows_grows_with_the_table() -> None:
    bank = CodeBank(3, 2)
    counting = Counting(bank.parameters())
    bank.observe(torch.tensor([1]), torch.ones(1, 2))
    counting.step()
    bank.extend(torch.ones(2, 2))
    bank.observe(torch.tensor([4]), -torch.ones(1, 2))
    counting.step()
    assert counting.state[bank.latent]["touched"].tolist() == [False, True, False, False, True]
    assert counting.state[bank.latent]["count"].dtype == torch.int64
