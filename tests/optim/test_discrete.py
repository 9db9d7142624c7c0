"""Discrete cyclic coordinate descent: each bit the best one, an objective that never rises, and steps by hand."""

from __future__ import annotations

import itertools
from math import sqrt

import pytest
import torch

from ucch.codes import sign
from ucch.optim import CodeBank, DiscreteCodes, discrete_codes, discrete_objective


def made(seed: int, n: int = 40, bits: int = 6) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    latent = torch.randn(n, bits, generator=generator, dtype=torch.float64)
    target = torch.randn(n, 4, generator=generator, dtype=torch.float64)
    return sign(latent), latent, target


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("eta", [0.0, 0.1, 1.0, 55.0])
def test_the_objective_never_rises(seed: int, eta: float) -> None:
    codes, latent, target = made(seed)
    options = {"mu": 1.0, "nu": 1.0, "eta": eta}
    values = [float(discrete_objective(codes, latent, target, **options))]
    for _ in range(6):
        codes = discrete_codes(codes, latent, target, n_sweeps=1, **options)
        values.append(float(discrete_objective(codes, latent, target, **options)))
        assert set(codes.unique().tolist()) == {-1.0, 1.0}
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(values))
    if eta in (0.1, 1.0):
        assert values[-1] < values[0]


def test_at_the_end_no_single_flip_lowers_the_objective_at_these_weights() -> None:
    codes, latent, target = made(0, n=12, bits=4)
    codes = discrete_codes(codes, latent, target, eta=0.1, n_sweeps=100)
    eye = torch.eye(4, dtype=torch.float64)
    weights = torch.linalg.solve(codes.T @ codes + eye, codes.T @ target)

    def cost(b: torch.Tensor) -> float:
        return float((target - b @ weights).square().sum() + 0.1 * (b - latent).square().sum())

    for row in range(12):
        for bit in range(4):
            other = codes.clone()
            other[row, bit] *= -1
            assert cost(other) >= cost(codes) - 1e-12


def test_one_sweep_is_the_rule_written_as_a_loop() -> None:
    codes, latent, target = made(3, n=10, bits=4)
    mu, nu, eta = 2.0, 0.5, 0.3
    eye = torch.eye(4, dtype=torch.float64)
    w = torch.linalg.solve(codes.T @ codes + nu / mu * eye, codes.T @ target)
    expected = codes.clone()
    for k in range(4):
        rest = [other for other in range(4) if other != k]
        score = target @ w[k] - expected[:, rest] @ w[rest] @ w[k] + eta / mu * latent[:, k]
        expected[:, k] = sign(score)
    assert torch.equal(discrete_codes(codes, latent, target, mu=mu, nu=nu, eta=eta, n_sweeps=1), expected)


def test_a_score_of_exactly_zero_leaves_the_bit() -> None:
    codes = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    assert torch.equal(discrete_codes(codes, torch.zeros(2, 2), torch.zeros(2, 1)), codes)


def test_a_heavy_eta_gives_the_signs_of_the_memory() -> None:
    codes, latent, target = made(1)
    assert torch.equal(discrete_codes(-codes, latent, target, eta=1e9), codes)


def test_steps_and_a_refresh_by_hand() -> None:
    """Momentum 0 on 3-4-5 triangles; a zero target, so that the codes are the signs of the memory."""
    bank = CodeBank(2, 2, dtype=torch.float64)
    with torch.no_grad():
        bank.latent.copy_(torch.tensor([[1.0, 1.0], [1.0, -1.0]]) / sqrt(2))
    optimizer = DiscreteCodes(bank.parameters(), momentum=0.0)
    bank.observe(torch.tensor([0]), torch.tensor([[-3.0, 4.0]]))
    optimizer.step()
    assert bank.codes().tolist() == [[1, 1], [1, -1]]  # a step leaves the codes alone
    memory = optimizer.state[bank.latent]["memory"]
    torch.testing.assert_close(memory[0], torch.tensor([-0.6, 0.8], dtype=torch.float64))
    optimizer.refresh(bank.latent, torch.zeros(2, 1))
    assert bank.codes().tolist() == [[-1, 1], [1, -1]]
    assert int(optimizer.state[bank.latent]["flips"]) == 1


def test_the_first_refresh_starts_from_the_memory_not_from_noise() -> None:
    """Zeros, or the table's random start, would let the first solution depend on what means nothing."""
    solutions = []
    for seed in (0, 1):
        bank = CodeBank(30, 6, generator=torch.Generator().manual_seed(seed))
        optimizer = DiscreteCodes(bank.parameters(), momentum=0.0, eta=0.01)
        bank.observe(torch.arange(30), torch.randn(30, 6, generator=torch.Generator().manual_seed(9)))
        optimizer.step()
        optimizer.refresh(bank.latent, made(2, n=30)[2])
        solutions.append(bank.codes())
    assert torch.equal(*solutions)


def test_a_wrong_table_or_target_is_refused() -> None:
    bank = CodeBank(3, 2)
    optimizer = DiscreteCodes(bank.parameters())
    with pytest.raises(ValueError, match="table must be one of the tables"):
        optimizer.refresh(CodeBank(3, 2).latent, torch.zeros(3, 1))
    with pytest.raises(ValueError, match="target must have one row per code, got 2 rows and 3 codes"):
        optimizer.refresh(bank.latent, torch.zeros(2, 1))
