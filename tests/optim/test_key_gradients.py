"""Key gradients: against autograd through the loss itself, and by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ucch.losses import contrastive_hashing_loss
from ucch.optim import CodeBank, Keys, in_batch_keys, key_gradients, observe_keys
from ucch.optim.deposits import collected


def dense(bank: CodeBank) -> Tensor:
    """The deposited gradients as a whole table."""
    rows, gradient, once = collected(bank.latent, total=True)
    return torch.zeros(bank.latent.shape).index_put((rows[once],), gradient[once])


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
@pytest.mark.parametrize("mask_own", [True, False])
@pytest.mark.parametrize("n_negatives", [6, 30])
def test_they_are_what_autograd_gives(negatives: str, mask_own: bool, n_negatives: int) -> None:
    generator = torch.Generator().manual_seed(0)
    bank = CodeBank(12, 8, generator=generator)
    index = torch.tensor([3, 0, 3, 11])  # a row twice
    h = [normalize(torch.randn(4, 8, generator=generator), dim=1) for _ in range(2)]
    keys = bank.keys(index, n_negatives=n_negatives, negatives=negatives, mask_own=mask_own, generator=generator)
    table = bank.codes().clone().requires_grad_()
    positives, rows = table[index], table[keys.rows]
    through = Keys(positives, rows, keys.norm, keys.columns, keys.log_weights)
    contrastive_hashing_loss(h[0], h[1], through, temperature=0.4).backward()
    observe_keys(bank.latent, index, keys, h, temperature=0.4)
    assert table.grad is not None
    torch.testing.assert_close(dense(bank), table.grad, atol=1e-7, rtol=1e-5)


def test_one_pair_and_one_negative_by_hand() -> None:
    """cos(h, k+) = 1, cos(h, k-) = 0, T = 1: p+ = e / (e + 1); the key receives (p - [own]) h / (1 * 1 * 2)."""
    h = torch.full((1, 4), 0.5)
    keys = Keys(torch.ones(1, 4), torch.tensor([[1.0, 1.0, -1.0, -1.0]]), norm=2.0)
    on_positives, on_negatives, rows = key_gradients(keys, [h, h], temperature=1.0)
    share = math.e / (math.e + 1)
    torch.testing.assert_close(on_positives, torch.full((1, 4), 2 * (share - 1) * 0.5 / 2))
    torch.testing.assert_close(on_negatives, torch.full((1, 4), 2 * (1 - share) * 0.5 / 2))
    assert rows.tolist() == [0]


def test_two_deposits_add_up() -> None:
    bank = CodeBank(6, 4, generator=torch.Generator().manual_seed(0))
    index = torch.tensor([1, 2])
    keys = bank.keys(index)
    h = normalize(torch.randn(2, 4, generator=torch.Generator().manual_seed(1)), dim=1)
    observe_keys(bank.latent, index, keys, [h], temperature=0.9)
    once = dense(bank)
    observe_keys(bank.latent, index, keys, [h], temperature=0.9)
    torch.testing.assert_close(dense(bank), 2 * once)


def test_a_temperature_of_zero_is_refused() -> None:
    keys = Keys(torch.ones(1, 4), torch.ones(1, 4), norm=2.0)
    with pytest.raises(ValueError, match="temperature must be a finite number above 0, got 0"):
        key_gradients(keys, [torch.ones(1, 4)], temperature=0)


def test_keys_of_the_batch_and_rows_that_are_not_there_are_refused() -> None:
    bank, h = CodeBank(4, 2), torch.eye(2)
    with pytest.raises(ValueError, match="keys must be rows of the table, drawn by CodeBank.keys"):
        observe_keys(bank.latent, torch.tensor([0, 1]), in_batch_keys(h), [h], temperature=0.9)
    keys = bank.keys(torch.tensor([0, 1]))
    with pytest.raises(ValueError, match=r"index must hold row numbers in \[0, 4\), got 4 to 4"):
        observe_keys(bank.latent, torch.tensor([4, 4]), keys, [h], temperature=0.9)
