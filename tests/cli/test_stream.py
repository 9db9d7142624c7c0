"""``ucch train --stream`` as a user types it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli
from ucch.cli.stream_progress import StreamProgress

from tests.data.test_clip_retrieval import write_folder
from tests.training.kit import small_dataset, small_pairs
from ucch.data import Pairs, save_npz
from ucch.recipe import load_recipe
from ucch.runs import RunFolder
from ucch.training import train_stream

SETTINGS = ("width=16", "batch_size=32", "n_negatives=64")
SHORT = ("--bits", "12", "--device", "cpu", *(part for setting in SETTINGS for part in ("--set", setting)))
N = 11  # so that 10 comes after 9


def ucch(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)


def pairs_of(number: int) -> Pairs:
    pairs = small_pairs(70, seed=number)
    return Pairs(pairs.image, pairs.text)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    for number in range(N):
        pairs = pairs_of(number)
        np.savez(tmp_path / "parts" / f"part-{number}.npz", image=pairs.image, text=pairs.text)
    return tmp_path / "parts"


@pytest.fixture
def done(parts: Path) -> Path:
    result = ucch("train", "--stream", parts, "--out", parts.parent / "run", *SHORT)
    assert result.exit_code == 0, result.stderr
    return parts.parent / "run"


def model_bytes(run: Path) -> bytes:
    return (run / "model.safetensors").read_bytes()


def test_it_is_train_stream_by_hand_bit_for_bit(done: Path, tmp_path: Path) -> None:
    recipe = RunFolder.open(done).recipe()
    by_hand = load_recipe("default", [*SETTINGS, "bits=12"]).model_copy(update={"source": recipe.source, "data": ""})
    assert recipe == by_hand
    training = train_stream((pairs_of(number) for number in range(N)), by_hand, n_shards=N)
    training.finished_model().save(tmp_path / "by_hand.safetensors")
    assert (tmp_path / "by_hand.safetensors").read_bytes() == model_bytes(done)


def test_results_go_to_stdout_and_progress_to_stderr(parts: Path, tmp_path: Path) -> None:
    result = ucch("train", "--stream", parts, "--out", tmp_path / "run", *SHORT)
    assert result.stdout.startswith("11 shards, 704 pairs, each met once, in ")
    assert f"of 70 pairs of {parts}/part-10.npz, asked before they were trained on" in result.stdout
    assert f"{parts}: 11 shards, 12 bits, into" in result.stderr
    assert "shard 11/11  704 pairs  loss" in result.stderr
    assert "pictures in" not in result.stderr
    told = ucch("train", "--stream", parts, "--out", tmp_path / "other", "--json", *SHORT)
    summary = json.loads(told.stdout)
    assert (summary["run"], summary["pairs"], summary["goal"]) == (str(tmp_path / "other"), 704, "categories")
    assert 0 <= summary["partners"] <= 1


def test_without_out_it_makes_a_folder_of_the_name_of_the_stream(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ucch("train", "--stream", "parts", *SHORT).exit_code == 0
    assert RunFolder.open(tmp_path / "runs" / "parts-12").recipe().source.stream == str(parts)


def test_its_model_is_asked_by_data_of_ones_own(done: Path, tmp_path: Path) -> None:
    save_npz(tmp_path / "small.npz", small_dataset())
    report = ucch("eval", done, "--data", tmp_path / "small.npz", "--json")
    assert report.exit_code == 0, report.stderr
    assert json.loads(report.stdout)["map_mean"] > 0.4
    np.save(tmp_path / "images.npy", small_dataset().query.image)
    options = ("--features", tmp_path / "images.npy", "--modality", "image", "--out", tmp_path / "c.npy")
    codes = ucch("encode", done, *options)
    assert codes.exit_code == 0, codes.stderr
    assert ucch("index", tmp_path / "c.npy", "--bits", 12, "--out", tmp_path / "c.index").exit_code == 0
    for command in (("eval", done), ("index", done, "--out", tmp_path / "run.index")):
        result = ucch(*command)
        assert result.exit_code == 1
        assert "has no data of its own; ucch eval RUN --data FILE asks it by other data" in result.stderr


def test_a_run_goes_on_from_it_by_features_and_says_so(done: Path, tmp_path: Path) -> None:
    save_npz(tmp_path / "small.npz", small_dataset())
    go_on = ("train", "--continue", done, "--data", tmp_path / "small.npz", "--out", tmp_path / "grown")
    result = ucch(*go_on, "--epochs", 1, "--device", "cpu")
    assert result.exit_code == 1
    assert "was trained on a stream and has no code of its pairs; give features of some with --replay" in result.stderr
    result = ucch(*go_on, "--replay", tmp_path / "small.npz", "--epochs", 1, "--device", "cpu", "--allow-overlap")
    assert result.exit_code == 0, result.stderr
    assert RunFolder.open(tmp_path / "grown").recipe().source.stream == ""


def test_paths_on_stdin_are_a_stream_whose_end_nobody_knows(parts: Path, tmp_path: Path) -> None:
    paths = [str(parts / f"part-{number}.npz") for number in (3, 1, 2)]
    result = ucch("train", "--stream", "-", "--out", tmp_path / "run", *SHORT, stdin="\n".join(paths) + "\n")
    assert result.exit_code == 0, result.stderr
    assert "paths on stdin: 12 bits, into" in result.stderr
    history = RunFolder.open(tmp_path / "run").history()
    assert [line["file"] for line in history] == paths
    assert {line["learning_rate"] for line in history} == {1e-3}
    assert RunFolder.open(tmp_path / "run").recipe().source.stream == "-"


def test_a_folder_of_clip_retrieval_is_a_stream(tmp_path: Path) -> None:
    write_folder(tmp_path / "out")
    few = ("--bits", "8", "--set", "batch_size=4", "--set", "width=8", "--goal", "categories")
    result = ucch("train", "--stream", tmp_path / "out", "--out", tmp_path / "run", "--device", "cpu", *few)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("3 shards, 36 pairs, ")


def test_one_view_is_a_stream_too(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for number in range(3):
        rows = np.random.default_rng(number).normal(size=(120, 24)).astype(np.float32)
        np.save(tmp_path / "parts" / f"{number}.npy", rows)
    few = ("--bits", "16", "--set", "neighbor_batch=32", "--set", "hidden_width=8")
    result = ucch("train", "--stream", tmp_path / "parts", "--out", tmp_path / "run", "--device", "cpu", *few)
    assert result.exit_code == 0, result.stderr
    assert "items have one view, so there are no partners to find" in " ".join(result.stderr.split())
    assert "partners" not in result.stdout
    assert RunFolder.open(tmp_path / "run").model().names == ("features",)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_model_and_the_way_to_go_on(
    number: signal.Signals, code: int, done: Path, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(StreamProgress, "step", lambda self, training: signal.raise_signal(number))
        result = ucch("train", "--stream", parts, "--out", tmp_path / "stopped", *SHORT)
    assert result.exit_code == code
    assert "stopped in shard 1 of 11 after 32 pairs and saved; the model as it stands is in" in result.stderr
    assert f"go on with: ucch train --out {tmp_path}/stopped --resume" in result.stderr
    assert (tmp_path / "stopped" / "model.safetensors").exists()
    result = ucch("train", "--out", tmp_path / "stopped", "--resume", "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert model_bytes(tmp_path / "stopped") == model_bytes(done)


def test_the_same_command_may_be_given_again(parts: Path, done: Path) -> None:
    again = ucch("train", "--stream", parts, "--out", done, "--resume", *SHORT)
    assert again.exit_code == 0, again.stderr
    other = ucch("train", "--stream", parts, "--out", done, "--resume", "--bits", 16)
    assert other.exit_code == 2
    assert "--bits is 12 in" in " ".join(other.stderr.split())


def test_the_first_shard_is_looked_at_before_a_folder_is_made(parts: Path, tmp_path: Path) -> None:
    np.savez(parts / "part-0.npz", image=np.full((70, 8), np.nan), text=np.ones((70, 5)))
    result = ucch("train", "--stream", parts, "--out", tmp_path / "run", *SHORT)
    assert result.exit_code == 1
    assert "part-0.npz: image must be finite" in result.stderr
    assert not (tmp_path / "run").exists()
    result = ucch("train", "--stream", parts, "--out", tmp_path / "run", "--one-sided", "drop", *SHORT)
    assert result.exit_code == 1
    assert "part-0.npz: image_seen must mark at least one item, got none" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_later_shard_is_named_and_what_was_before_it_is_kept(parts: Path, done: Path, tmp_path: Path) -> None:
    good = (parts / "part-7.npz").read_bytes()
    (parts / "part-7.npz").write_bytes(good[:100])
    result = ucch("train", "--stream", parts, "--out", tmp_path / "mended", *SHORT)
    assert result.exit_code == 1
    assert f"{parts}/part-7.npz is not an .npz file" in result.stderr
    assert "what 448 pairs before taught is saved in" in result.stderr
    assert (tmp_path / "mended" / "model.safetensors").exists()
    (parts / "part-7.npz").write_bytes(good)
    assert ucch("train", "--out", tmp_path / "mended", "--resume", "--device", "cpu").exit_code == 0
    assert model_bytes(tmp_path / "mended") == model_bytes(done)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--data", "digits"), "--data does not go with --stream: it names the features itself"),
        (("--images", "."), "--images does not go with --stream: it names the features itself"),
        (("--epochs", 3), "--epochs does not go with --stream: its pairs are met once, and nothing is kept of them"),
        (("--trust", "auto"), "--trust does not go with --stream: its pairs are met once"),
        (("--teacher", "mie"), "--teacher does not go with --stream: its pairs are met once"),
        (("--calibrate",), "--calibrate does not go with --stream: its pairs are met once"),
        (("--continue", "."), "--continue does not go with --stream: a run goes on from another by --data"),
        (("--allow-overlap",), "--allow-overlap does not go with --stream: it has no queries"),
        (("--workers", 1), "--workers does not go with --stream: it names the features itself"),
    ],
)
def test_options_that_need_all_pairs_are_wrong_usage(options: tuple[object, ...], reason: str, parts: Path) -> None:
    result = ucch("train", "--stream", parts, "--out", parts.parent / "run", *options)
    said = " ".join(result.stderr.split())
    assert result.exit_code == 2
    assert reason in said
    assert said.endswith("leave it out, or train on all pairs by --data")
    assert not (parts.parent / "run").exists()


def test_a_teacher_may_be_said_to_be_none_and_recipes_that_need_all_pairs_are_refused(parts: Path) -> None:
    out = parts.parent / "run"
    assert ucch("train", "--stream", parts, "--out", out, "--teacher", "none", *SHORT).exit_code == 0
    for options, key in ((("--recipe", "itq"), "baseline must be none"), (("--optimizer", "bop"), "optimizer must be")):
        result = ucch("train", "--stream", parts, "--out", parts.parent / "other", *options)
        assert result.exit_code == 1
        assert f"recipe key {key}" in result.stderr
        assert not (parts.parent / "other").exists()


def test_cards_of_encoders_go_from_the_first_shard_into_the_run(tmp_path: Path) -> None:
    from tests.cli.photographs import ENCODERS, QUICK, source
    from tests.images.kit import write_photographs

    write_photographs(tmp_path / "photos", n=24)
    (tmp_path / "parts").mkdir()
    made = ucch("extract", *source(tmp_path), *ENCODERS, *QUICK, "--out", tmp_path / "parts" / "0.npz")
    assert made.exit_code == 0, made.stderr
    few = ("--bits", "8", "--set", "batch_size=4", "--set", "width=8", "--device", "cpu")
    assert ucch("train", "--stream", tmp_path / "parts", "--out", tmp_path / "run", *few).exit_code == 0
    options = ("--images", tmp_path / "photos", "--out", tmp_path / "codes.npy", "--cache", "none", *ENCODERS[:2])
    result = ucch("encode", tmp_path / "run", *options)
    assert result.exit_code == 0, result.stderr


def test_a_named_pipe_is_a_stream(parts: Path, tmp_path: Path) -> None:
    import threading

    os.mkfifo(tmp_path / "pipe")

    def produce() -> None:
        with open(tmp_path / "pipe", "w") as pipe:
            pipe.write("".join(f"{parts}/part-{number}.npz\n" for number in range(2)))

    producer = threading.Thread(target=produce)
    producer.start()
    result = ucch("train", "--stream", tmp_path / "pipe", "--out", tmp_path / "run", *SHORT)
    producer.join()
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("2 shards, 128 pairs, ")
