"""The file of an index, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from ucch.errors import IndexFileError
from ucch.retrieval.index_file import FORMAT, digest, read_index_file, write_index_file

ARRAYS = {
    "codes": np.arange(12, dtype=np.uint8).reshape(4, 3),
    "ids": np.array([5, 6, 7, 8]),
    "scales": np.ones(3, np.float32),
    "alive": np.array([True, False]),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_index_file(tmp_path / "it.index", {"kind": "flat"}, ARRAYS)
    return tmp_path / "it.index"


def test_what_was_written_is_mapped_and_safetensors_reads_it_too(path: Path) -> None:
    header, arrays = read_index_file(path)
    assert header == {"kind": "flat"}
    for name, array in ARRAYS.items():
        assert (arrays[name] == array).all()
        assert arrays[name].dtype == array.dtype
        assert not arrays[name].flags.writeable
        assert (load_file(path)[name] == array).all()


def test_a_replaced_file_leaves_an_open_one_readable(path: Path) -> None:
    _, arrays = read_index_file(path)
    write_index_file(path, {}, {"codes": np.zeros((1, 1), np.uint8)})
    assert (arrays["codes"] == ARRAYS["codes"]).all()
    assert [file.name for file in path.parent.iterdir()] == ["it.index"]


@pytest.mark.parametrize("kept", [0, 5, 60, -1, -20])
def test_a_file_cut_anywhere_is_refused(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(IndexFileError, match=r"it.index is (cut off|not an index)"):
        read_index_file(path)


def test_a_file_with_something_behind_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(IndexFileError, match=r"it.index is too long: \d+ bytes, expected \d+"):
        read_index_file(path)


def test_another_version_is_refused_by_name(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(FORMAT.encode(), b"ucch-index-9"))
    with pytest.raises(IndexFileError, match="it.index holds 'ucch-index-9', expected 'ucch-index-1'"):
        read_index_file(path)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (b'"U8"', b'"Z8"', "damaged: its header names no such array"),
        (b"[0, 32]", b"[1e999]", "damaged: its header names no such array"),
        (b"[4, 3]", b"[4, 4]", "damaged: the size of codes does not fit its shape"),
        (b"[4, 3]", b"[4,-3]", "damaged: the size of codes does not fit its shape"),
        (b'"codes": {', b'"codes": [', "not an index: its header cannot be read"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(path: Path, old: bytes, new: bytes, text: str) -> None:
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(IndexFileError, match=text):
        read_index_file(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"\xff" * 100, (2).to_bytes(8, "little") + b"[]"])
def test_other_files_are_no_index(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "it").write_bytes(content)
    with pytest.raises(IndexFileError, match="it is not an index"):
        read_index_file(tmp_path / "it")


def test_a_safetensors_file_of_somebody_else_has_no_format(tmp_path: Path) -> None:
    head = json.dumps({}).encode()
    (tmp_path / "it").write_bytes(len(head).to_bytes(8, "little") + head)
    with pytest.raises(IndexFileError, match="holds 'no format', expected 'ucch-index-1'"):
        read_index_file(tmp_path / "it")


def test_missing_file_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(IndexFileError, match="cannot be read: No such file"):
        read_index_file(tmp_path / "none")
    with pytest.raises(IndexFileError, match="cannot be written: No such file"):
        write_index_file(tmp_path / "none" / "it", {}, {})


def test_digest_is_sha256() -> None:
    assert digest(np.frombuffer(b"abc", np.uint8)).startswith("ba7816bf8f01cfea")


def test_a_structure_that_does_not_fit_its_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "it.index"
    write_index_file(path, {"kind": "hnsw"}, ARRAYS | {"structure": np.frombuffer(b"what faiss trusts", np.uint8)})
    header, arrays = read_index_file(path)
    assert header == {"kind": "hnsw"}
    assert arrays["structure"].tobytes() == b"what faiss trusts"
    path.write_bytes(path.read_bytes().replace(b"what faiss", b"that faiss"))
    with pytest.raises(IndexFileError, match="damaged: its structure does not fit its checksum"):
        read_index_file(path)
