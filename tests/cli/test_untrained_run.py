"""From a folder of pictures to a search, before anything is trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from ucch.cli.main import cli
from ucch.cli.serve import _what

from tests.serving.kit import IMAGE
from ucch.encoders import TEXT_ENCODERS
from ucch.errors import MissingPackageError
from ucch.retrieval import BinaryIndex
from ucch.serving import QueryEncoder

COLOURS = ("red", "green", "blue", "black", "white", "orange", "purple", "pink")


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for colour in COLOURS:
        Image.new("RGB", (40, 30), colour).save(folder / f"{colour}.png")
    return folder


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def index(photographs: Path, encoder: str, *more: object) -> Result:
    out = photographs.parent / "photos.index"
    return ucch(
        "index", photographs, "--image-encoder", encoder, "--out", out, "--cache", "none", "--workers", 0, *more
    )


def test_a_picture_finds_itself_without_a_run(photographs: Path) -> None:
    result = index(photographs, IMAGE, "--bits", 16, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["codes"] == len(COLOURS)
    assert json.loads(result.stdout)["bits"] == 16
    found = photographs.parent / "photos.index"
    asked = ucch("search", found, "--image", photographs / "blue.png", "--image-encoder", IMAGE, "-k", 1, "--json")
    assert asked.exit_code == 0, asked.output
    assert "blue.png" in asked.stdout
    words = ucch("search", found, "--text", "the sea")
    assert words.exit_code == 1
    assert "was made of pictures alone" in words.stderr
    assert "ucch train --captions" in words.stderr


def test_what_words_need_is_said_and_captions_that_are_there_are_seen(photographs: Path) -> None:
    said = index(photographs, IMAGE, "--bits", 8).stderr
    assert "reads no words: pictures find pictures" in said
    (photographs.parent / "photos.index").unlink()
    shutil.rmtree(photographs.parent / "photos.run")
    (photographs / "red.txt").write_text("a red one\n")
    said = index(photographs, IMAGE, "--bits", 8).stderr
    assert "captions of 1 pictures stand beside them" in said


def test_words_search_where_the_encoder_reads_them(photographs: Path, tiny_clip: Path) -> None:
    result = index(photographs, f"clip:{tiny_clip}")
    assert result.exit_code == 0, result.output
    found = BinaryIndex.load(photographs.parent / "photos.index")
    assert (len(found), found.n_bits) == (len(COLOURS), 256)
    encoder = QueryEncoder(Path(found.source))
    assert encoder.knows("text")
    asked = ucch("search", photographs.parent / "photos.index", "--text", "a red one", "-k", 3, "--json")
    assert asked.exit_code == 0, asked.output


def test_pictures_are_searched_where_a_package_of_the_words_is_missing(
    photographs: Path, tiny_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> None:
        raise MissingPackageError("words need the package x, which is not installed: pip install 'ucch[photos]'")

    monkeypatch.setitem(TEXT_ENCODERS, "clip", missing)
    result = index(photographs, f"clip:{tiny_clip}", "--bits", 8)
    assert result.exit_code == 0, result.output
    assert "words will find nothing: words need the package x" in result.stderr
    encoder = QueryEncoder(Path(BinaryIndex.load(photographs.parent / "photos.index").source))
    assert encoder.knows("image")
    assert not encoder.knows("text")


def test_what_is_there_is_not_overwritten_and_an_encoder_is_asked_for(photographs: Path) -> None:
    without = ucch("index", photographs, "--out", photographs.parent / "photos.index")
    assert without.exit_code == 2
    assert "is no run folder: it has no recipe.toml" in without.stderr
    assert "--image-encoder efficientnet-lite0" in without.stderr
    assert index(photographs, IMAGE, "--bits", 8).exit_code == 0
    made, run = photographs.parent / "photos.index", photographs.parent / "photos.run"
    before = (run / "model.safetensors").read_bytes()
    made.unlink()  # as if the command had been stopped before its index was there
    other = index(photographs, IMAGE, "--bits", 16)
    assert other.exit_code == 1
    assert "photos.run already holds a run" in other.stderr
    assert index(photographs, IMAGE, "--bits", 8).exit_code == 0
    assert (run / "model.safetensors").read_bytes() == before
    made.unlink()
    with_ids = index(photographs, IMAGE, "--modality", "image")
    assert with_ids.exit_code == 2


def test_one_picture_is_too_few(photographs: Path) -> None:
    for colour in COLOURS[1:]:
        (photographs / f"{colour}.png").unlink()
    result = index(photographs, IMAGE)
    assert result.exit_code == 1
    assert "hold 1 picture that can be read; codes need two at least" in result.stderr


def what(run: Path | None, **choices: Any) -> tuple[Path, Path, Path | None]:
    return _what(run, choices.get("index"), choices.get("images"), None)


def test_an_index_is_served_alone_with_the_pictures_it_was_made_of(photographs: Path) -> None:
    assert index(photographs, IMAGE, "--bits", 8).exit_code == 0
    made, run = photographs.parent / "photos.index", photographs.parent / "photos.run"
    assert what(made) == (run, made, photographs)
    assert what(run, index=made) == (run, made, None)
    with pytest.raises(click.UsageError, match="name an index, or photographs by --images"):
        what(None)
    with pytest.raises(click.UsageError, match="is a folder: name its index by --index"):
        what(run)
    with pytest.raises(click.UsageError, match=r"no recipe\.toml\. To search .*: ucch serve --images .*photos"):
        what(photographs)
    shutil.move(run, photographs.parent / "elsewhere")
    with pytest.raises(click.UsageError, match="is not there any more; give RUN --index"):
        what(made)


def test_a_table_of_captions_beside_the_folder_and_few_pictures_are_seen(photographs: Path) -> None:
    said = index(photographs, IMAGE, "--bits", 7).stderr
    assert "directions at most" not in said
    (photographs.parent / "photos.index").unlink()
    shutil.rmtree(photographs.parent / "photos.run")
    table = photographs.parent / "captions.csv"
    table.write_text("image,caption\nred.png,a red one\nblue.png,a blue one\n")
    said = index(photographs, IMAGE, "--bits", 8).stderr
    assert "8 pictures span 7 directions at most: bits beyond those add little to 8" in said
    assert "captions of 2 pictures stand beside them" in said
    assert f"--text-encoder minilm --captions {table}" in said
