"""Decoding many files, in this process and in others."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL.Image import Image

from tests.images.kit import BAD, USABLE, encoded, gradient
from ucch.errors import DataError
from ucch.images import ImagePool, ResizeCrop, default_workers


def _files(folder: Path) -> list[Path]:
    contents = {"good.png": encoded(gradient(), "PNG"), **{name: make() for name, make in (USABLE | BAD).items()}}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder.jpg").mkdir()
    return [*(folder / name for name in contents), folder / "folder.jpg", folder / "missing.jpg"]


def test_ten_kinds_of_files_are_decoded_or_named_with_the_reason(tmp_path: Path) -> None:
    paths = _files(tmp_path)
    with ImagePool(ResizeCrop(8, 8)) as pool:
        results = {entry.path.name: entry for entry in pool.decode(paths)}
    assert list(results) == [path.name for path in paths]
    for name in ("good.png", *USABLE):
        assert results[name].problem is None
        assert results[name].pixels.shape == (3, 8, 8)
        assert results[name].key == hashlib.sha256((tmp_path / name).read_bytes()).digest()
    for name in BAD:
        assert results[name].pixels is None
        assert results[name].problem
    assert results["folder.jpg"].problem == "a directory, not a file"
    assert results["missing.jpg"].problem == "no such file"


def test_workers_give_what_one_process_gives_in_order(tmp_path: Path) -> None:
    paths = _files(tmp_path) * 4  # more than may be in flight at once
    with ImagePool(ResizeCrop(8, 8)) as alone, ImagePool(ResizeCrop(8, 8), workers=2) as pool:
        for expected, entry in zip(alone.decode(paths), pool.decode(paths), strict=True):
            assert (entry.path, entry.key, entry.problem) == (expected.path, expected.key, expected.problem)
            np.testing.assert_array_equal(entry.pixels, expected.pixels)


def test_hashing_decodes_nothing(tmp_path: Path) -> None:
    paths = _files(tmp_path)
    with ImagePool(ResizeCrop(8, 8)) as pool:
        results = {entry.path.name: entry for entry in pool.hash_files(paths)}
    assert results["text.jpg"].problem is None
    assert results["text.jpg"].key == hashlib.sha256((tmp_path / "text.jpg").read_bytes()).digest()
    assert results["missing.jpg"].problem == "no such file"


def fails(_: Image) -> None:
    raise ZeroDivisionError("halved by nothing")


def dies(_: Image) -> None:
    os._exit(9)


def test_a_preparation_that_fails_names_the_picture_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded(gradient(), "PNG"))
    with ImagePool(fails) as pool:
        (entry,) = pool.decode([tmp_path / "good.png"])
    assert entry.problem == "the encoder cannot prepare it: ZeroDivisionError: halved by nothing"


def test_a_worker_that_dies_is_reported(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded(gradient(), "PNG"))
    with ImagePool(dies, workers=1) as pool, pytest.raises(DataError, match="^a decoding process died: "):
        list(pool.decode([tmp_path / "good.png"]))


def test_wrong_numbers_of_workers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^workers must be 0 or more, got -1$"):
        ImagePool(fails, workers=-1)
    assert 1 <= default_workers() <= 8


def test_workers_import_no_torch() -> None:
    check = "import sys, ucch.images; print(sorted({'torch', 'transformers', 'sklearn'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
