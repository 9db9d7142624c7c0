"""Where a stream comes from."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.data.test_clip_retrieval import SIZES, write_folder
from ucch.data.shards import Shards, listed_shards, open_shards
from ucch.errors import DataError


def write(folder: Path, *names: str) -> Path:
    """Files whose only row is their place in the list."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        path = folder / name
        if path.suffix == ".npy":
            np.save(path, np.full((1, 2), number))
        else:
            np.savez(path, words=np.full((1, 2), number))
    return folder


def order(shards: Shards) -> list[int]:
    return [int(np.asarray(next(iter(shard().views.values())))[0, 0]) for shard in shards]


def test_files_of_a_folder_come_in_natural_order_of_their_names(tmp_path: Path) -> None:
    folder = write(tmp_path / "parts", "part-2.npz", "part-10.npz", "part-1.npz", "a9-b1.npz", "a10-b0.npz", ".x.npz")
    (folder / "_SUCCESS").write_text("")
    shards = open_shards(folder)
    assert shards.count == 5
    assert Path(shards.first.name).name == "a9-b1.npz"
    assert order(shards) == [3, 4, 2, 0, 1]


def test_none_is_read_before_its_time(tmp_path: Path) -> None:
    shards = iter(open_shards(write(tmp_path, "1.npy", "2.npy")))
    first = next(shards)
    (tmp_path / "2.npy").write_bytes(b"nonsense")
    assert len(first()) == 1
    with pytest.raises(DataError, match=r"2\.npy"):
        next(shards)()


def test_parts_of_clip_retrieval_are_shards(tmp_path: Path) -> None:
    images = write_folder(tmp_path)
    shards = open_shards(tmp_path)
    assert shards.count == 3
    assert shards.first.name == f"{tmp_path}, part 0"
    parts = [np.asarray(shard().views["image"]) for shard in shards]
    assert [len(part) for part in parts] == list(SIZES)
    assert np.array_equal(np.concatenate(parts), images)


def test_a_list_of_paths_is_a_stream_of_known_length(tmp_path: Path) -> None:
    folder = write(tmp_path / "parts", "a.npy", "b.npz")
    (tmp_path / "list.txt").write_text(f"{folder}/b.npz\n\n{folder}/a.npy\r\n")
    shards = open_shards(tmp_path / "list.txt")
    assert shards.count == 2
    assert order(shards) == [1, 0]


def test_lines_of_a_pipe_are_asked_for_one_by_one(tmp_path: Path) -> None:
    """So that whoever writes them may take away what was trained on."""
    folder = write(tmp_path / "parts", "a.npy", "b.npy", "c.npy")
    asked: list[str] = []

    def lines():  # type: ignore[no-untyped-def]
        for name in ("a.npy", "b.npy", "c.npy"):
            asked.append(name)
            yield f"{folder / name}\n"

    shards = listed_shards(lines())
    assert (shards.count, asked) == (None, ["a.npy"])
    seen = []
    for shard in shards:
        seen.append(int(np.asarray(shard().views["features"])[0, 0]))
        Path(shard.name).unlink()
        assert len(asked) == len(seen)
    assert seen == [0, 1, 2]


def test_a_named_pipe_is_read_as_it_is_written(tmp_path: Path) -> None:
    folder = write(tmp_path / "parts", "a.npy", "b.npy")
    os.mkfifo(tmp_path / "pipe")

    def produce() -> None:
        with open(tmp_path / "pipe", "w") as pipe:
            pipe.write(f"{folder}/b.npy\n{folder}/a.npy\n")

    producer = threading.Thread(target=produce)
    producer.start()
    shards = open_shards(tmp_path / "pipe")
    assert shards.count is None
    assert order(shards) == [1, 0]
    producer.join()


def test_what_holds_no_shard_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none does not exist; a folder of shards is expected there, or a file of"):
        open_shards(tmp_path / "none")
    with pytest.raises(DataError, match=r"no shard: neither a file ending in \.npz, .*\.npy, \.parquet nor img_emb"):
        open_shards(tmp_path)
    write(tmp_path, "a.npy", "b.npz")
    with pytest.raises(DataError, match=r"files of one kind, got \.npy, \.npz in .*; give each a folder"):
        open_shards(tmp_path)
    with pytest.raises(DataError, match=r"a\.npy is a file of features; give the folder of the shards, or train on it"):
        open_shards(tmp_path / "a.npy")
    with pytest.raises(DataError, match="at least one shard, got none"):
        listed_shards(["\n"])
