"""A run folder that is trained on a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.test_stream import recipe, shards, weights
from ucch.data import Items, Pairs
from ucch.data.shards import Shard, Shards
from ucch.errors import DataError, NonFiniteError, RunError, RunStoppedError
from ucch.models import HashModel
from ucch.recipe import Recipe
from ucch.runs import RunFolder
from ucch.training import StreamTraining, train_stream
from ucch.training.stream_run import train_stream_run

FOUR = [f"{number}.npz" for number in range(4)]


class Reads:
    """Shards that count who reads them."""

    def __init__(self, *, bad: str = "", names: list[str] = FOUR) -> None:
        self.read: list[str] = []
        self.pairs, self.bad, self.names = dict(zip(FOUR, shards(4), strict=True)), bad, names

    def open(self) -> Shards:
        return Shards((Shard(name, self._reader(name)) for name in self.names), len(self.names))

    def _reader(self, name: str) -> Callable[[], Items]:
        def read() -> Items:
            self.read.append(name)
            if name == self.bad:
                raise DataError(f"{name}: image_train must be finite")
            return self.pairs[name]

        return read


def new_run(folder: Path, chosen: Recipe | None = None) -> RunFolder:
    return RunFolder.create(folder, chosen or recipe())


def same(one: HashModel, other: HashModel) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.fixture(scope="module")
def through() -> HashModel:
    return train_stream(shards(4), recipe(), n_shards=4).finished_model()


def test_its_towers_are_those_of_the_stream_and_the_folder_says_what_it_was(tmp_path: Path, through: HashModel) -> None:
    run, reads = new_run(tmp_path / "run"), Reads()
    model = train_stream_run(run, reads.open())
    assert reads.read == FOUR
    assert same(model, through)
    assert same(run.model(), through)
    history = run.history()
    assert [(line["shard"], line["rows"], line["file"]) for line in history] == [
        (number + 1, 96 * (number + 1), name) for number, name in enumerate(FOUR)
    ]
    assert [line.get("asked") for line in history] == [None, 100, 100, 100]
    summary = json.loads(run.stream_file.read_text())
    assert (summary["shards"], summary["pairs"], summary["partners"]) == (4, 384, history[-1]["partners"])
    assert json.loads(run.goal_file.read_text())["goal"] == "categories"


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_stopped_between_any_two_steps_it_leaves_a_model_and_goes_on_as_if_nothing_had_been(
    tmp_path: Path, through: HashModel, steps: int
) -> None:
    run, reads, done = new_run(tmp_path / "run"), Reads(), [0]

    def count(_: StreamTraining) -> None:
        done[0] += 1

    with pytest.raises(RunStoppedError) as caught:
        train_stream_run(run, reads.open(), on_step=count, stop=lambda: done[0] == steps)
    of, rows = (steps - 1) // 3 + 1, 32 * steps
    assert f"stopped in shard {of} of 4 after {rows} pairs and saved; the model as it stands is in" in str(caught.value)
    assert f"go on with: ucch train --out {run.path} --resume" in str(caught.value)
    assert not same(run.model(), through)
    reads.read.clear()
    assert same(train_stream_run(run, reads.open(), resume=True), through)
    assert reads.read == [FOUR[0], *FOUR[max(1, steps // 3) :]]  # the first is looked at, those that are done are not
    assert [line["file"] for line in run.history()] == FOUR


def test_a_run_that_is_done_goes_on_with_new_shards_only(tmp_path: Path, through: HashModel) -> None:
    run = new_run(tmp_path / "run", recipe("schedule=constant"))
    first = train_stream_run(run, Reads(names=FOUR[:2]).open())
    assert same(train_stream_run(run, Reads(names=FOUR[:2]).open(), resume=True), first)
    whole = train_stream(shards(4), recipe("schedule=constant")).finished_model()
    assert same(train_stream_run(run, Reads().open(), resume=True), whole)


def test_a_bad_shard_is_named_and_costs_nothing_that_was_before_it(tmp_path: Path, through: HashModel) -> None:
    run = new_run(tmp_path / "run")
    with pytest.raises(DataError) as caught:
        train_stream_run(run, Reads(bad="2.npz").open())
    assert str(caught.value) == (
        "2.npz: image_train must be finite; what 192 pairs before taught is saved in"
        f" {run.path}, with a model: put the shard right and go on with ucch train --out {run.path} --resume"
    )
    assert run.model().n_bits == 12
    assert same(train_stream_run(run, Reads().open(), resume=True), through)


def test_a_shard_that_the_training_refuses_is_named_too(tmp_path: Path) -> None:
    reads = Reads()
    reads.pairs["1.npz"] = Pairs(np.ones((60, 8)), np.ones((60, 9)), split="train")
    with pytest.raises(DataError, match=r"^1\.npz: shard 2: text_train must have 5 columns, as in the first shard"):
        train_stream_run(new_run(tmp_path / "run"), reads.open())


@pytest.mark.filterwarnings("ignore:.* observed rows are no finite numbers:UserWarning")
def test_numbers_that_are_none_end_it_by_the_name_of_the_shard(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", recipe("nonfinite_steps=2"))

    def spoil(training: StreamTraining) -> None:
        if training.shard == 1:
            torch.nn.init.constant_(training.model.image_tower.last.weight, float("nan"))

    with pytest.raises(NonFiniteError, match=r"^1\.npz: 2 steps in a row .*; what 192 pairs before taught is saved"):
        train_stream_run(run, Reads().open(), on_step=spoil)


def test_other_shards_than_before_are_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    train_stream_run(run, Reads(names=FOUR[:3]).open())
    with pytest.raises(RunError, match=r"shard 2 was 1\.npz when .* was trained on it, got 2\.npz; --resume goes on"):
        train_stream_run(run, Reads(names=["0.npz", "2.npz"]).open(), resume=True)
    with pytest.raises(RunError, match="has trained on 3 shards .*, got 2; --resume goes on with the same shards"):
        train_stream_run(run, Reads(names=FOUR[:2]).open(), resume=True)


def test_who_interrupts_the_wait_for_a_shard_finds_everything_saved(tmp_path: Path, through: HashModel) -> None:
    run, reads = new_run(tmp_path / "run"), Reads()

    def waiting() -> Iterator[Shard]:
        yield from list(reads.open())[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_stream_run(run, Shards(waiting(), 4))
    assert run.model().n_bits == 12
    assert same(train_stream_run(run, Reads().open(), resume=True), through)


def test_checkpoints_go_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucch.training.checkpoints.CHECKPOINT_SECONDS", 0.0)
    run, there = new_run(tmp_path / "run"), []

    def look(training: StreamTraining) -> None:
        there.append(run.checkpoint_file.exists())

    train_stream_run(run, Reads(names=FOUR[:1]).open(), on_step=look)
    assert there == [False, True, True]


def test_a_state_within_a_shard_keeps_its_order(tmp_path: Path) -> None:
    """What a stop within a shard saves is the whole of it, also in Python."""
    states, own = [], recipe("optimizer=momentum")
    whole = train_stream(shards(2), own, on_step=lambda t: states.append(t.state_dict()["part"]))
    assert [None if part is None else part["step"] for part in states] == [1, 2, 3, 1, 2, 3]
    training = StreamTraining(own, next(shards(1)))

    def stop() -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        training.train_shard(next(shards(1)), stop)
    other = StreamTraining(own, next(shards(1)))
    other.load_state_dict(training.state_dict())
    with pytest.raises(DataError, match="shard 1 must have 100 pairs, as when training stopped in it, got 60"):
        other.train_shard(next(shards(1, size=60)))
    for pairs in shards(2):
        other.train_shard(pairs)
    assert torch.equal(weights(other), weights(whole))
