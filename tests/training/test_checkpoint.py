"""Checkpoints: any state comes back equal, and nothing in a file is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ucch.errors import RunError
from ucch.training.checkpoint import load_state, save_state


def test_a_nested_state_comes_back_equal(tmp_path: Path) -> None:
    shared = torch.arange(6.0).reshape(2, 3)
    state = {
        "model": {"weight": shared, "view": shared.T, "half": torch.ones(2, dtype=torch.bfloat16)},
        "adam": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1 + 0.2, "betas": (0.9, 0.999)}]},
        "mask": torch.tensor([True, False]),
        "counter": torch.tensor(2**60),
        "none": None,
        "flag": True,
        "score": float("-inf"),
        "word": "été",
    }
    save_state(tmp_path / "state", state)
    again = load_state(tmp_path / "state")
    assert again["adam"]["param_groups"] == state["adam"]["param_groups"]  # type: ignore[index]
    assert {name: again[name] for name in ("none", "flag", "score", "word")} == {
        "none": None,
        "flag": True,
        "score": float("-inf"),
        "word": "été",
    }
    assert list(again["adam"]["state"]) == [0]
    for ours, theirs in (
        (again["model"]["weight"], shared),
        (again["model"]["view"], shared.T),
        (again["model"]["half"], torch.ones(2, dtype=torch.bfloat16)),
        (again["adam"]["state"][0]["step"], torch.tensor(3.0)),
        (again["mask"], torch.tensor([True, False])),
        (again["counter"], torch.tensor(2**60)),
    ):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)


def test_what_is_no_plain_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="a checkpoint holds tensors, numbers, strings, lists and dicts, got ndarray"):
        save_state(tmp_path / "state", {"array": np.ones(2)})
    assert list(tmp_path.iterdir()) == []


def test_missing_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with pytest.raises(RunError, match="cannot be read: .*; delete it to train from the start"):
        load_state(path)
    save_state(path, {"x": torch.ones(100)})
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunError, match="cannot be read"):
        load_state(path)
    save_file({"x": torch.ones(2)}, path)
    with pytest.raises(RunError, match="holds 'no format', expected 'ucch-state-1'"):
        load_state(path)
