"""Every map round every base comes to the known minimum of four problems, by one setting for each base.

The rate falls to 0 over the run, by a scheduler of torch's; schedule-free bases have none. Whatever a map shows in
training, the minimum is that of the values of evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

from tests.optim.binary.kit import MAPS, PAIRS, wrap
from tests.optim.kit import CASES, Case
from ucch.optim import BinaryOptimizer, CodeBank, deposit

STEPS = 80
every_pair = pytest.mark.parametrize(("base", "name"), PAIRS, ids=[": ".join(pair) for pair in PAIRS])


def seeded(*shape: int, seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def codes(*shape: int, seed: int) -> Tensor:
    return torch.where(seeded(*shape, seed=seed) >= 0, 1.0, -1.0)


def train(
    base: str, name: str, loss: Callable[[], Tensor], binary: Sequence[Tensor], real: Sequence[Tensor] = ()
) -> BinaryOptimizer:
    optimizer = wrap(base, MAPS[name], binary, real)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0 if "free" in base else 1 - step / STEPS)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        rate.step()
    optimizer.eval()
    return optimizer


@cache
def least_squares() -> tuple[Tensor, Tensor, Tensor]:
    """X (96, 8), Y (96, 2) with noise, and the best of the 256 codes for each column of Y."""
    x = seeded(96, 8, seed=0)
    y = x @ codes(2, 8, seed=1).T + seeded(96, 2, seed=2, scale=0.5)
    every = torch.tensor(list(product([-1.0, 1.0], repeat=8)))
    errors = (y[:, :, None] - (x @ every.T)[:, None, :]).square().sum(dim=0)  # (2, 256)
    return x, y, every[errors.argmin(dim=1)]


@every_pair
def test_binary_least_squares_end_at_the_best_of_all_codes(base: str, name: str) -> None:
    x, y, best = least_squares()
    weight = nn.Parameter(seeded(2, 8, seed=3, scale=0.3))
    train(base, name, lambda: (y - x @ weight.T).square().mean(), [weight])
    assert torch.equal(weight.detach().sign(), best)


def views(known: Tensor, noise: torch.Generator) -> Tensor:
    """Twice the codes and noise, so that a code that is right is told so."""
    return 2 * known + 0.5 * torch.randn(known.shape, generator=noise)


@every_pair
def test_a_table_of_codes_is_found_under_noise(base: str, name: str) -> None:
    known, noise = codes(8, 16, seed=5), torch.Generator().manual_seed(6)
    table = nn.Parameter(seeded(8, 16, seed=3, scale=0.3))
    train(base, name, lambda: (table - views(known, noise)).square().sum() / 8, [table])
    assert torch.equal(table.detach().sign(), known)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_code_bank_finds_the_same_table(case: Case) -> None:
    known, noise = codes(8, 16, seed=5), torch.Generator().manual_seed(6)
    bank = CodeBank(8, 16, generator=torch.Generator().manual_seed(0))
    optimizer = case.build(bank.parameters())
    for _ in range(STEPS):
        index = torch.randperm(8, generator=noise)[:4]
        seen = views(known[index], noise)
        if optimizer.total:
            deposit(bank.latent, index, bank.codes(index) - seen)
        else:
            bank.observe(index, seen)
        optimizer.step()
    if "memory" in optimizer.state[bank.latent]:
        optimizer.refresh(bank.latent, known)  # type: ignore[attr-defined]
    assert torch.equal(bank.codes(), known)


@every_pair
def test_a_parity_of_three_bits_is_learnt_without_an_error(base: str, name: str) -> None:
    bits = torch.tensor(list(product([-1.0, 1.0], repeat=3)))
    odd = (bits.prod(dim=1) > 0).float()
    first, second = nn.Parameter(seeded(32, 3, seed=3, scale=0.3)), nn.Parameter(seeded(1, 32, seed=4, scale=0.3))
    biases = [nn.Parameter(seeded(1, 32, seed=5)), nn.Parameter(torch.zeros(1, 1))]

    def logits() -> Tensor:
        return ((bits @ first.T + biases[0]).tanh() @ second.T * 0.7 + biases[1])[:, 0]

    train(base, name, lambda: F.binary_cross_entropy_with_logits(logits(), odd), [first, second], biases)
    assert torch.equal((logits() > 0).float(), odd)


@cache
def digits() -> tuple[Tensor, Tensor]:
    found = load_digits()
    return torch.from_numpy(found.data[:300] / 16 - 0.3).float(), torch.from_numpy(found.target[:300])


@every_pair
def test_a_binary_network_learns_digits(base: str, name: str) -> None:
    """Real weights learn these 300 without an error; of two binary layers at most one in twenty is wrong."""
    x, y = digits()
    first, second = nn.Parameter(seeded(48, 64, seed=3, scale=0.1)), nn.Parameter(seeded(10, 48, seed=4, scale=0.1))

    def logits() -> Tensor:
        hidden = F.batch_norm(x @ first.T, None, None, training=True).relu()
        return 2 * F.batch_norm(hidden @ second.T, None, None, training=True)

    train(base, name, lambda: F.cross_entropy(logits(), y), [first, second])
    assert float((logits().argmax(dim=1) == y).float().mean()) >= 0.95
