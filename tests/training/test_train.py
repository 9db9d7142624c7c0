"""A run in its folder: resumed equals not stopped, best against last, damage and wrong data refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.errors import RunError, RunStoppedError
from ucch.models import HashModel
from ucch.runs import RunFolder
from ucch.runs.checkpoint import load_state, save_state
from ucch.training import EpochStats, train_run


class StoppedError(Exception):
    """Stands for whatever ends a run early."""


def stop_after(epoch: int):  # type: ignore[no-untyped-def]
    def on_epoch(stats: EpochStats) -> None:
        if stats.epoch == epoch:
            raise StoppedError

    return on_epoch


def same_state(ours: object, theirs: object) -> bool:
    if isinstance(ours, torch.Tensor) and isinstance(theirs, torch.Tensor):
        return torch.equal(ours, theirs)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = [key for key in ours if key != "seconds"]
        return ours.keys() == theirs.keys() and all(same_state(ours[key], theirs[key]) for key in keys)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same_state, ours, theirs))
    return ours == theirs


@pytest.mark.parametrize("keep", ["last", "best"])
def test_resumed_after_epoch_2_of_4_equals_the_run_not_stopped(keep: str, tmp_path: Path) -> None:
    pairs, recipe = small_pairs(), small_recipe(f"keep={keep}")
    through = RunFolder.create(tmp_path / "through", recipe)
    train_run(through, pairs)
    stopped = RunFolder.create(tmp_path / "stopped", recipe)
    with pytest.raises(StoppedError):
        train_run(stopped, pairs, on_epoch=stop_after(2))
    assert len(stopped.history()) == 2
    with pytest.raises(RunError, match="has no model yet; finish it with ucch train --out .* --resume"):
        stopped.model()
    train_run(RunFolder.open(tmp_path / "stopped"), pairs, resume=True)
    assert stopped.model_file.read_bytes() == through.model_file.read_bytes()
    assert same_state(load_state(stopped.checkpoint_file), load_state(through.checkpoint_file))
    assert same_state(stopped.history(), through.history())


@pytest.mark.parametrize(("seconds", "kept"), [(0.0, 2), (30.0, 1)])
def test_stopped_within_an_epoch_goes_on_from_the_latest_checkpoint(
    seconds: float, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ucch.training.checkpoints.CHECKPOINT_SECONDS", seconds)
    pairs, recipe = small_pairs(), small_recipe()
    through = RunFolder.create(tmp_path / "through", recipe)
    train_run(through, pairs)
    stopped = RunFolder.create(tmp_path / "stopped", recipe)

    def in_epoch_3(loss: float) -> None:
        if len(stopped.history()) == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_run(stopped, pairs, on_step=in_epoch_3)
    assert len(stopped.history()) == 2
    assert len(load_state(stopped.checkpoint_file)["history"]) == kept
    with stopped.history_file.open("a") as file:
        file.write('{"epoch": 3, "lo')  # what a power cut may leave
    train_run(stopped, pairs, resume=True)
    assert stopped.model_file.read_bytes() == through.model_file.read_bytes()
    assert same_state(load_state(stopped.checkpoint_file), load_state(through.checkpoint_file))
    assert same_state(stopped.history(), through.history())


def test_fast_epochs_write_the_first_checkpoint_and_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(
        "ucch.training.checkpoints.save_state", lambda path, state, **_: written.append(len(state["history"]))
    )
    train_run(RunFolder.create(tmp_path / "run", small_recipe("epochs=6")), small_pairs())
    assert written == [1, 6]


def test_the_run_folder_holds_all_that_is_needed_to_repeat_it(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe("shift=0.5"))
    model = train_run(run, small_pairs())
    assert run.recipe() == small_recipe("shift=0.5")
    again = RunFolder.create(tmp_path / "again", run.recipe())
    train_run(again, small_pairs())
    assert again.model_file.read_bytes() == run.model_file.read_bytes()
    image = small_pairs().image
    assert np.array_equal(run.model().encode_image(image), model.encode_image(image))
    lines = [json.loads(line) for line in run.history_file.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]


def test_best_keeps_the_epoch_whose_held_out_pairs_find_each_other_best(tmp_path: Path) -> None:
    pairs = small_pairs()
    run = RunFolder.create(tmp_path / "run", small_recipe("keep=best", "epochs=6", "validation_share=0.3"))
    train_run(run, pairs)
    scores = [line["validation"] for line in run.history()]
    best = load_state(run.checkpoint_file)["best"]
    assert best["score"] == max(scores)
    assert best["epoch"] == scores.index(max(scores)) + 1
    kept = HashModel.load(run.model_file).state_dict()
    assert all(torch.equal(kept[name], best["model"][name]) for name in kept)
    assert load_state(run.checkpoint_file)["trainer"]["bank"]["latent"].shape == (70, 12)  # 30 pairs held out


def test_other_data_is_refused_on_resume(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    with pytest.raises(StoppedError):
        train_run(run, small_pairs(), on_epoch=stop_after(1))
    with pytest.raises(RunError, match="was trained on pairs .*; resume with the data it was started on"):
        train_run(run, small_pairs(seed=9), resume=True)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    with pytest.raises(StoppedError):
        train_run(run, small_pairs(), on_epoch=stop_after(1))
    run.checkpoint_file.write_bytes(b"\x00" * 10)
    with pytest.raises(RunError, match=r"state\.safetensors cannot be read"):
        train_run(run, small_pairs(), resume=True)


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path) -> None:
    through = RunFolder.create(tmp_path / "through", small_recipe())
    train_run(through, small_pairs())
    run, said = RunFolder.create(tmp_path / "run", small_recipe()), []
    with pytest.raises(StoppedError):
        train_run(run, small_pairs(), on_epoch=stop_after(2))
    content = bytearray(run.checkpoint_file.read_bytes())
    content[len(content) // 2] ^= 16
    run.checkpoint_file.write_bytes(content)
    train_run(run, small_pairs(), resume=True, on_warning=said.append)
    assert "state.safetensors cannot be read" in said[0]
    assert "the run goes on from previous.safetensors" in said[0]
    assert run.model_file.read_bytes() == through.model_file.read_bytes()


@pytest.mark.parametrize("step", [1, 3, 7, 12])
def test_a_wish_to_stop_is_met_after_the_step_and_says_how_to_go_on(step: int, tmp_path: Path) -> None:
    pairs = small_pairs()
    through = RunFolder.create(tmp_path / "through", small_recipe())
    train_run(through, pairs)
    run, done = RunFolder.create(tmp_path / "run", small_recipe()), []
    text = f"stopped after step {step} of 12 and saved; go on with: ucch train --out .*run --resume"
    with pytest.raises(RunStoppedError, match=text):
        train_run(run, pairs, on_step=done.append, stop=lambda: len(done) == step)
    train_run(run, pairs, resume=True)
    assert run.model_file.read_bytes() == through.model_file.read_bytes()
    assert same_state(load_state(run.checkpoint_file), load_state(through.checkpoint_file))
    assert same_state(run.history(), through.history())


def test_long_epochs_are_saved_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 100_000, 1000))
    monkeypatch.setattr("ucch.training.checkpoints.time.monotonic", lambda: next(clock))
    monkeypatch.setattr("ucch.training.checkpoints.save_state", lambda path, state, **_: written.append(state))
    written: list[dict[str, Any]] = []
    run = RunFolder.create(tmp_path / "run", small_recipe("epochs=1", "batch_size=5"))
    train_run(run, small_pairs())  # a second here is ten steps
    assert [state["trainer"]["part"]["step"] for state in written[:-1]] == [1, 11]
    assert written[-1]["trainer"]["part"] is None


def test_a_checkpoint_of_another_make_is_refused(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    train_run(run, small_pairs())
    state = load_state(run.checkpoint_file)
    del state["trainer"]["adam"]
    save_state(run.checkpoint_file, state)
    with pytest.raises(RunError, match=r"does not fit the recipe of .*: 'adam'; delete .*checkpoint to train from the"):
        train_run(run, small_pairs(), resume=True)


def test_a_full_disk_ends_the_run_and_the_older_checkpoint_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    through = RunFolder.create(tmp_path / "through", small_recipe())
    train_run(through, small_pairs())
    run = RunFolder.create(tmp_path / "run", small_recipe())
    with pytest.raises(StoppedError):
        train_run(run, small_pairs(), on_epoch=stop_after(2))
    before = run.checkpoint_file.read_bytes()

    def full(self: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(RunError, match="cannot be written: No space left on device"):
            train_run(run, small_pairs(), resume=True)
    assert run.checkpoint_file.read_bytes() == before
    train_run(run, small_pairs(), resume=True)
    assert run.model_file.read_bytes() == through.model_file.read_bytes()


def test_a_run_stopped_before_its_first_checkpoint_starts_over(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    train_run(run, small_pairs(), resume=True)
    assert len(run.history()) == 4


def test_resting_codes_are_reported_and_recorded(tmp_path: Path) -> None:
    """Keys that no gradient reaches: a threshold of Bop no gradient exceeds."""
    settings = ("optimizer=bop", "bop.scale=1e9", "epochs=7", "schedule=constant")
    said: list[str] = []
    run = RunFolder.create(tmp_path / "run", small_recipe(*settings))
    train_run(run, small_pairs(), on_warning=said.append)
    assert len(said) == 1
    assert said[0].startswith("no bit of the code table has flipped for 5 epochs")
    assert [line["flips_per_row"] for line in run.history()[1:]] == [0.0] * 6
