"""Checkpoints: any state comes back equal, and nothing in a file is run."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.processes import Processes
from ucch.collectives import World
from ucch.errors import RunError
from ucch.optim import CodeBank, ShardedCodeBank
from ucch.runs.checkpoint import load_newest, load_state, save_state
from ucch.runs.row_stream import RowStream
from ucch.training.sharded_state import ShardedTable


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


def test_a_state_goes_to_the_disk_by_pieces(tmp_path: Path) -> None:
    """A table beyond a piece, in every layout; what is held beside it while it is written is about a piece."""
    table = torch.randn(2**19, 16, generator=torch.Generator().manual_seed(0))  # 32 MiB
    state = {"rows": table, "columns": table.T[:9], "number": torch.tensor(7), "none": torch.empty(0, 3)}
    save_state(tmp_path / "once", {"x": torch.ones(1)})
    held = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/clear_refs").exists() else 0
    if held:
        Path("/proc/self/clear_refs").write_text("5")
    save_state(tmp_path / "state", state)
    if held:
        peak = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        assert int(peak[0]) * 1024 - held * os.sysconf("SC_PAGE_SIZE") < 24 * 2**20
    again = load_state(tmp_path / "state")
    assert all(torch.equal(again[name], value) for name, value in state.items())


def test_what_a_full_disk_leaves_is_taken_to_the_end(tmp_path: Path) -> None:
    """Other processes send their rows whatever happens to the file."""
    pieces = iter([torch.ones(1, 2)] * 5)
    with pytest.raises(RunError, match="cannot be written"):
        save_state(tmp_path / "none" / "state", {"b": RowStream(torch.float32, (5, 2), pieces)})
    assert next(pieces, None) is None


def saved_by_all(world: World, path: Path) -> str:
    """Save a table cut by rows, into a folder that is there or not; what each process says."""
    bank = ShardedCodeBank(1000, 8, world=world, generator=torch.Generator().manual_seed(0))
    try:
        save_state(path, {"bank": ShardedTable(bank).state_dict(), "n": 1}, world=world)
    except RunError as error:
        return str(error)
    return ""


def test_a_table_of_several_processes_is_saved_whole_or_all_fail(tmp_path: Path, processes: Processes) -> None:
    assert processes.run(saved_by_all, tmp_path / "state") == [""] * processes.size
    table = CodeBank(1000, 8, generator=torch.Generator().manual_seed(0)).latent
    assert torch.equal(load_state(tmp_path / "state")["bank"]["latent"], table)
    answers = processes.run(saved_by_all, tmp_path / "none" / "state")
    assert answers[0].endswith("cannot be written: No such file or directory")
    assert answers == answers[:1] * processes.size
