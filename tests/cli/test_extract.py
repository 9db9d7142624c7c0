"""``ucch extract`` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.photographs import ENCODERS, QUICK, SHORT, source, ucch
from tests.conftest import ROOT
from tests.encoders.kit import CLIP_DIMENSION, counted_calls
from tests.images.kit import encoded, write_photographs
from ucch.data import load_dataset
from ucch.extraction import split_images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_photographs(tmp_path / "photos", n=20)
    return tmp_path


def test_the_summary_goes_to_stdout_and_progress_to_stderr(folder: Path) -> None:
    result = ucch("extract", *source(folder), *ENCODERS, *QUICK, "--out", folder / "features.npz")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        "train: 18 images, 36 captions; query: 2 images, 4 captions; image colour (9), text bow (9);"
        " left out: 0 images, 0 empty captions; 20 images encoded, the others known\n"
    )
    assert "images 20/20" in result.stderr
    assert "captions 40/40" in result.stderr
    assert len(load_dataset(folder / "features.npz").train) == 18


def test_json_names_every_bad_file(folder: Path) -> None:
    (folder / "photos" / "003.jpg").write_bytes(b"broken")
    out = folder / "features.npz"
    result = ucch("extract", *source(folder), *ENCODERS, *QUICK, "--max-bad", "0.1", "--out", out, "--json")
    figures = json.loads(result.stdout)
    reason = "no image that Pillow can read"
    assert figures["bad"] == [{"path": str(folder / "photos" / "003.jpg"), "reason": reason}]
    assert figures["train"]["images"] + figures["query"]["images"] == figures["encoded"] == 19
    assert f"003.jpg: {reason}" in result.stderr


def _copied(folder: Path) -> None:
    """Two copies of two photographs, one of them re-encoded, with their captions."""
    photos = folder / "photos"
    (photos / "same.jpg").write_bytes((photos / "000.jpg").read_bytes())
    (photos / "like.jpg").write_bytes(encoded(Image.open(photos / "001.jpg"), "JPEG", quality=70))
    with open(folder / "captions.csv", "a") as file:
        file.write("same.jpg,the same\nlike.jpg,alike\n")


def test_copies_are_said_and_counted(folder: Path) -> None:
    _copied(folder)
    options = ("--query-share", "0.5", "--json")
    draws = ((seed, split_images(22, 0.5, seed)) for seed in range(100))
    seeds = {bool(drawn[1] != drawn[21]): seed for seed, drawn in draws}  # of 001.jpg and like.jpg
    for apart, seed in seeds.items():
        arguments = (*source(folder), *ENCODERS, *QUICK, *options, "--split-seed", seed)
        result = ucch("extract", *arguments, "--out", folder / f"{seed}.npz")
        figures = json.loads(result.stdout)
        assert figures["equal_copies"] == {
            "count": 1,
            "first": ["same.jpg = 000.jpg"],
            "across": 0,
            "first_across": [],
        }
        assert (figures["near_copies"]["count"], figures["near_copies"]["first"]) == (1, ["like.jpg = 001.jpg"])
        assert figures["near_copies"]["across"] == int(apart)
        assert ("1 queries look like training pictures" in result.stderr) == apart
        grouped = ucch("extract", *arguments, "--group-near", "--out", folder / f"{seed}g.npz")
        assert json.loads(grouped.stdout)["near_copies"]["across"] == 0
    assert len(seeds) == 2
    assert "copies: 1 pictures have the bytes of another (same.jpg = 000.jpg)" in result.stderr


@pytest.mark.parametrize("command", ["extract", "train"])
def test_captions_that_put_copies_on_both_sides_are_refused(folder: Path, command: str) -> None:
    _copied(folder)
    lines = ["image,caption,split"]
    names = sorted(path.name for path in (folder / "photos").iterdir())
    lines += [f"{name},words,{'test' if name in ('000.jpg', '005.jpg') else 'train'}" for name in names]
    (folder / "captions.csv").write_text("\n".join(lines))
    ending, options = ("", SHORT) if command == "train" else (".npz", ())
    arguments = (command, *source(folder), *ENCODERS, *QUICK, *options)
    result = ucch(*arguments, "--out", folder / f"refused{ending}")
    assert result.exit_code == 1
    assert "1 of 2 query pictures are copies, byte for byte, of training pictures (000.jpg = same.jpg)" in result.stderr
    assert not (folder / f"refused{ending}").exists()
    for way in ("group-near", "allow-overlap"):
        result = ucch(*arguments, f"--{way}", "--out", folder / f"{way}{ending}")
        assert result.exit_code == 0, result.stderr


def test_too_many_bad_files_fail_in_one_line(folder: Path) -> None:
    for number in range(2):
        (folder / "photos" / f"{number:03}.jpg").write_bytes(b"broken")
    result = ucch("extract", *source(folder), *ENCODERS, *QUICK, "--out", folder / "features.npz")
    assert result.exit_code == 1
    assert "2 of 20 image files are bad, more than the share 0.05 that --max-bad allows: " in result.stderr
    assert not (folder / "features.npz").exists()


@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_clip_goes_through(folder: Path, tiny_clip: Path, ending: str) -> None:
    out = folder / f"features.{ending}"
    encoders = ("--image-encoder", f"clip:{tiny_clip}", "--text-encoder", f"clip:{tiny_clip}")
    result = ucch("extract", *source(folder), *encoders, *QUICK, "--query-share", "0.25", "--out", out)
    assert result.exit_code == 0, result.stderr
    dataset = load_dataset(out)
    assert dataset.train.image.shape == (15, CLIP_DIMENSION)
    assert dataset.query.text.shape == (10, CLIP_DIMENSION)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--out", "features.txt"), 2, "--out must end in .npz or .parquet, got features.txt"),
        (("--out", "none/features.npz"), 2, "none does not exist"),
        (("--out", "x.npz", "--weights", "w.pth"), 2, "--weights goes with an image encoder that names no file itself"),
        (("--out", "x.npz", "--query-share", "1"), 2, "1.0 is not in the range 0<x<1"),
    ],
)
def test_wrong_usage_is_refused(folder: Path, options: tuple[str, ...], code: int, message: str) -> None:
    result = ucch("extract", *source(folder), *ENCODERS, *QUICK, *options)
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr


def test_an_encoder_of_features_that_exist_is_refused_in_one_line(folder: Path) -> None:
    encoders = ("--image-encoder", "features:3", "--text-encoder", "bow")
    result = ucch("extract", *source(folder), *encoders, *QUICK, "--out", folder / "features.npz")
    assert result.exit_code == 1
    assert "got features:3, which is for features that exist already; give those to ucch train --data" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (folder / "features.npz").exists()


def test_a_file_that_exists_is_not_replaced(folder: Path) -> None:
    (folder / "features.npz").write_text("precious")
    result = ucch("extract", *source(folder), *ENCODERS, *QUICK, "--out", folder / "features.npz")
    assert (result.exit_code, "exists; choose another name" in result.stderr) == (1, True)
    assert (folder / "features.npz").read_text() == "precious"


def test_weights_are_handed_to_the_encoder(folder: Path) -> None:
    result = ucch(
        "extract",
        *source(folder),
        *("--image-encoder", "vgg19", "--text-encoder", "bow", "--weights", "none.pth"),
        *(*QUICK, "--out", folder / "x.npz"),
    )
    assert result.exit_code == 1
    assert "weights none.pth does not exist" in result.stderr or "pip install" in result.stderr


@pytest.mark.slow
def test_a_killed_extraction_goes_on_and_ends_with_the_same_file(folder: Path) -> None:
    arguments = [*source(folder), *ENCODERS, "--workers", "1", "--device", "cpu", "--encode-batch", "3"]
    command = [sys.executable, "-m", "ucch", "extract", *map(str, arguments), "--out"]
    calls = folder / "calls"
    environment = {**os.environ, "UCCH_TEST_CALLS": str(calls), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run(
        [*command, str(folder / "out.npz")],
        env={**environment, "UCCH_TEST_DIES_AT": "5"},
        cwd=ROOT,
        capture_output=True,
        timeout=300,
    )
    assert killed.returncode == 137
    assert not (folder / "out.npz").exists()
    assert counted_calls(calls) == [3, 3, 3, 3]
    again = subprocess.run(
        [*command, str(folder / "out.npz")], env=environment, cwd=ROOT, capture_output=True, timeout=300
    )
    assert again.returncode == 0
    assert counted_calls(calls) == [3, 3, 3, 3, 3, 3, 2]
    whole = ucch(
        "extract",
        *arguments[:4],
        *ENCODERS,
        *QUICK,
        "--encode-batch",
        "3",
        "--cache",
        "none",
        "--out",
        folder / "w.npz",
    )
    assert whole.exit_code == 0, whole.stderr
    assert (folder / "out.npz").read_bytes() == (folder / "w.npz").read_bytes()
    assert np.load(folder / "out.npz")["image_train"].shape == (18, 9)


def test_items_of_one_side_are_kept_where_asked(tmp_path: Path) -> None:
    captions = write_photographs(tmp_path / "photos", n=12)
    captions.write_text("\n".join([*captions.read_text().splitlines()[:-4], "elsewhere.jpg,words alone"]) + "\n")
    options = ("--images", tmp_path / "photos", "--captions", captions, *ENCODERS, "--cache", "none", *QUICK, "--json")
    dropped = json.loads(ucch("extract", *options, "--out", tmp_path / "dropped.npz").stdout)
    assert "one_sided" not in dropped
    result = ucch("extract", *options, "--one-sided", "keep", "--out", tmp_path / "kept.npz")
    assert result.exit_code == 0, result.stderr
    kept = json.loads(result.stdout)
    assert kept["one_sided"] == {"images_without_text": 2, "texts_without_image": 1}
    assert kept["train"]["images"] == dropped["train"]["images"] + 2
    assert kept["train"]["captions"] == dropped["train"]["captions"] + 1
    run = ("train", *options[:4], *ENCODERS, "--cache", "none", *QUICK, *SHORT, "--one-sided", "keep", "--json")
    report = ucch(*run, "--out", tmp_path / "run")
    assert report.exit_code == 0, report.stderr
    assert json.loads(report.stdout)["one_sided"] == kept["one_sided"]
