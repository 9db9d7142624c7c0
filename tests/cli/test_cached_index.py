"""What ``ucch serve --images`` keeps, and when it is made anew."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from PIL import Image
from ucch.cli.cached_index import index_of_photographs
from ucch.cli.serve import command as serve

from tests.serving.kit import IMAGE, ColourEncoder
from ucch.retrieval import BinaryIndex


def test_photographs_are_indexed_once_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucch.extraction.default_cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("ucch.images.default_workers", lambda: 0)  # a process takes longer to start than three pictures
    photographs, others = tmp_path / "photos", tmp_path / "others"
    for folder in (photographs, others):
        folder.mkdir()
        for colour in ("red", "green", "blue"):
            Image.new("RGB", (40, 30), colour).save(folder / f"{colour}.png")
    with click.Context(serve):
        apart = index_of_photographs(others, IMAGE)
        first = index_of_photographs(photographs, IMAGE)
        made = first.stat().st_mtime_ns
        assert index_of_photographs(photographs, IMAGE) == first
        assert first.stat().st_mtime_ns == made
        Image.new("RGB", (40, 30), "yellow").save(photographs / "yellow.png")
        second = index_of_photographs(photographs, IMAGE)
        assert second != first
        assert len(BinaryIndex.load(second)) == 4
        monkeypatch.setattr(ColourEncoder, "digest", "other weights")
        third = index_of_photographs(photographs, IMAGE)
        assert third not in (first, second)
    kept = {file.name for file in (tmp_path / "cache" / "indexes").iterdir()}
    assert kept == {name for path in (apart, third) for name in (path.name, path.with_suffix(".run").name)}
