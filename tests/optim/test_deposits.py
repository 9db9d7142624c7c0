"""Reading what was observed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch

from ucch.optim import CodeBank, MomentumBinary
from ucch.optim.deposits import collected, deposit, forget, is_observed


def test_rows_come_with_the_mean_of_their_offsets_and_one_of_each_is_marked() -> None:
    bank = CodeBank(6, 2, dtype=torch.float64)
    views = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64)
    bank.observe(torch.tensor([4, 0, 4]), views)
    rows, offset, once = collected(bank.latent)
    assert rows.tolist() == [4, 0, 4]
    assert once.tolist() == [True, True, False]
    mean = (views[0] + views[2]) / 2
    torch.testing.assert_close(bank.latent[rows] - offset, torch.stack([mean, views[1], mean]))


def test_two_observations_before_a_step_add_up() -> None:
    once, twice = CodeBank(6, 2), CodeBank(6, 2)
    twice.load_state_dict(once.state_dict())
    views = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    index = torch.tensor([5, 1, 2, 5])
    once.observe(index, views)
    twice.observe(index[:2], views[:2])
    twice.observe(index[2:], views[2:])
    for ours, theirs in zip(collected(once.latent), collected(twice.latent), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_half_precision_offsets_are_averaged_in_float32() -> None:
    bank = CodeBank(3, 2, dtype=torch.bfloat16)
    bank.observe(torch.tensor([1]), torch.ones(1, 2))
    assert collected(bank.latent)[1].dtype == torch.float32


def test_a_table_with_nothing_deposited_or_a_gradient_is_refused() -> None:
    bank = CodeBank(3, 2)
    with pytest.raises(TypeError, match="must wait with what CodeBank.observe or observe_keys deposits, got nothing"):
        collected(bank.latent)
    bank.latent.sum().backward()
    with pytest.raises(TypeError, match=r"got a gradient in \.grad; keep the table out of the loss"):
        collected(bank.latent)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_a_deposit_stands_beside_the_table_and_keeps_float32(dtype: torch.dtype) -> None:
    bank = CodeBank(6, 2, dtype=dtype)
    views = torch.tensor([[0.3, 0.2], [-0.5, 0.4]])
    bank.observe(torch.tensor([4]), views[:1])
    bank.observe(torch.tensor([0]), views[1:])
    assert bank.latent.grad is None
    assert is_observed(bank.latent)
    rows, offset, _ = collected(bank.latent)
    assert rows.tolist() == [4, 0]
    torch.testing.assert_close(bank.values(rows) - offset, views, rtol=0, atol=1e-7)
    forget(bank.latent)
    assert not is_observed(bank.latent)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda bank: pickle.loads(pickle.dumps(bank))], ids=["copy", "pickle"]
)
def test_a_copy_waits_with_the_same_deposit(dtype: torch.dtype, copied: Callable[[CodeBank], CodeBank]) -> None:
    bank = CodeBank(6, 4, dtype=dtype)
    bank.observe(torch.tensor([4, 1]), torch.randn(2, 4))
    other = copied(bank)
    for one in (bank, other):
        MomentumBinary(one.parameters()).step()
    assert torch.equal(other.latent, bank.latent)
    assert not is_observed(other.latent)


def test_deposits_of_one_row_are_averaged_or_added_up() -> None:
    table = torch.nn.Parameter(torch.zeros(4, 2))
    deposit(table, torch.tensor([2, 2]), torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert collected(table).gradient.tolist() == [[2.0, 4.0]] * 2
    assert collected(table, total=True).gradient.tolist() == [[4.0, 8.0]] * 2
