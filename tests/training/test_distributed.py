"""Several processes train as one does: gradients, tables, runs, and what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ucch.cli.feature_source import _check_photographs

from tests.cli.photographs import ucch
from tests.processes import Processes
from tests.training import shared_work
from tests.training.kit import small_dataset, small_recipe
from ucch.collectives import World
from ucch.data import save_npz
from ucch.errors import RecipeError, RunError
from ucch.runs import RunFolder
from ucch.runs.checkpoint import load_state
from ucch.training import on_first, processes
from ucch.training.distributed import check_parallel

BOTH = ("replicated", "sharded")
STRATEGIES = [
    ("sharded", "optimizer=straight-through"),
    ("sharded", "optimizer=greedy"),
    ("sharded", "optimizer=quantization", "ranking=max_margin"),
    ("replicated", "optimizer=continuation", "negatives=per_anchor"),
    ("replicated", "optimizer=none"),
    ("replicated", "optimizer=discrete"),
    ("replicated", "optimizer=itq"),
    ("replicated", "optimizer=rotation"),
    ("sharded", "optimizer=rotation"),
]


def close(ours: Any, theirs: Any, **limits: float) -> None:
    torch.testing.assert_close(ours, theirs, **limits)


@pytest.mark.parametrize("epoch", [0, 1], ids=["warm-up", "table"])
@pytest.mark.parametrize("beta", [1.0, 0.0, 0.7], ids=["contrastive", "ranking", "both"])
@pytest.mark.parametrize("teacher", ["none", "joint-semantics"])
def test_gradients_are_those_of_one_process(processes: Processes, epoch: int, beta: float, teacher: str) -> None:
    settings = (f"beta={beta}", f"similarity={teacher}")
    alone = shared_work.gradients(World(), epoch, *settings)
    for placement in BOTH:
        answers = processes.run(shared_work.gradients, epoch, f"placement={placement}", *settings)
        for answer in answers:
            close(answer["grads"], alone["grads"], rtol=0, atol=1e-12)
            close(answer["figures"], alone["figures"])
        tables = [answer["latent"] for answer in answers]
        if placement == "replicated":
            assert all(torch.equal(table, tables[0]) for table in tables)
        whole = tables[0] if placement == "replicated" else torch.cat(tables)
        close(whole, alone["latent"], rtol=0, atol=1e-12)


def test_weights_of_views_are_those_of_one_process(processes: Processes) -> None:
    """Neighbours are looked for in the whole batch, so rows of the table move as ever."""
    setting = "rotation.weights=neighbors"
    alone = shared_work.gradients(World(), 1, setting)
    assert not torch.equal(alone["latent"], shared_work.gradients(World(), 1)["latent"])
    for answer in processes.run(shared_work.gradients, 1, setting):
        close(answer["latent"], alone["latent"], rtol=0, atol=1e-12)


def test_a_step_in_a_loop_of_ones_own_is_one_step_however_processes_are_seeded(processes: Processes) -> None:
    answers = processes.run(shared_work.own_loop, "")
    assert [said for said, _ in answers] == [""] * processes.size
    assert all(torch.equal(moved, answers[0][1]) for _, moved in answers)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("items", "n_items must be the same in all processes, got "),
        ("rows", "index must be the same in all processes, but that of process "),
        ("names", "views must be named image, text, as the towers are, got image, sound"),
        ("share", "tower text must give ("),
    ],
)
def test_what_one_process_gives_a_step_wrongly_is_an_error_of_all(processes: Processes, wrong: str, said: str) -> None:
    assert all(text.startswith(said) for text, _ in processes.run(shared_work.own_loop, wrong))


@pytest.mark.parametrize("placement", BOTH)
@pytest.mark.parametrize("optimizer", ["momentum", "rotation"])
def test_epochs_end_with_one_model_and_one_table(processes: Processes, placement: str, optimizer: str) -> None:
    alone = shared_work.epochs(World(), 3, f"optimizer={optimizer}")
    answers = processes.run(shared_work.epochs, 3, f"placement={placement}", f"optimizer={optimizer}")
    for answer in answers:
        assert all(torch.equal(answer["model"][name], value) for name, value in answers[0]["model"].items())
        close(answer["model"], alone["model"], rtol=0, atol=1e-9)
        assert answer["counts"] == alone["counts"]
        assert (answer["flips"], answer["loss"]) == (alone["flips"], pytest.approx(alone["loss"], rel=1e-5))
    close(answers[0]["saved"], alone["latent"], rtol=0, atol=1e-9)
    own = [World(rank, processes.size).share(100) for rank in range(processes.size)]
    for answer, rows in zip(answers, own, strict=True):
        table = answers[0]["saved"] if placement == "replicated" else answers[0]["saved"][rows]
        assert torch.equal(answer["latent"], table)


@pytest.mark.slow
def test_other_optimizers_train_on_several_processes_too(processes: Processes) -> None:
    for placement, *settings in STRATEGIES:
        alone = shared_work.epochs(World(), 2, *settings)
        for answer in processes.run(shared_work.epochs, 2, f"placement={placement}", *settings):
            close(answer["model"], alone["model"], rtol=0, atol=1e-9)
            assert answer["counts"] == alone["counts"], settings


def test_a_run_goes_on_with_another_number_of_processes(processes: Processes, tmp_path: Path) -> None:
    sharded = "placement=sharded"
    through = shared_work.run_until(World(), tmp_path / "through", 0, False, sharded)
    assert processes.run(shared_work.run_until, tmp_path / "run", 2, False, sharded) == [None] * processes.size
    state = load_state(tmp_path / "run" / "checkpoint" / "state.safetensors")
    assert state["trainer"]["bank"]["latent"].shape == (100, 12)
    close(shared_work.run_until(World(), tmp_path / "run", 0, True), through, rtol=1e-4, atol=1e-5)
    shared_work.run_until(World(), tmp_path / "other", 2, False, sharded)
    answers = processes.run(shared_work.run_until, tmp_path / "other", 0, True)
    for answer in answers:
        close(answer, through, rtol=1e-4, atol=1e-5)
        assert all(torch.equal(answer[name], answers[0][name]) for name in answer)
    histories = [RunFolder(tmp_path / name).history() for name in ("through", "run", "other")]
    for history in histories:
        assert [line["flips_per_row"] for line in history] == [line["flips_per_row"] for line in histories[0]]


def test_a_rotation_goes_on_with_another_number_of_processes(processes: Processes, tmp_path: Path) -> None:
    settings = ("placement=sharded", "optimizer=rotation")
    through = shared_work.run_until(World(), tmp_path / "through", 0, False, *settings)
    processes.run(shared_work.run_until, tmp_path / "run", 2, False, *settings)
    close(shared_work.run_until(World(), tmp_path / "run", 0, True), through, rtol=1e-3, atol=1e-3)


def test_best_is_kept_by_the_first_process(processes: Processes, tmp_path: Path) -> None:
    settings = ("keep=best", "validation_share=0.3")
    alone = shared_work.run_until(World(), tmp_path / "alone", 0, False, *settings)
    for answer in processes.run(shared_work.run_until, tmp_path / "run", 0, False, *settings):
        close(answer, alone, rtol=1e-4, atol=1e-5)


def test_processes_with_other_pairs_are_refused(processes: Processes, tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", small_recipe())
    for answer in processes.run(shared_work.other_pairs, tmp_path / "run"):
        assert answer.startswith("all processes must train on the same pairs, but 1 of")


def test_where_the_first_fails_all_do(processes: Processes) -> None:
    first, *others = processes.run(shared_work.failing)
    assert first == "ValueError: no room"
    assert set(others) == {"RunError: process 0 could not go on; its message says why"}
    assert on_first(World(), lambda: "alone") == "alone"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("optimizer=bop",), "optimizer bop needs whole batches and trains on one process, got 2 processes"),
        (("optimizer=bi-half",), "optimizer bi-half needs whole batches"),
        (("optimizer=itq", "placement=sharded"), "optimizer itq needs the whole table in every process"),
        (("optimizer=none", "placement=sharded"), "optimizer none needs the whole table in every process"),
        (("negatives=per_anchor", "placement=sharded"), "table.placement=sharded goes with table.negatives=shared"),
        (("closeness_weight=3",), "teacher.closeness_weight compares a whole batch, got 2 processes; set it to 0"),
        (("objective=unihash",), "recipe key objective must be ucch on 2 processes, got 'unihash'; train on one"),
    ],
)
def test_what_does_not_train_on_several_processes_is_said(settings: tuple[str, ...], message: str) -> None:
    assert shared_work.refusal(World(0, 2), *settings).startswith(message)
    assert shared_work.refusal(World(), *settings) == ""


def test_a_run_is_refused_before_its_teacher_is_fitted(processes: Processes, tmp_path: Path) -> None:
    for message, fitted in processes.run(shared_work.refused_run, tmp_path / "run"):
        assert message.startswith("optimizer bop needs whole batches and trains on one process")
        assert not fitted


def test_more_processes_than_pairs_are_refused() -> None:
    with pytest.raises(RecipeError, match="a batch must hold a pair for each of 40 processes, got 32; start fewer"):
        check_parallel(small_recipe(), BOTH, World(0, 40), batch_size=32)


def test_without_torchrun_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    with processes(torch.device("cpu")) as world:
        assert world == World()
        assert not torch.distributed.is_initialized()


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WORLD_SIZE", "4"), ("RANK", "3"), ("LOCAL_RANK", "3")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    message = "each process needs a GPU of its own, got 2 for process 3; start fewer processes or say --device cpu"
    with pytest.raises(RunError, match=message), processes(torch.device("cuda")):
        pass


def test_evaluation_is_that_of_one_process(processes: Processes, tmp_path: Path) -> None:
    shared_work.run_until(World(), tmp_path / "run", 0, False, "epochs=1")
    encoded, figures = shared_work.evaluated(World(), tmp_path / "run", small_dataset())
    for codes, found in processes.run(shared_work.evaluated, tmp_path / "run", small_dataset()):
        for side in ("query", "database"):
            for kind in ("image", "text"):
                assert np.array_equal(getattr(codes, side)[kind], getattr(encoded, side)[kind])
        assert found == figures


def test_photographs_are_for_one_process() -> None:
    recipe = small_recipe('source.images="photos"')
    with pytest.raises(RunError, match="photographs are encoded by one process, got 2; make features with ucch extr"):
        _check_photographs(recipe, World(0, 2))


@pytest.mark.slow
def test_torchrun_trains_and_reports_as_one_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    save_npz(tmp_path / "small.npz", small_dataset())
    options = ["train", "--data", str(tmp_path / "small.npz"), "--bits", "12", "--epochs", "1", "--set", "width=16"]
    options += ["--json", "--device", "cpu", "--out"]
    alone = ucch(*options, tmp_path / "alone")
    assert alone.exit_code == 0, alone.stderr
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    launch += ["-m", "ucch", *options, str(tmp_path / "two"), "--set", "placement=sharded"]
    two = subprocess.run(launch, capture_output=True, text=True, timeout=600, check=False)
    assert two.returncode == 0, two.stderr
    report, expected = json.loads(two.stdout), json.loads(alone.stdout)  # process 0 alone prints
    assert report["image_to_text"]["map"] == pytest.approx(expected["image_to_text"]["map"], abs=1e-3)
    names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("alone", "two")]
    assert names[0] == names[1]
