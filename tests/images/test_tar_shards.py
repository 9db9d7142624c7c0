"""Shards of webdataset."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.reliability.bad_pictures import PICTURE, shard_honest
from ucch.errors import DataError
from ucch.images import open_images
from ucch.images.tar_shards import read_shard


def test_members_of_a_key_belong_together_and_are_read_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "c.tar").write_bytes(shard_honest()["c.tar"])
    samples = list(read_shard(tmp_path / "c.tar"))
    assert [(sample.key, list(sample.parts)) for sample in samples] == [
        ("000", ["png", "txt"]),
        ("a/001", ["json", "png"]),
    ]
    assert samples[1].image is not None
    assert samples[1].image.read() == PICTURE


def test_keys_that_repeat_have_the_name_of_their_shard(tmp_path: Path) -> None:
    for name in ("0.tar", "1.tar"):
        (tmp_path / name).write_bytes(shard_honest()["c.tar"])
    assert open_images(tmp_path).names == ["0/000", "0/a/001", "1/000", "1/a/001"]


def test_compressed_and_cut_shards_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(gzip.compress(shard_honest()["c.tar"]))
    with pytest.raises(DataError, match="is compressed, .*; gunzip it first"):
        list(read_shard(tmp_path / "a.tar"))
    (tmp_path / "b.tar").write_bytes(shard_honest()["c.tar"][:520])
    with pytest.raises(DataError, match="damaged"):
        list(read_shard(tmp_path / "b.tar"))
