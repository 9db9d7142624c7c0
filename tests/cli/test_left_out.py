"""Nothing vanishes unsaid: what commands leave out is counted on stderr and in ``--json``."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from ucch.cli.left_out import show_left_out

from tests.cli.photographs import ENCODERS, QUICK, SHORT, source, ucch
from tests.images.kit import write_photographs
from ucch.data.left_out import LeftOut

HERE = (*ENCODERS[:2], "--workers", "0", "--cache", "none", "--json")
UNREAD = "pictures of a kind that is not read, convert them to JPEG"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on photographs, ``run`` in a folder with them."""
    folder = tmp_path_factory.mktemp("left")
    write_photographs(folder / "photos", n=16)
    (folder / "photos" / "phone.heic").write_bytes(b"ftypheic")
    (folder / "photos" / "silent.jpg").write_bytes((folder / "photos" / "000.jpg").read_bytes())
    with open(folder / "captions.csv", "a") as file:
        file.write("001.jpg,\nnowhere.jpg,a picture that is not there\n")
    result = ucch("train", *source(folder), *ENCODERS, *QUICK, *SHORT, "--out", folder / "run", "--json")
    assert result.exit_code == 0, result.stderr
    (folder / "report.json").write_text(result.stdout)
    return folder / "run"


def test_a_line_is_printed_where_there_is_something_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(stderr=True)
    show_left_out(console, LeftOut())
    assert capsys.readouterr().err == ""
    left_out = LeftOut()
    for name in "abcd":
        left_out.add("things", name)
    show_left_out(console, left_out)
    assert capsys.readouterr().err == "left out: things: 4 (a, b, c, ...)\n"


LEFT_BY_TRAINING = {
    "captions without text": {"count": 1, "first": ["001.jpg"]},
    "captions whose picture is not there": {"count": 1, "first": ["nowhere.jpg"]},
    "pictures without a caption": {"count": 1, "first": ["silent.jpg"]},
    UNREAD: {"count": 1, "first": ["phone.heic"]},
}


def test_training_reports_what_its_extraction_left_out(run: Path) -> None:
    report = json.loads((run.parent / "report.json").read_text())
    assert report["extraction"]["left_out"] == LEFT_BY_TRAINING
    assert report["extraction"]["near_copies"]["count"] == 0
    assert json.loads((run / "extraction.json").read_text()) == report["extraction"]


def test_extracting_says_the_same(run: Path) -> None:
    out = run.parent / "features.npz"
    result = ucch("extract", *source(run.parent), *ENCODERS, *QUICK, "--out", out, "--json")
    assert json.loads(result.stdout)["left_out"] == LEFT_BY_TRAINING
    assert "captions without text: 1 (001.jpg); captions whose picture is not there: 1 (nowhere.jpg)" in result.stderr


@pytest.mark.parametrize(
    ("names", "sides"),
    [
        (("train", "val", "test", "restval"), (8, 4)),
        (("training", "dev", "dev", "dev"), (4, 12)),
        (("train", "holdout", "test", "extra"), (4, 4)),
        (("train", "train", "train", "train"), None),
        (("left", "right", "left", "right"), None),
    ],
)
def test_splits_have_a_meaning_or_are_named(
    tmp_path: Path, names: tuple[str, ...], sides: tuple[int, int] | None
) -> None:
    write_photographs(tmp_path / "photos", n=16)
    rows = [f"{n:03}.jpg,words {n},{names[n % 4]}" for n in range(16)]
    (tmp_path / "captions.csv").write_text("\n".join(["image,caption,split", *rows]))
    result = ucch("extract", *source(tmp_path), *ENCODERS, *QUICK, "--out", tmp_path / "features.npz", "--json")
    figures = json.loads(result.stdout)
    counted = {name: 4 * names.count(name) for name in names}
    assert figures["splits"] == counted
    found = (figures["train"]["images"], figures["query"]["images"])
    if sides is None:
        assert (figures["split_by"], figures["left_out"], sum(found)) == ("seed", {}, 16)
        assert all(f"{name!r} ({count} images)" in result.stderr for name, count in counted.items())
        return
    aside = {name for name in names if f"captions of the split {name!r}" in figures["left_out"]}
    assert found == sides
    assert sum(sides) + sum(counted[name] for name in aside) == 16
    for name in aside:
        first = f"{names.index(name):03}.jpg"
        assert f"captions of the split {name!r}: 4 ({first}, " in result.stderr


def test_encoding_texts_counts_empty_lines(run: Path) -> None:
    (run.parent / "lines.txt").write_text("red dot\n\n  \nblue dot\n")
    out = run.parent / "texts.npy"
    result = ucch("encode", run, "--texts", run.parent / "lines.txt", "--out", out, "--json")
    figures = json.loads(result.stdout)
    assert figures["codes"] == 2
    assert figures["left_out"] == {"empty lines": {"count": 2, "first": ["line 2", "line 3"]}}
    assert "left out: empty lines: 2 (line 2, line 3)" in result.stderr
    captions = ucch("encode", run, "--texts", run.parent / "captions.csv", "--out", run.parent / "c.npy", "--json")
    assert json.loads(captions.stdout)["left_out"] == {"captions without text": {"count": 1, "first": ["001.jpg"]}}


@pytest.mark.parametrize("command", ["encode", "index"])
def test_pictures_that_are_not_read_are_counted(run: Path, tmp_path: Path, command: str) -> None:
    photos = tmp_path / "photos"
    write_photographs(photos, n=4)
    for name in ("a.heic", "b.HEIC", "c.svg", "d.nef"):
        (photos / name).write_bytes(b"something")
    (photos / "note.md").write_text("no picture")
    (photos / "003.jpg").write_bytes(b"broken")
    out = tmp_path / ("codes.npy" if command == "encode" else "photos.index")
    options = (*HERE, *(("--max-bad", "1") if command == "encode" else ()))
    result = ucch(command, run, "--images", photos, "--out", out, *options)
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["codes"] == 3
    assert figures["left_out"][UNREAD] == {"count": 4, "first": ["a.heic", "b.HEIC", "c.svg"]}
    assert len(figures["bad"]) == 1
    assert f"{UNREAD}: 4 (a.heic, b.HEIC, c.svg, ...)" in result.stderr


@pytest.mark.parametrize("command", ["encode", "index"])
def test_samples_without_a_picture_are_counted(run: Path, tmp_path: Path, command: str) -> None:
    write_photographs(tmp_path / "photos", n=2)
    contents = {f"{n}.jpg": (tmp_path / "photos" / f"00{n}.jpg").read_bytes() for n in range(2)}
    with tarfile.open(tmp_path / "00000.tar", "w") as archive:
        for name, content in {**contents, "lost.txt": b"words alone"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    out = tmp_path / ("codes.npy" if command == "encode" else "photos.index")
    result = ucch(command, run, "--images", tmp_path / "00000.tar", "--out", out, *HERE)
    figures = json.loads(result.stdout)
    assert figures["codes"] == 2
    assert figures["left_out"] == {"samples without a picture": {"count": 1, "first": ["lost"]}}


def test_features_that_are_nearly_those_of_training_are_warned_of(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    image, text = rng.normal(size=(80, 12)), rng.normal(size=(80, 6))
    query = np.concatenate([image[:2] + 0.01 * rng.normal(size=(2, 12)), rng.normal(size=(18, 12))])
    arrays = {"image_train": image, "text_train": text, "image_query": query, "text_query": rng.normal(size=(20, 6))}
    np.savez(tmp_path / "f.npz", **arrays)
    short = ("--set", "width=16", "--epochs", "1", "--bits", "8", "--device", "cpu", "--json")
    result = ucch("train", "--data", tmp_path / "f.npz", *short, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["near_rows"] == {"count": 2, "looked_at": 20, "first": [[0, 0], [1, 1]]}
    assert "warning: 2 of 20 query images looked at are nearer" in result.stderr


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of six codes, called a to f."""
    folder = tmp_path_factory.mktemp("index")
    np.save(folder / "codes.npy", np.arange(6, dtype=np.uint8)[:, None])
    (folder / "ids.txt").write_text("\n".join("abcdef"))
    result = ucch("index", folder / "codes.npy", "--ids", folder / "ids.txt", "--out", folder / "i.index")
    assert result.exit_code == 0, result.stderr
    return folder / "i.index"


def _search(index: Path, only: str, *options: str) -> object:
    (index.parent / "only.txt").write_text(only)
    codes = index.parent / "codes.npy"
    return ucch("search", index, "--codes", codes, "-k", "2", "--only", index.parent / "only.txt", *options)


def test_ids_that_the_index_has_not_are_named(index: Path) -> None:
    result = _search(index, "x\na\ny\nb\nz\nzz", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["left_out"] == {"ids of --only that the index has not": {"count": 4, "first": ["x", "y", "z"]}}
    assert [hit["id"] for hit in answer["queries"][0]["hits"]] == ["a", "b"]
    assert "left out: ids of --only that the index has not: 4 (x, y, z, ...)" in result.stderr
    whole = _search(index, "a\nb", "--json")
    assert json.loads(whole.stdout)["left_out"] == {}
    assert whole.stderr == ""


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_search_that_answers_nothing_for_that_cause_fails(index: Path, options: tuple[str, ...]) -> None:
    result = _search(index, "x\ny", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "leaves nothing to answer with: ids of --only that the index has not: 2 (x, y)" in result.stderr
    nothing = _search(index, "", *options)
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert "leaves nothing to answer with: it holds no id" in nothing.stderr
