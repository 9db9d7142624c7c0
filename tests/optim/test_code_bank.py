"""The code table."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import pytest
import torch

from ucch.optim import CodeBank, MomentumBinary
from ucch.optim.deposits import collected


def test_rows_start_as_fair_signs_of_unit_length(generator: torch.Generator) -> None:
    bank = CodeBank(4000, 32, generator=generator)
    torch.testing.assert_close(bank.latent.norm(dim=1), torch.ones(4000))
    assert bank.latent.abs().unique().numel() == 1
    assert (bank.latent > 0).double().mean().item() == pytest.approx(0.5, abs=0.005)


def test_published_start_is_negative_in_69_of_100(generator: torch.Generator) -> None:
    bank = CodeBank(4000, 32, init="published", generator=generator)
    assert (bank.latent > 0).double().mean().item() == pytest.approx(0.3085, abs=0.005)  # Phi(-1/2)
    torch.testing.assert_close(bank.latent.norm(dim=1), torch.ones(4000))


def test_one_seed_gives_one_table() -> None:
    first, second = (CodeBank(10, 8, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first.latent, second.latent)


def test_codes_are_signs_with_zero_as_plus_one() -> None:
    bank = CodeBank(2, 3)
    with torch.no_grad():
        bank.latent.copy_(torch.tensor([[0.0, -0.1, 0.2], [-1.0, 0.0, 1.0]]))
    assert bank.codes().tolist() == [[1, -1, 1], [-1, 1, 1]]
    assert bank.codes(torch.tensor([1])).tolist() == [[-1, 1, 1]]
    assert not bank.codes().requires_grad


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_positives_are_the_own_codes_and_negatives_rows_of_the_table(
    negatives: str, generator: torch.Generator
) -> None:
    bank = CodeBank(30, 16, generator=generator)
    index = torch.tensor([4, 29, 4])
    keys = bank.keys(index, n_negatives=12, negatives=negatives, generator=generator)
    assert torch.equal(keys.positives, bank.codes(index))
    known = {tuple(code) for code in bank.codes().tolist()}
    assert {tuple(code) for code in keys.negatives.tolist()} <= known
    assert keys.similarities(bank.codes(index) / 4).shape == (3, 13)
    assert not keys.positives.requires_grad
    assert not keys.negatives.requires_grad


def test_shared_draw_is_uniform_with_replacement(generator: torch.Generator) -> None:
    bank = CodeBank(50, 64, generator=generator)
    row_of = {tuple(code): row for row, code in enumerate(bank.codes().tolist())}
    counts = torch.zeros(50)
    for _ in range(400):
        keys = bank.keys(torch.tensor([0]), n_negatives=25, generator=generator)
        for code in keys.negatives.tolist():
            counts[row_of[tuple(code)]] += 1
    expected = 400 * 25 / 50
    chi_square = ((counts - expected) ** 2 / expected).sum().item()
    assert chi_square < 49 + 4 * math.sqrt(2 * 49)  # four deviations of chi-square with 49 degrees of freedom


def test_per_anchor_draw_is_published_form_own_row_possible(generator: torch.Generator) -> None:
    bank = CodeBank(3, 8, generator=generator)
    index = torch.tensor([0, 1, 2])
    keys = bank.keys(index, n_negatives=40, negatives="per_anchor", mask_own=False, generator=generator)
    assert keys.columns is not None
    assert keys.columns.shape == (3, 40)
    assert (keys.columns == index[:, None]).any(dim=1).all()
    assert keys.log_weights is None


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_own_row_is_left_out_wherever_it_was_drawn(negatives: str, generator: torch.Generator) -> None:
    bank = CodeBank(5, 8, generator=generator)
    index = torch.tensor([2, 0])
    draw = generator.get_state()
    keys = bank.keys(index, n_negatives=4, negatives=negatives, generator=generator)
    generator.set_state(draw)
    drawn = torch.randint(5, (2, 4) if negatives == "per_anchor" else (4,), generator=generator)
    assert keys.log_weights is not None
    assert torch.equal(keys.log_weights == -math.inf, (drawn == index[:, None]).expand(2, 4))


def test_shared_takes_the_whole_table_where_it_is_small_enough() -> None:
    bank = CodeBank(6, 8)
    keys = bank.keys(torch.tensor([1]), n_negatives=6)
    assert torch.equal(keys.negatives, bank.codes())
    assert keys.log_weights is not None
    assert keys.log_weights.isinf().tolist() == [[False, True, False, False, False, False]]


def test_observe_deposits_beside_the_table_and_leaves_it() -> None:
    bank = CodeBank(5, 2, dtype=torch.float64)
    before = bank.latent.detach().clone()
    view = torch.tensor([[1.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
    bank.observe(torch.tensor([3, 1]), view, 3 * view)
    assert bank.latent.grad is None
    rows, gradient, once = collected(bank.latent)
    assert once.all()
    expected = {1: before[1] - 2 * view[1], 3: before[3] - 2 * view[0]}
    assert sorted(rows.tolist()) == [1, 3]
    torch.testing.assert_close(gradient, torch.stack([expected[row] for row in rows.tolist()]))
    assert torch.equal(bank.latent.detach(), before)


def test_state_travels_and_copies() -> None:
    bank = CodeBank(5, 2)
    twin = CodeBank(5, 2)
    twin.load_state_dict(bank.state_dict())
    assert torch.equal(twin.latent, bank.latent)
    assert torch.equal(copy.deepcopy(bank).latent, bank.latent)
    assert repr(bank) == "CodeBank(n_codes=5, n_bits=2)"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.int8])
def test_small_tables_give_the_codes_and_keys_of_a_wide_one(dtype: torch.dtype) -> None:
    wide, small = (CodeBank(9, 16, dtype=d, generator=torch.Generator().manual_seed(2)) for d in (torch.float32, dtype))
    assert small.latent.dtype == dtype
    assert small.latent.element_size() * small.latent.numel() == 9 * 16 * dtype.itemsize
    assert torch.equal(small.codes().float(), wide.codes())
    torch.testing.assert_close(small.values(), wide.values(), atol=1 / 4 / 64, rtol=2**-8)
    index, h = torch.tensor([3, 3, 8]), torch.nn.functional.normalize(torch.ones(3, 16), dim=1)
    for binarize in (True, False):
        similarities = [bank.keys(index, binarize=binarize).similarities(h) for bank in (wide, small)]
        torch.testing.assert_close(*similarities, atol=0.05, rtol=0)
    assert repr(small) == f"CodeBank(n_codes=9, n_bits=16, dtype={dtype})"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda bank: CodeBank(0, 4), ValueError, "n_codes must be an int of at least 1, got 0"),
        (lambda bank: CodeBank(4, 2.5), TypeError, "n_bits must be an int of at least 1, got 2.5 of type float"),
        (lambda bank: CodeBank(4, 4, init="zero"), ValueError, "init must be one of published, unbiased, got 'zero'"),
        (
            lambda bank: CodeBank(4, 4, dtype=torch.int32),
            ValueError,
            r"dtype must be one of torch\.float32, torch\.bfloat16, torch\.int8, torch\.float64, got torch\.int32",
        ),
        (
            lambda bank: bank.keys(torch.tensor([0]), negatives="all"),
            ValueError,
            "negatives must be one of per_anchor, shared, got 'all'",
        ),
        (
            lambda bank: bank.keys(torch.tensor([0]), n_negatives=0),
            ValueError,
            "n_negatives must be an int of at least 1, got 0",
        ),
        (
            lambda bank: bank.keys(torch.tensor([0, 5])),
            ValueError,
            r"index must hold row numbers in \[0, 5\), got 0 to 5",
        ),
        (
            lambda bank: bank.keys(torch.tensor([0.0])),
            TypeError,
            "index must hold int64 row numbers, got torch.float32",
        ),
        (
            lambda bank: bank.keys(torch.tensor([[0]])),
            ValueError,
            r"index must be a vector of row numbers, got shape \(1, 1\)",
        ),
        (
            lambda bank: bank.observe(torch.tensor([0]), torch.ones(1, 3)),
            ValueError,
            r"views must have shape \(rows, 2\), got shape \(1, 3\)",
        ),
        (
            lambda bank: bank.observe(torch.tensor([0]), torch.ones(2, 2)),
            ValueError,
            "views must have one row per entry of index, got 2 rows and 1 entries",
        ),
    ],
)
def test_refuses_wrong_arguments_by_name(call, error, text) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=text):
        call(CodeBank(5, 2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_rows_join_at_the_end_with_their_codes_and_the_others_stay(dtype: torch.dtype) -> None:
    bank = CodeBank(5, 8, dtype=dtype)
    parameter, before = bank.latent, bank.latent.detach().clone()
    codes = torch.randn(3, 8)
    assert bank.extend(codes) == slice(5, 8)
    assert bank.latent is parameter
    assert torch.equal(bank.latent[:5], before)
    assert torch.equal(bank.codes()[5:].float(), torch.where(codes < 0, -1.0, 1.0))
    torch.testing.assert_close(bank.values()[5:].norm(dim=1), torch.ones(3), atol=0.02, rtol=0)
    assert bank.keys(torch.tensor([7]), n_negatives=8).positives.shape == (1, 8)


def test_what_was_deposited_before_rows_joined_moves_the_rows_it_was_meant_for() -> None:
    bank = CodeBank(4, 8)
    optimizer = MomentumBinary(bank.parameters())
    bank.observe(torch.tensor([1]), torch.ones(1, 8))
    bank.extend(-torch.ones(2, 8))
    before = bank.latent.detach().clone()
    optimizer.step()
    moved = (bank.latent != before).any(dim=1)
    assert moved.tolist() == [False, True, False, False, False, False]


def test_rows_of_another_width_or_no_numbers_do_not_join(tmp_path: Path) -> None:
    bank = CodeBank(4, 8)
    with pytest.raises(ValueError, match="codes must have shape"):
        bank.extend(torch.ones(2, 7))
    with pytest.raises(ValueError, match="codes must be finite numbers"):
        bank.extend(torch.full((1, 8), float("nan")))
    in_file = CodeBank.create_file(tmp_path / "table.safetensors", 4, 8)
    with pytest.raises(RuntimeError, match="extend needs a table in memory"):
        in_file.extend(torch.ones(1, 8))
