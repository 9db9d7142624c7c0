"""``ucch train --continue`` as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.cli.photographs import ENCODERS, SHORT, source
from tests.cli.photographs import QUICK as WORKERS
from tests.cli.test_train import QUICK
from tests.images.kit import write_photographs
from tests.training.kit import small_dataset, small_pairs
from ucch.data import PairedDataset, Pairs, load_npz, save_npz
from ucch.encoders import EncoderCard
from ucch.extraction import read_run_encoders, write_run_encoders
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder
from ucch.training.growing import Earlier


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    save_npz(folder / "old.npz", small_dataset())
    new = PairedDataset("new", train=small_pairs(60, seed=9), query=small_pairs(40, seed=5))
    save_npz(folder / "new.npz", new)
    assert ucch("train", "--data", folder / "old.npz", "--out", folder / "x", *QUICK).exit_code == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "made")
    return tmp_path / "made"


def go_on(folder: Path, *arguments: object, data: str = "new.npz") -> Result:
    own = ("--continue", folder / "x", "--data", folder / data, "--out", folder / "y", "--epochs", 2)
    return ucch("train", *own, "--device", "cpu", *arguments)


def test_new_pairs_join_and_the_report_says_what_changed(folder: Path) -> None:
    result = go_on(folder)
    assert result.exit_code == 0, result.stderr
    assert "new, 12 bits: 40 queries, database of 60" in result.stdout
    assert "60 items joined 100, replayed by codes, in 2 steps" in result.stdout
    run = RunFolder.open(folder / "y")
    report = run.report()
    assert report is not None
    assert report["growing"]["bits_changed"] == 0
    assert run.recipe().growing.earlier == str((folder / "x").resolve())


def test_kept_codes_are_those_of_the_earlier_model_bit_for_bit(folder: Path) -> None:
    options = (
        "--replay",
        folder / "old.npz",
        "--keep-codes",
        "--set",
        "nearness=0",
        "--set",
        "rate_share=10",
        "--json",
    )
    result = go_on(folder, *options)
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["database"] == 160
    assert report["growing"]["bits_changed"] == 0
    assert report["growing"]["moved"]["image"] > 0
    old, run = load_npz(folder / "old.npz").train, RunFolder.open(folder / "y")
    earlier = RunFolder.open(folder / "x").model()
    assert np.array_equal(run.codes()["image"][:100], earlier.encode_image(old.image))
    assert np.array_equal(run.kept_codes()["text"], earlier.encode_text(old.text))
    again = json.loads(ucch("eval", folder / "y", "--json").stdout)
    assert again["map_mean"] == report["map_mean"]
    index = ucch("index", folder / "y", "--out", folder / "y.idx")
    assert index.exit_code == 0, index.stderr
    assert np.array_equal(BinaryIndex.load(folder / "y.idx").codes_of(np.arange(100)), run.codes()["image"][:100])
    both = ucch("index", folder / "y", "--modality", "item", "--out", folder / "both.idx")
    assert both.exit_code == 2
    assert "keeps codes of images and of texts, not of both together" in " ".join(both.stderr.split())


@pytest.mark.slow
def test_a_grown_run_grows_again(folder: Path) -> None:
    go_on(folder, "--replay", folder / "old.npz", "--keep-codes")
    own = ("--continue", folder / "y", "--data", folder / "new.npz", "--out", folder / "z", "--epochs", 1)
    result = ucch("train", *own)
    assert result.exit_code == 0, result.stderr
    assert "60 items joined 160, replayed by codes" in result.stdout
    before, after = RunFolder.open(folder / "y").codes(), RunFolder.open(folder / "z").codes()
    assert np.array_equal(after["image"][:160], before["image"])
    assert len(after["image"]) == 220


def test_resumed_it_ends_as_if_nothing_had_been(folder: Path) -> None:
    go_on(folder)
    model = (folder / "y" / "model.safetensors").read_bytes()
    (folder / "y" / "model.safetensors").unlink()
    shutil.rmtree(folder / "y" / "earlier")
    shutil.rmtree(folder / "y" / "checkpoint")
    result = go_on(folder, "--resume")
    assert result.exit_code == 0, result.stderr
    assert (folder / "y" / "model.safetensors").read_bytes() == model


def test_a_command_that_says_otherwise_is_refused_when_it_resumes(folder: Path) -> None:
    go_on(folder)
    result = go_on(folder, "--resume", "--keep-codes")
    assert result.exit_code == 2
    assert "--keep-codes is False in" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--continue", "x"), "--continue needs the new pairs: name them with --data or --images"),
        (("--continue", "x", "--data", "new.npz", "--recipe", "default"), "leave out --recipe"),
        (("--data", "new.npz", "--keep-codes"), "--keep-codes goes with --continue RUN"),
        (("--data", "new.npz", "--replay", "old.npz"), "--replay goes with --continue RUN"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(made)
    result = ucch("train", *arguments, "--out", "never")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not (made / "never").exists()


def test_another_width_is_refused_before_a_folder_is_made(folder: Path) -> None:
    wide = Pairs(np.ones((30, 9)), np.ones((30, 5)))
    save_npz(folder / "wide.npz", PairedDataset("wide", train=wide, query=wide.take([0])))
    result = go_on(folder, "--allow-overlap", data="wide.npz")
    assert result.exit_code == 1
    assert "image_train must have 8 columns, the features of the earlier run, got 9" in result.stderr
    assert not (folder / "y").exists()


def test_other_bits_are_refused(folder: Path) -> None:
    result = go_on(folder, "--bits", 16)
    assert result.exit_code == 1
    assert "recipe key bits must stay 12 in a run that goes on, got 16; leave it out" in result.stderr


def test_a_baseline_is_refused(folder: Path) -> None:
    ucch("train", "--data", folder / "old.npz", "--out", folder / "b", "--recipe", "cvh", "--bits", 4)
    result = ucch("train", "--continue", folder / "b", "--data", folder / "new.npz", "--out", folder / "y")
    assert result.exit_code == 1
    assert "a baseline is fitted in one go and cannot go on, got 'cvh'" in result.stderr


def test_encoders_of_the_earlier_run_go_on(folder: Path) -> None:
    cards = {kind: EncoderCard(f"my:{kind}", kind, 8, "0" * 64) for kind in ("image", "text")}
    write_run_encoders(folder / "x", cards)
    go_on(folder)
    assert read_run_encoders(folder / "y") == cards


@pytest.mark.parametrize("replay", [False, True])
def test_what_goes_on_is_read_once(folder: Path, replay: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain_run = Earlier.of_run

    def of_run(run: RunFolder, **options: bool) -> Earlier:
        read.append(run.path.name)
        return plain_run(run, **options)

    def load(path: Path, **options: str) -> PairedDataset:
        read.append(Path(path).name)
        return load_npz(path, **options)

    monkeypatch.setattr(Earlier, "of_run", of_run)
    monkeypatch.setattr("ucch.data.catalog.load_npz", load)
    result = go_on(folder, *(("--replay", folder / "old.npz") if replay else ()))
    assert result.exit_code == 0, result.stderr
    assert sorted(read) == ["new.npz", *(["old.npz"] if replay else []), "x"]
    assert Earlier.load(folder / "y" / "earlier").replayed == (100 if replay else 0)


def test_photographs_join_features_that_are_replayed(tmp_path: Path) -> None:
    write_photographs(tmp_path / "photos", n=20)
    options = (*source(tmp_path), *ENCODERS, *WORKERS)
    assert ucch("train", *options, *SHORT, "--out", tmp_path / "x").exit_code == 0
    features = tmp_path / "x" / "features.npz"
    go_on = ("--continue", tmp_path / "x", *options, "--replay", features, "--epochs", 1, "--out", tmp_path / "y")
    result = ucch("train", *go_on, "--json")
    assert result.exit_code == 0, result.stderr
    report, n_items = json.loads(result.stdout), len(load_npz(features).train)
    assert report["database"] == 2 * n_items
    assert (report["growing"]["earlier_items"], report["growing"]["new_items"]) == (n_items, n_items)
