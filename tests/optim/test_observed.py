"""Reading what was observed."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import CodeBank
from ucch.optim.observed import deposit, forget, is_observed, observed_rows


def test_rows_come_once_with_the_mean_of_their_offsets() -> None:
    bank = CodeBank(6, 2, dtype=torch.float64)
    views = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64)
    bank.observe(torch.tensor([4, 0, 4]), views)
    rows, offset = observed_rows(bank.latent)
    assert rows.tolist() == [0, 4]
    torch.testing.assert_close(bank.latent[rows] - offset, torch.stack([views[1], (views[0] + views[2]) / 2]))


def test_two_observations_before_a_step_add_up() -> None:
    once, twice = CodeBank(6, 2), CodeBank(6, 2)
    twice.load_state_dict(once.state_dict())
    views = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    index = torch.tensor([5, 1, 2, 5])
    once.observe(index, views)
    twice.observe(index[:2], views[:2])
    twice.observe(index[2:], views[2:])
    for ours, theirs in zip(observed_rows(once.latent), observed_rows(twice.latent), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_half_precision_offsets_are_averaged_in_float32() -> None:
    bank = CodeBank(3, 2, dtype=torch.bfloat16)
    bank.observe(torch.tensor([1]), torch.ones(1, 2))
    assert observed_rows(bank.latent)[1].dtype == torch.float32


def test_a_dense_or_missing_gradient_is_refused() -> None:
    bank = CodeBank(3, 2)
    with pytest.raises(TypeError, match="must be the sparse one that CodeBank.observe deposits, got none"):
        observed_rows(bank.latent)
    bank.latent.sum().backward()
    with pytest.raises(TypeError, match="got a dense one; keep the table out of the loss"):
        observed_rows(bank.latent)


def test_an_int8_table_carries_what_was_observed_beside_the_gradient_torch_denies_it() -> None:
    bank = CodeBank(6, 2, dtype=torch.int8)
    views = torch.tensor([[0.3, 0.2], [-0.5, 0.4]])
    bank.observe(torch.tensor([4]), views[:1])
    bank.observe(torch.tensor([0]), views[1:])
    assert bank.latent.grad is None
    assert is_observed(bank.latent)
    rows, offset = observed_rows(bank.latent)
    assert rows.tolist() == [0, 4]
    torch.testing.assert_close(bank.values(rows) - offset, views[[1, 0]])
    forget(bank.latent)
    assert not is_observed(bank.latent)


def test_deposits_of_one_row_are_averaged_or_added_up() -> None:
    table = torch.nn.Parameter(torch.zeros(4, 2))
    deposit(table, torch.tensor([2, 2]), torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert observed_rows(table)[1].tolist() == [[2.0, 4.0]]
    assert observed_rows(table, total=True)[1].tolist() == [[4.0, 8.0]]
