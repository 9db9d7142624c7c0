"""How a table stores its rows."""

from __future__ import annotations

import math

import pytest
import torch

from ucch.codes import sign
from ucch.optim.row_store import decode_rows, encode_rows


@pytest.mark.parametrize("n_bits", [4, 7, 64])
def test_int8_keeps_every_sign_and_is_off_by_half_a_step_at_most(n_bits: int, generator: torch.Generator) -> None:
    unit = 1 / math.sqrt(n_bits)
    values = 3.9 * unit * (2 * torch.rand(200, n_bits, generator=generator) - 1)
    values[0] = torch.tensor([1e-30, -1e-30, 0.0, -unit] + [unit] * (n_bits - 4))
    stored = encode_rows(values, torch.int8)
    assert stored.dtype == torch.int8
    assert torch.equal(sign(stored).float(), sign(values))
    assert (decode_rows(stored) - values).abs().max() <= unit / 64 * (1 + 1e-4)


def test_int8_worked_by_hand() -> None:
    values = torch.tensor([[0.5, -0.5, 0.0, 100.0], [0.01, -0.01, -100.0, 0.03125]])  # a step is 1/64 at four bits
    stored = encode_rows(values, torch.int8)
    assert stored.tolist() == [[32, -32, 0, 127], [0, -1, -128, 2]]
    assert decode_rows(stored)[0].tolist() == [32.5 / 64, -31.5 / 64, 0.5 / 64, 127.5 / 64]


@pytest.mark.parametrize("dtype", [torch.int8, torch.bfloat16, torch.float32, torch.float64])
def test_storing_what_was_read_changes_nothing(dtype: torch.dtype, generator: torch.Generator) -> None:
    stored = encode_rows(torch.randn(50, 24, generator=generator) / math.sqrt(24), dtype)
    assert torch.equal(encode_rows(decode_rows(stored), dtype), stored)


def test_values_come_back_in_float32_or_wider() -> None:
    expected = {torch.int8: torch.float32, torch.bfloat16: torch.float32, torch.float64: torch.float64}
    for dtype, wide in expected.items():
        assert decode_rows(torch.zeros(1, 2, dtype=dtype)).dtype == wide
