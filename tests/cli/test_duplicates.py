"""``ucch duplicates`` as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from ucch.cli.main import cli

from tests.retrieval.kit import random_codes
from ucch.retrieval import BinaryIndex


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Thirty pictures of coarse shapes; of three of them a copy, one re-encoded, one resized, and one grey picture."""
    folder, rng = tmp_path / "photos", np.random.default_rng(0)
    (folder / "more").mkdir(parents=True)
    for number in range(30):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        coarse.resize((160, 120), Image.Resampling.BICUBIC).save(folder / f"{number:02}.jpg", quality=95)
    shutil.copyfile(folder / "03.jpg", folder / "more" / "again.jpg")
    Image.open(folder / "08.jpg").save(folder / "more" / "small.jpg", quality=60)
    Image.open(folder / "08.jpg").resize((80, 60)).save(folder / "more" / "half.jpg")
    Image.new("RGB", (50, 50), (90, 90, 90)).save(folder / "grey.png")
    (folder / "bad.jpg").write_bytes(b"no picture")
    return folder


def test_copies_of_pictures_are_grouped(photos: Path) -> None:
    summary = json.loads(ucch("duplicates", photos, "--workers", 0, "--json").stdout)
    groups = [group["items"] for group in summary["groups"]]
    assert groups == [["08.jpg", "more/half.jpg", "more/small.jpg"], ["03.jpg", "more/again.jpg"]]
    assert (summary["by"], summary["items"], summary["bits"]) == ("perceptual hash", 33, 64)
    assert summary["left_out"] == ["bad.jpg", "grey.png"]
    assert summary["precision"] >= 0.99
    shown = ucch("duplicates", photos, "--workers", 0)
    assert shown.exit_code == 0
    assert "group 1: 3 items, up to " in shown.stdout
    assert "\n  more/again.jpg\n" in shown.stdout
    assert "left out, since they cannot be read or show one grey: 2 (bad.jpg, grey.png)" in shown.stdout
    assert "2 groups of near-duplicates among 33 items, within " in shown.stdout
    assert "pictures" in shown.stderr


def test_an_index_and_a_file_of_codes_are_compared_by_codes(tmp_path: Path) -> None:
    codes = np.concatenate([random_codes(100, 64), random_codes(100, 64)[[5, 5]]])
    names = [f"p{row:03}" for row in range(102)]
    BinaryIndex.build(codes, 64, ids=names).save(tmp_path / "it.index")
    np.save(tmp_path / "codes.npy", codes)
    (tmp_path / "ids.txt").write_text("\n".join(names) + "\n")
    wanted = [{"items": ["p005", "p100", "p101"], "farthest": 0}]
    by_index = json.loads(ucch("duplicates", tmp_path / "it.index", "--json").stdout)
    assert (by_index["groups"], by_index["by"], by_index["pairs"]) == (wanted, "codes", 3)
    named = ucch("duplicates", tmp_path / "codes.npy", "--ids", tmp_path / "ids.txt", "--json", "--radius", 0)
    assert json.loads(named.stdout)["groups"] == wanted
    plain = json.loads(ucch("duplicates", tmp_path / "codes.npy", "--json", "--radius", 20).stdout)
    assert [5, 100, 101] in [group["items"][:3] for group in plain["groups"]]
    assert plain["precision"] is None
    assert "estimated" not in ucch("duplicates", tmp_path / "codes.npy", "--radius", 20).stdout


def test_where_no_radius_is_precise_enough_the_command_ends_with_1(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kinds = np.unpackbits(random_codes(40, 64), axis=1)
    codes = np.packbits(kinds[rng.integers(0, 40, 1000)] ^ (rng.random((1000, 64)) < 0.06), axis=1)
    np.save(tmp_path / "codes.npy", codes)
    result = ucch("duplicates", tmp_path / "codes.npy")
    assert result.exit_code == 1
    assert "no radius has precision 0.99: even of the pairs of equal codes only 0." in result.stderr
    assert "give a --radius, or compare the pictures themselves" in result.stderr


def test_wrong_use(photos: Path, tmp_path: Path) -> None:
    result = ucch("duplicates", photos, "--bits", 64)
    assert (result.exit_code, "pictures have names and a hash" in result.stderr) == (2, True)
    BinaryIndex.build(random_codes(5, 64), 64).save(tmp_path / "it.index")
    result = ucch("duplicates", tmp_path / "it.index", "--bits", 64)
    assert (result.exit_code, "an index knows them" in result.stderr) == (2, True)
    (photos / "recipe.toml").write_text("")
    result = ucch("duplicates", photos)
    assert (result.exit_code, "is a run folder; name pictures, an index or a file of codes" in result.stderr) == (
        2,
        True,
    )
    result = ucch("duplicates", tmp_path / "nothing")
    assert (result.exit_code, "nothing does not exist" in result.stderr) == (2, True)
    np.save(tmp_path / "codes.npy", random_codes(5, 64))
    (tmp_path / "ids.txt").write_text("one\ntwo\n")
    result = ucch("duplicates", tmp_path / "codes.npy", "--ids", tmp_path / "ids.txt")
    assert "ids must be as many as codes, 5, got 2" in result.stderr
