"""How a table stores its rows."""

from __future__ import annotations

import math

import pytest
import torch

from ucch.codes import sign
from ucch.optim import CodeBank, table_rows
from ucch.optim.table_rows import check_table, decode_rows, encode_rows


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


def test_pieces_cover_the_table_in_order_and_are_views() -> None:
    sizes = table_rows.piece_sizes(2**16 + 5, 64)
    assert sizes == [2**15, 2**15, 5]
    table = torch.arange(12.0).view(6, 2)
    (piece,) = table_rows.row_pieces(table)
    assert piece.data_ptr() == table.data_ptr()
    assert table_rows.piece_sizes(3, 2**30) == [1, 1, 1]  # a row is never cut


@pytest.mark.parametrize("init", ["unbiased", "published"])
def test_a_table_does_not_depend_on_its_pieces(init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = CodeBank(96, 16, init=init, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(table_rows, "_PIECE_ELEMENTS", 16 * 16)
    assert table_rows.piece_sizes(96, 16) == [16] * 6
    assert torch.equal(CodeBank(96, 16, init=init, generator=torch.Generator().manual_seed(1)).latent, whole.latent)


@pytest.mark.parametrize("n_bits", range(1, 513))
def test_a_new_int8_table_has_one_magnitude_at_every_width(n_bits: int) -> None:
    stored = table_rows.initial_rows(4, n_bits, init="unbiased", dtype=torch.int8)
    assert set(stored.unique().tolist()) <= {31, -32}
    assert decode_rows(stored).abs().unique().numel() == 1


@pytest.mark.parametrize(
    ("table", "error", "text"),
    [
        ((0, 4, "unbiased", torch.float32), ValueError, "n_codes must be an int of at least 1, got 0"),
        ((4, 2.5, "unbiased", torch.float32), TypeError, "n_bits must be an int of at least 1, got 2.5"),
        ((4, 4, "zero", torch.float32), ValueError, "init must be one of published, unbiased, got 'zero'"),
        ((4, 4, "published", torch.int32), ValueError, r"dtype must be one of torch\.float32, .*, got torch\.int32"),
    ],
)
def test_tables_that_none_can_be(table: tuple[int, int, str, torch.dtype], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        check_table(*table)
