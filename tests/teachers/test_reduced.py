"""Leading directions of wide features."""

from __future__ import annotations

import torch

from ucch.teachers.reduced import reduced


def test_reduction_keeps_inner_products_of_low_rank_rows_and_small_matrices() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(30, 4, generator=generator) @ torch.randn(4, 25, generator=generator)
    found, directions = reduced(rows, 6)
    assert directions is not None
    assert found.shape == (30, 6)
    torch.testing.assert_close(found @ found.T, rows @ rows.T, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(rows @ directions, found, rtol=1e-4, atol=1e-3)
    same, none = reduced(rows, 25)
    assert same is rows
    assert none is None
