"""Where to train."""

from __future__ import annotations

import pytest
import torch

from ucch.errors import RunError
from ucch.training import choose_device


def test_choose_device() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    if not torch.cuda.is_available():
        assert choose_device("auto") == torch.device("cpu")
        with pytest.raises(RunError, match="torch finds no CUDA device; use --device cpu"):
            choose_device("cuda")
