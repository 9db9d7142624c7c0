"""Work that is killed: each job goes on from whatever an earlier, killed try left in its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from tests.extraction.kit import IMAGE_SPEC
from tests.images.kit import write_photographs
from tests.training.kit import small_dataset, small_pairs, small_recipe
from ucch.data import save_npz
from ucch.errors import UcchError
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder
from ucch.runs.checkpoint import load_state
from ucch.training import train_run

__all__ = ["JOBS", "QUICK_JOBS", "digest", "prepare"]

RECIPE = ("epochs=12", "batch_size=8", "keep=best")


def prepare(shared: Path) -> None:
    """Write the inputs of all jobs."""
    write_photographs(shared / "photos")
    save_npz(shared / "small.npz", small_dataset())
    np.save(shared / "codes.npy", np.random.default_rng(0).integers(0, 256, (6000, 8), dtype=np.uint8))


def train(shared: Path, folder: Path, *, optimizer: str = "momentum") -> None:
    """Train in the library, with a checkpoint after every step, so that kills fall into the writing of them."""
    import ucch.training.checkpoints as module

    path, recipe = folder / "run", small_recipe(*RECIPE, f"optimizer={optimizer}")
    begun = (path / "recipe.toml").exists()
    run = RunFolder.open(path) if begun else RunFolder.create(path, recipe)
    with patch.object(module, "CHECKPOINT_SECONDS", 0.0):
        train_run(run, small_pairs(), resume=begun)


def train_itq(shared: Path, folder: Path) -> None:
    """Train with an optimizer that refits a rotation at the end of every epoch."""
    train(shared, folder, optimizer="itq")


def train_command(shared: Path, folder: Path) -> None:
    """Train, evaluate and draw as ``ucch train`` does, checkpoints by the clock."""
    run = folder / "run"
    if (run / "recipe.toml").exists():
        _ucch("train", "--out", run, "--resume", "--device", "cpu")
    else:
        settings = [word for setting in ("width=16", *RECIPE) for word in ("--set", setting)]
        _ucch("train", "--data", shared / "small.npz", "--out", run, "--bits", 12, "--device", "cpu", *settings)


def extract(shared: Path, folder: Path) -> None:
    """Turn photographs and captions into features, with a cache of their own."""
    out = folder / "features.npz"
    if not out.exists():
        source = ("--images", shared / "photos", "--captions", shared / "captions.csv", "--cache", folder / "cache")
        encoders = ("--image-encoder", IMAGE_SPEC, "--text-encoder", "bow:10", "--workers", 0, "--encode-batch", 1)
        _ucch("extract", *source, *encoders, "--device", "cpu", "--out", out)


def index(shared: Path, folder: Path) -> None:
    """Build a graph index."""
    if not (folder / "codes.index").exists():
        words = ("--kind", "hnsw", "--set", "links=8", "--set", "ef_build=16", "--reproducible")
        _ucch("index", shared / "codes.npy", "--out", folder / "codes.index", *words)


def update(shared: Path, folder: Path) -> None:
    """Replace an index by a longer one over and over; a kill must leave one or the other."""
    path = folder / "codes.index"
    codes = np.load(shared / "codes.npy")
    if not path.exists():
        BinaryIndex.build(codes[:1000], 64).save(path)
    done = len(BinaryIndex.load(path))
    for n in range(done + 200, len(codes) + 1, 200):
        grown = BinaryIndex.load(path)
        grown.add(np.arange(n - 200, n), codes[n - 200 : n])
        grown.save(path, overwrite=True)


JOBS: dict[str, Callable[[Path, Path], None]] = {
    job.__name__: job for job in (train, train_itq, train_command, extract, index, update)
}
QUICK_JOBS = ("train", "extract", "index", "update")


def digest(folder: Path) -> str:
    """Fingerprint all that a finished job left, without times and without what may be there or not."""
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name.startswith(("cache/", "run/.lock", "run/checkpoint/previous", "run/report.html")):
            continue
        content.update(f"\n{name}\n".encode())
        if name == "run/checkpoint/state.safetensors":
            _update(content, load_state(path))
        elif name == "run/history.jsonl":
            _update(content, [json.loads(line) for line in path.read_text().splitlines()])
        elif path.suffix == ".json":
            _update(content, json.loads(path.read_text()))
        else:
            content.update(path.read_bytes())
    return content.hexdigest()


def _update(content: Any, value: Any) -> None:
    """Add a nested value, without the keys that hold times and places."""
    if isinstance(value, dict):
        for key in value:
            if key not in ("seconds", "run", "path", "out"):
                content.update(f"{key}:".encode())
                _update(content, value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            _update(content, item)
    elif isinstance(value, torch.Tensor):
        content.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    else:
        content.update(f"{value!r};".encode())


def _ucch(*words: object) -> None:
    from ucch.cli.main import cli

    try:
        cli([str(word) for word in words], prog_name="ucch", standalone_mode=False)
    except UcchError as error:
        raise SystemExit(str(error)) from error
