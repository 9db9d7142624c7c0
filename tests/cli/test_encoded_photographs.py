"""Photographs of a command: features, names, and what was left out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console
from ucch.cli.encoded_photographs import encoded_photographs

from tests.serving.kit import ColourEncoder
from ucch.errors import DataError


def test_what_is_read_and_what_is_left_out(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 8), "red").save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "raw.heic").write_bytes(b"of a camera")
    console = Console(file=io.StringIO())
    found = encoded_photographs(console, tmp_path, ColourEncoder, cache="none", batch_size=4, workers=0)
    assert found.names == ["a.png", "b.png"]
    assert len(found.features) == 2
    said = found.left_out_json()
    assert [Path(entry["path"]).name for entry in said["bad"]] == ["broken.png"]
    assert [entry["first"] for entry in said["left_out"].values()] == [["raw.heic"]]
    assert "broken.png" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "raw.heic" in console.file.getvalue()  # type: ignore[attr-defined]


def test_no_encoder_is_made_where_there_is_no_picture(tmp_path: Path) -> None:
    def fail() -> None:
        raise AssertionError("an encoder was made")

    with pytest.raises(DataError, match="hold no file that ends in"):
        encoded_photographs(Console(), tmp_path, fail, cache="none", batch_size=4, workers=0)
