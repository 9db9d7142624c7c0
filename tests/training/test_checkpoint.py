"""Checkpoints: any state comes back equal, and nothing in a file is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ucch.errors import RunError
from ucch.training.checkpoint import load_newest, load_state, save_state


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
    with pytest.raises(RunError, match=r"state cannot be read: .*No such file"):
        load_state(path)
    save_state(path, {"x": torch.ones(100)})
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunError, match="cannot be read"):
        load_state(path)
    save_state(path, {"x": torch.ones(100)})
    whole = path.read_bytes()
    path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])  # a bit that safetensors does not look at
    with pytest.raises(RunError, match="cannot be read: it does not fit its digest"):
        load_state(path)
    save_file({"x": torch.ones(2)}, path)
    with pytest.raises(RunError, match="holds 'no format', expected 'ucch-state-2'"):
        load_state(path)


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def test_the_newest_whole_state_is_read_and_a_damaged_one_kept_aside(tmp_path: Path) -> None:
    new, old = tmp_path / "state.safetensors", tmp_path / "previous.safetensors"
    said: list[str] = []
    assert load_newest(new, old) is None
    for number in (1, 2, 3):
        save_state(new, {"n": number}, keep_as=old)
    assert load_newest(new, old, said.append) == {"n": 3}
    assert load_state(old) == {"n": 2}
    assert said == []
    damage(new)
    assert load_newest(new, old, said.append) == {"n": 2}
    assert len(said) == 1
    assert "state.safetensors cannot be read" in said[0]
    assert said[0].endswith("it is kept as state.damaged, and the run goes on from previous.safetensors")
    assert load_newest(new, old, said.append) == {"n": 2}  # also what a kill between two renames leaves
    save_state(new, {"n": 3}, keep_as=old)
    assert load_state(old) == {"n": 2}


def test_damage_to_all_there_is_names_all_and_touches_nothing(tmp_path: Path) -> None:
    new, old = tmp_path / "state.safetensors", tmp_path / "previous.safetensors"
    save_state(new, {"n": 1})
    damage(new)
    with pytest.raises(RunError, match=r"state\.safetensors cannot be read: .*; delete .* to train from the start$"):
        load_newest(new, old)
    save_state(old, {"n": 0})
    damage(old)
    with pytest.raises(RunError, match=r"state\.safetensors cannot .*; .*previous\.safetensors cannot .*; delete"):
        load_newest(new, old)
    assert {entry.name for entry in tmp_path.iterdir()} == {new.name, old.name}


@pytest.mark.parametrize(
    "plan", ["[" * 100_000, "[]", "1", '{"tensor": "no"}', '{"a": 1, "b": 2}', '{"dict": [[{"list": []}, 1]]}', "{"]
)
def test_forged_states_with_a_right_digest_are_refused(plan: str, tmp_path: Path) -> None:
    import hashlib
    import json

    from safetensors.torch import save_file

    header = {"format": "ucch-state-2", "sha256": hashlib.sha256(plan.encode()).hexdigest(), "state": plan}
    save_file({}, tmp_path / "state", metadata={"ucch": json.dumps(header)})
    with pytest.raises(RunError, match="state cannot be read"):
        load_state(tmp_path / "state")
