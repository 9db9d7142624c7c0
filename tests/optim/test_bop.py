"""Bop: flips worked by hand, ties, the one-sided rule, averages of idle rows, the scaled threshold."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import Bop, CodeBank, bop, bop_threshold, deposit


def bank_of(codes: list[list[float]]) -> CodeBank:
    bank = CodeBank(len(codes), len(codes[0]), dtype=torch.float64)
    with torch.no_grad():
        bank.latent.copy_(torch.tensor(codes) * 0.5)
    return bank


def push(bank: CodeBank, rows: list[int], grad: list[list[float]]) -> None:
    deposit(bank.latent, torch.tensor(rows), torch.tensor(grad, dtype=torch.float64))


def test_three_steps_worked_by_hand() -> None:
    """gamma 1/2, threshold 1/4: all figures are exact binary fractions."""
    bank = bank_of([[1, -1, 1]])
    optimizer = Bop(bank.parameters(), gamma=0.5, threshold=0.25)

    push(bank, [0], [[1.0, 1.0, 0.5]])  # m = (.5, .5, .25): k m = (.5, -.5, .25): only the first is above .25
    optimizer.step()
    assert bank.codes().tolist() == [[-1, -1, 1]]

    push(bank, [0], [[1.0, -1.5, 0.5]])  # m = (.75, -.5, .375): k m = (-.75, .5, .375): second and third flip
    optimizer.step()
    assert bank.codes().tolist() == [[-1, 1, -1]]

    push(bank, [0], [[-2.0, 0.0, 0.0]])  # m = (-.625, -.25, .1875): k m = (.625, -.25, -.1875): the first flips
    optimizer.step()
    assert bank.codes().tolist() == [[1, 1, -1]]
    state = optimizer.state[bank.latent]
    assert state["average"].tolist() == [[-0.625, -0.25, 0.1875]]
    assert (int(state["step"]), int(state["flips"]), int(state["rows"])) == (3, 4, 3)
    assert bank.latent.abs().unique().tolist() == [0.5]


@pytest.mark.parametrize("code", [1.0, -1.0])
@pytest.mark.parametrize("threshold", [0.0, 0.25])
def test_a_tie_never_flips(code: float, threshold: float) -> None:
    """larq's rule rewrites an exact tie to +1, so that a -1 would flip."""
    codes, _ = bop(
        torch.tensor([[code]]), torch.zeros(1, 1), torch.tensor([[code * threshold]]), gamma=1.0, threshold=threshold
    )
    assert codes.tolist() == [[code]]


def test_threshold_zero_and_no_gradient_leave_every_bit() -> None:
    bank = bank_of([[1, -1], [-1, 1]])
    optimizer = Bop(bank.parameters(), gamma=1.0, threshold=0.0)
    push(bank, [0, 1], [[0.0, 0.0], [0.0, 0.0]])
    optimizer.step()
    assert bank.codes().tolist() == [[1, -1], [-1, 1]]


def test_a_long_average_against_the_bit_does_not_flip_it() -> None:
    """The rule is one-sided: ``|m| > threshold`` alone would flip here and undo what the gradient asks for."""
    codes, _ = bop(torch.tensor([[1.0, -1.0]]), torch.zeros(1, 2), torch.tensor([[-5.0, 5.0]]), gamma=1.0, threshold=1)
    assert codes.tolist() == [[1.0, -1.0]]


def test_lazy_averages_equal_those_decayed_at_every_step(generator: torch.Generator) -> None:
    bank = CodeBank(5, 4, generator=generator, dtype=torch.float64)
    optimizer = Bop(bank.parameters(), gamma=0.2, threshold=0.05)
    codes, average = bank.codes().clone(), torch.zeros(5, 4, dtype=torch.float64)
    for _ in range(30):
        rows = torch.randperm(5, generator=generator)[:2]
        grad = torch.zeros(5, 4, dtype=torch.float64)
        grad[rows] = torch.randn(2, 4, generator=generator, dtype=torch.float64)
        push(bank, rows.tolist(), grad[rows].tolist())
        optimizer.step()
        codes, average = bop(codes, average, grad, gamma=0.2, threshold=0.05)
        assert torch.equal(bank.codes(), codes)


def test_gradients_of_one_row_add_up() -> None:
    bank = bank_of([[1]])
    optimizer = Bop(bank.parameters(), gamma=1.0, threshold=0.5)
    push(bank, [0, 0], [[0.375], [0.375]])  # each below the threshold, the sum above
    optimizer.step()
    assert bank.codes().tolist() == [[-1]]


def test_overwriting_takes_the_signs_of_the_mean_and_counts_flips() -> None:
    bank = bank_of([[1, 1], [-1, -1]])
    optimizer = Bop(bank.parameters())
    optimizer.overwrite(bank.latent, torch.tensor([0]), torch.tensor([[-3.0, 1.0]]), torch.tensor([[1.0, -1.0]]))
    assert bank.codes().tolist() == [[-1, 1], [-1, -1]]  # a mean of 0 is +1, as in a warm-up memory
    assert int(optimizer.state[bank.latent]["flips"]) == 1


def test_scaled_threshold_is_one_contradiction_of_average_size_at_every_size() -> None:
    for n_bits, batch_size in ((16, 256), (64, 256), (128, 64)):
        gamma, temperature = 1e-3, 0.9
        expected = gamma * 2 / (batch_size * temperature * n_bits)
        assert bop_threshold(gamma, batch_size=batch_size, temperature=temperature, n_bits=n_bits) == expected
    assert bop_threshold(1e-4, batch_size=256, temperature=0.9, n_bits=64) == pytest.approx(1.36e-8, rel=1e-2)


def test_a_table_that_is_not_binary_is_refused() -> None:
    bank = bank_of([[1, -1]])
    with torch.no_grad():
        bank.latent[0, 0] = 0.3
    with pytest.raises(ValueError, match=r"must be binary, all its entries of one magnitude, got .* 0\.3 to 0\.5"):
        Bop(bank.parameters())
    with torch.no_grad():
        bank.latent.zero_()
    with pytest.raises(ValueError, match="must be binary"):
        Bop(bank.parameters())


@pytest.mark.parametrize("gamma", [0.0, 1.5, -0.1])
def test_gamma_outside_its_range_is_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma must"):
        Bop(bank_of([[1]]).parameters(), gamma=gamma)
