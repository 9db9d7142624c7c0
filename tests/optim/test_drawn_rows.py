"""Rows that serve as negatives."""

from __future__ import annotations

import torch

from ucch.optim.drawn_rows import draw_rows, shared_rows

CPU = torch.device("cpu")


def test_every_row_is_drawn_alike_often() -> None:
    drawn = draw_rows(5, (100, 200), generator=torch.Generator().manual_seed(0), device=CPU)
    assert drawn.shape == (100, 200)
    share = torch.bincount(drawn.flatten(), minlength=5) / drawn.numel()
    assert torch.allclose(share, torch.full((5,), 0.2), atol=0.015)  # five standard errors


def test_the_whole_table_is_taken_undrawn() -> None:
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    for most in (7, 8, 4096):
        assert torch.equal(shared_rows(7, most, generator=generator, device=CPU), torch.arange(7))
    assert torch.equal(generator.get_state(), before)


def test_a_smaller_set_is_the_draw() -> None:
    found, drawn = (
        one(100, size, generator=torch.Generator().manual_seed(3), device=CPU)
        for one, size in ((shared_rows, 6), (draw_rows, (6,)))
    )
    assert torch.equal(found, drawn)
