"""Blocks of rows."""

from __future__ import annotations

import pytest
import torch

from ucch.losses.cache_blocks import BLOCK, blocks


@pytest.mark.parametrize("shape", [(1, 1), (7, BLOCK // 3), (3, 2 * BLOCK), (513, 1024)])
def test_every_row_is_in_one_block_of_few_numbers(shape: tuple[int, int]) -> None:
    matrix = torch.arange(shape[0])[:, None].expand(shape)
    parts = [matrix[rows] for rows in blocks(matrix)]
    assert torch.cat([part[:, 0] for part in parts]).tolist() == list(range(shape[0]))
    assert all(len(part) == 1 or part.numel() <= BLOCK for part in parts)
    assert len({len(part) for part in parts[:-1]}) <= 1


def test_an_accelerator_takes_all_rows_at_once() -> None:
    assert list(blocks(torch.empty(4, 2 * BLOCK, device="meta"))) == [slice(0, 4)]


def test_no_rows_are_no_blocks() -> None:
    assert list(blocks(torch.empty(0, 5))) == list(blocks(torch.empty(0, 5, device="meta"))) == []
