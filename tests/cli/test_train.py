"""``ucch train`` as a user types it."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli
from ucch.cli.progress import TrainingProgress

from tests.training.kit import small_dataset
from tests.trust.made import made_pairs
from ucch.collectives import World
from ucch.data import PairedDataset, Pairs, save_npz
from ucch.recipe import load_recipe
from ucch.runs import RunFolder

TEACHER = ("--set", "generator_steps=20", "--set", "generator_width=16")
QUICK = ("--set", "width=16", "--set", "batch_size=32", "--epochs", "2", "--bits", "12", "--device", "cpu", *TEACHER)


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    save_npz(tmp_path / "small.npz", small_dataset())
    return tmp_path / "small.npz"


def test_results_go_to_stdout_and_progress_to_stderr(data: Path, tmp_path: Path) -> None:
    result = ucch("train", "--data", data, "--out", tmp_path / "run", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "small, 12 bits: 40 queries, database of 100" in result.stdout
    assert "image to text" in result.stdout
    assert "chance" in result.stdout
    assert "epoch 2/2  loss " in result.stderr
    assert "flips/code" in result.stderr
    assert "epoch" not in result.stdout


def test_json_is_one_object_with_the_figures_promised(data: Path, tmp_path: Path) -> None:
    result = ucch("train", "--data", data, "--out", tmp_path / "run", "--json", *QUICK)
    report = json.loads(result.stdout)
    for key in ("bits", "map_mean", "map_chance", "queries", "database", "seconds"):
        assert isinstance(report[key], (int, float))
    assert isinstance(report["image_to_text"]["map"], float)
    assert isinstance(report["text_to_image"]["map"], float)
    assert json.loads((tmp_path / "run" / "report.json").read_text()) == report


@pytest.mark.slow
def test_without_options_it_trains_on_digits_into_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for expected in ("digits-12", "digits-12-2"):
        result = ucch("train", *QUICK)
        assert result.exit_code == 0, result.stderr
        assert RunFolder.open(tmp_path / "runs" / expected).model_file.exists()


def test_the_recipe_in_the_folder_holds_every_choice(data: Path, tmp_path: Path) -> None:
    ucch("train", "--data", data, "--out", tmp_path / "run", "--seed", 7, "--set", "shift=0.25", *QUICK)
    recipe = RunFolder.open(tmp_path / "run").recipe()
    assert (recipe.bits, recipe.seed, recipe.loss.shift, recipe.training.epochs) == (12, 7, 0.25, 2)
    assert recipe.data == str(data)


def test_a_run_is_never_overwritten(data: Path, tmp_path: Path) -> None:
    arguments = ("train", "--data", data, "--out", tmp_path / "run", *QUICK)
    ucch(*arguments)
    model = (tmp_path / "run" / "model.safetensors").read_bytes()
    result = ucch(*arguments)
    assert result.exit_code == 1
    assert "already holds a run" in result.stderr
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == model


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_says_how_to_go_on_and_has_its_exit_code(
    number: signal.Signals, code: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ucch("train", "--data", data, "--out", tmp_path / "through", *QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(TrainingProgress, "step", lambda self, loss: signal.raise_signal(number))
        result = ucch("train", "--data", data, "--out", tmp_path / "run", *QUICK)
    assert result.exit_code == code
    assert f"stopped after step 1 of 6 and saved; go on with: ucch train --out {tmp_path}/run --resume" in result.stderr
    assert not (tmp_path / "run" / "model.safetensors").exists()
    assert ucch("train", "--resume", "--out", tmp_path / "run", "--device", "cpu").exit_code == 0
    model, through = (tmp_path / name / "model.safetensors" for name in ("run", "through"))
    assert model.read_bytes() == through.read_bytes()


def test_a_stop_is_not_taken_for_a_process_that_went_away(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Process 1 used to say "lost the others: 143": click's exit is a RuntimeError, as is a lost connection."""
    seen: list[BaseException] = []

    @contextlib.contextmanager
    def watched(device: object) -> Iterator[World]:
        try:
            yield World()
        except BaseException as error:
            seen.append(error)
            raise

    monkeypatch.setattr("ucch.training.processes", watched)
    monkeypatch.setattr(TrainingProgress, "step", lambda self, loss: signal.raise_signal(signal.SIGTERM))
    assert ucch("train", "--data", data, "--out", tmp_path / "run", *QUICK).exit_code == 143
    assert [type(error) for error in seen] == [SystemExit]


def test_resume_goes_on_with_the_recipe_of_the_folder(data: Path, tmp_path: Path) -> None:
    ucch("train", "--data", data, "--out", tmp_path / "run", *QUICK)
    (tmp_path / "run" / "model.safetensors").unlink()
    result = ucch("train", "--resume", "--out", tmp_path / "run", "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resume",), "--resume needs the run folder: name it with --out"),
        (("--resume", "--out", "run", "--bits", "8"), "--bits is 12 in run/recipe.toml, this command says 8."),
        (
            ("--resume", "--out", "run", "--set", "shift=0.5", "--seed", "1"),
            "--seed is 0 in run/recipe.toml, this command says 1; loss.shift is 0.1 in run/recipe.toml, this command"
            " says 0.5. Leave that out, or name another --out",
        ),
        (
            ("--resume", "--out", "run", "--recipe", "cvh"),
            "baseline is 'none' in run/recipe.toml, this command says 'cvh'",
        ),
    ],
)
def test_resume_with_other_choices_is_wrong_usage(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RunFolder.create("run", load_recipe("default", ["bits=12"]))
    result = ucch("train", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_the_same_command_starts_a_run_and_goes_on_with_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a scheduler gives it: first there is no folder, then half a run, then a whole one."""
    ucch("train", "--data", data, "--recipe", "ucch-paper", "--out", tmp_path / "through", *QUICK)
    again = ("train", "--data", data, "--recipe", "ucch-paper", "--out", tmp_path / "run", "--resume", *QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(TrainingProgress, "step", lambda self, loss: signal.raise_signal(signal.SIGTERM))
        assert ucch(*again).exit_code == 143
    assert ucch(*again).exit_code == 0
    model, through = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "through"))
    assert model == through
    assert ucch(*again).exit_code == 0
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == through


def test_resume_takes_no_folder_that_holds_something_else(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("dear")
    result = ucch("train", "--data", data, "--out", tmp_path / "run", "--resume", *QUICK)
    assert result.exit_code == 1
    assert "already holds something else" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "digts"), "'digts' is neither a data set"),
        (("--data", "wikipedia"), "name their folder with --data-root"),
        (("--recipe", "nope"), "recipe must be a .toml file or one of"),
        (("--set", "temperatur=1"), "recipe has no key 'temperatur'; did you mean loss.temperature?"),
    ],
)
def test_nothing_is_left_behind_by_a_wrong_choice(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ucch("train", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_damaged_data_is_refused_before_a_folder_is_made(data: Path, tmp_path: Path) -> None:
    with np.load(data) as arrays:
        values = dict(arrays)
    values["image_train"][3, 1] = np.nan
    np.savez(tmp_path / "bad.npz", **values)
    result = ucch("train", "--data", tmp_path / "bad.npz", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "image_train" in result.stderr
    assert "row 3" in result.stderr
    assert not (tmp_path / "run").exists()


def test_an_optimizer_that_cirh_cannot_have_is_refused_before_a_folder_is_made(data: Path, tmp_path: Path) -> None:
    result = ucch("train", "--data", data, "--recipe", "cirh", "--optimizer", "itq", "--out", tmp_path / "run", *QUICK)
    assert result.exit_code == 1
    assert "optimizer of the objective cirh must not be" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_recipe_with_labels_is_marked_and_made_up_labels_are_not(data: Path, tmp_path: Path) -> None:
    result = ucch("train", "--data", data, "--recipe", "unihash", "--out", tmp_path / "run", *QUICK)
    assert result.exit_code == 0, result.stderr
    assert "database of 100 (supervised)" in result.stdout
    assert "Supervised: trained on labels" in result.stdout
    made_up = ("--recipe", "mlwch_like", "--pseudo-labels", "kmeans", "--set", "n_clusters=8", "--json")
    result = ucch("train", "--data", data, *made_up, "--out", tmp_path / "other", *QUICK)
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["supervised"], report["pseudo_labels"]) == (False, "kmeans")
    assert RunFolder.open(tmp_path / "other").recipe().labels.pseudo == "kmeans"


def test_labels_that_are_missing_are_asked_for_before_a_folder_is_made(tmp_path: Path) -> None:
    dataset = small_dataset()
    train = Pairs(dataset.train.image, dataset.train.text, split="train")
    database = Pairs(dataset.train.image, dataset.train.text, dataset.train.label, split="database")
    save_npz(tmp_path / "bare.npz", PairedDataset("bare", train=train, query=dataset.query, database=database))
    result = ucch("train", "--data", tmp_path / "bare.npz", "--recipe", "unihash", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "recipe unihash learns from labels, but the training pairs have no label_train" in result.stderr
    assert not (tmp_path / "run").exists()


def test_made_up_labels_need_a_recipe_that_learns_from_labels(data: Path) -> None:
    result = ucch("train", "--data", data, "--pseudo-labels", "tags")
    assert result.exit_code == 2
    message = "--pseudo-labels goes with --recipe unihash or mlwch-like; recipe default reads no labels"
    assert message in " ".join(result.stderr.split())


@pytest.mark.slow
def test_items_that_lack_a_side_are_refused_dropped_or_kept(tmp_path: Path) -> None:
    whole = small_dataset()
    text = np.array(whole.train.text)
    text[::4] = np.nan
    arrays = {"image_train": whole.train.image, "text_train": text, "label_train": whole.train.label}
    arrays |= {"image_query": whole.query.image, "text_query": whole.query.text, "label_query": whole.query.label}
    np.savez(tmp_path / "some.npz", **arrays)  # type: ignore[arg-type]
    choices = ("--data", tmp_path / "some.npz", "--json", *QUICK)
    refused = ucch("train", *choices, "--out", tmp_path / "refused")
    assert refused.exit_code == 1
    assert "must be finite" in refused.stderr
    for how, items in (("drop", 75), ("keep", 100)):
        report = json.loads(ucch("train", *choices, "--out", tmp_path / how, "--one-sided", how).stdout)
        assert report["database"] == items
        again = json.loads(ucch("eval", tmp_path / how, "--json").stdout)
        assert again["map_mean"] == report["map_mean"]


def test_trust_is_a_choice_of_the_recipe(tmp_path: Path) -> None:
    pairs, _ = made_pairs(300, wrong=0.3)
    save_npz(tmp_path / "made.npz", PairedDataset("made", pairs, made_pairs(30, wrong=0.0)[0]))
    result = ucch("train", "--data", tmp_path / "made.npz", "--out", tmp_path / "run", "--trust", "auto", *QUICK)
    assert result.exit_code == 0, result.stderr
    said = json.loads((tmp_path / "run" / "goal.json").read_text())["trust"]
    assert 60 < said["parted"] < 110
    assert said["wrong_share"] == pytest.approx(0.3, abs=0.07)
