"""Rows in pieces stand for the tensor that they make up."""

from __future__ import annotations

from pathlib import Path

import torch

from ucch.runs.checkpoint import save_state
from ucch.runs.row_stream import RowStream


def test_rows_that_come_in_pieces_are_saved_as_the_tensor_they_make_up(tmp_path: Path) -> None:
    whole = torch.randn(10, 4).bfloat16()
    pieces = iter([whole[:3], whole[3:4], whole[4:]])
    save_state(tmp_path / "stream", {"a": torch.ones(3), "b": RowStream(whole.dtype, (10, 4), pieces)})
    save_state(tmp_path / "whole", {"a": torch.ones(3), "b": whole})
    assert (tmp_path / "stream").read_bytes() == (tmp_path / "whole").read_bytes()
