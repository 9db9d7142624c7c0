"""The first rows of a table."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import CodeBank, initial_rows


def test_pieces_cover_the_table_in_order_and_are_views() -> None:
    sizes = initial_rows.piece_sizes(2**16 + 5, 64)
    assert sizes == [2**15, 2**15, 5]
    table = torch.arange(12.0).view(6, 2)
    (piece,) = initial_rows.row_pieces(table)
    assert piece.data_ptr() == table.data_ptr()
    assert initial_rows.piece_sizes(3, 2**30) == [1, 1, 1]  # a row is never cut


@pytest.mark.parametrize("init", ["unbiased", "published"])
def test_a_table_does_not_depend_on_its_pieces(init: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = CodeBank(96, 16, init=init, generator=torch.Generator().manual_seed(1))
    monkeypatch.setattr(initial_rows, "_PIECE_ELEMENTS", 16 * 16)
    assert initial_rows.piece_sizes(96, 16) == [16] * 6
    assert torch.equal(CodeBank(96, 16, init=init, generator=torch.Generator().manual_seed(1)).latent, whole.latent)
