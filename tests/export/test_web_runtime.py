"""Where onnxruntime-web comes from."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from ucch.errors import DataError
from ucch.export import runtime_files

MODULE, WEB_ASSEMBLY = "dist/ort.wasm.bundle.min.mjs", "dist/ort-wasm-simd-threaded.wasm"


def unpacked(folder: Path) -> Path:
    (folder / "dist").mkdir(parents=True)
    (folder / MODULE).write_bytes(b"module")
    (folder / WEB_ASSEMBLY).write_bytes(b"wasm")
    return folder


def fake_npm(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "npm").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_folder_is_read_under_the_names_of_the_page(tmp_path: Path) -> None:
    assert runtime_files(unpacked(tmp_path / "package")) == {"ort.js": b"module", "ort.wasm": b"wasm"}


def test_another_folder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"mjs cannot be read \(No such file.*npm pack onnxruntime-web@.* --runtime"):
        runtime_files(tmp_path)


def test_npm_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / "made.tgz", "w:gz") as archive:
        archive.add(unpacked(tmp_path / "package"), "package")
    fake_npm(tmp_path / "bin", f'test "$1" = pack && cp {tmp_path}/made.tgz "$5/onnxruntime-web.tgz"', monkeypatch)
    assert runtime_files() == {"ort.js": b"module", "ort.wasm": b"wasm"}


@pytest.mark.parametrize(
    ("body", "complaint"),
    [("echo no network >&2; exit 1", r"npm cannot fetch .*\(no network\); npm pack"), ("exit 3", r"\(status 3\)")],
)
def test_npm_fails(body: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", body, monkeypatch)
    with pytest.raises(DataError, match=complaint):
        runtime_files()


def test_an_archive_without_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / "made.tgz", "w:gz") as archive:
        archive.add(tmp_path / "made.tgz", "package/other")
    fake_npm(tmp_path / "bin", f'cp {tmp_path}/made.tgz "$5/onnxruntime-web.tgz"', monkeypatch)
    with pytest.raises(DataError, match="has no file package/dist"):
        runtime_files()


def test_no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="there is no npm to fetch it: elsewhere npm pack .* by --runtime"):
        runtime_files()
