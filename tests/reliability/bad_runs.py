"""Honest and hostile files of a run, and indexes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability.family import CARDS, each
from tests.training.kit import small_recipe
from ucch.data import FeatureScaler
from ucch.errors import UcchError
from ucch.extraction import read_run_encoders
from ucch.models import HashModel, HashTower
from ucch.optim.table_file import map_table, write_table
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder
from ucch.runs.checkpoint import load_state, save_state

# files of a run


@lru_cache(maxsize=1)
def run_honest() -> dict[str, bytes]:
    import tempfile

    import torch

    with tempfile.TemporaryDirectory() as place:
        torch.manual_seed(0)
        scaler = FeatureScaler.fit(np.random.default_rng(0).normal(size=(9, 4)), "global")
        model = HashModel(scaler, scaler, *(HashTower(4, 8, width=4, n_layers=2) for _ in range(2)))
        model.save(Path(place) / "m")
        save_state(Path(place) / "s", {"pairs": "x", "history": [{"epoch": 1}], "trainer": {"v": torch.ones(3)}})
        write_table(Path(place) / "t", (3, 4), torch.float32, [torch.ones(3, 4)])
        files = {name: (Path(place) / name).read_bytes() for name in "mst"}
    return {
        "model.safetensors": files["m"],
        "state.safetensors": files["s"],
        "table.safetensors": files["t"],
        "history.jsonl": b'{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "loss": 0.25}\n',
        "encoders.json": b'{"decoding": 1, ' + CARDS.encode()[1:],
        "recipe.toml": small_recipe().to_toml().encode(),
    }


def run_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice(["model.safetensors", "state.safetensors", "encoders.json", "history.jsonl"])
    if name.endswith("json") or name.endswith("jsonl"):
        return name, dice.choice(
            [b"[]", b"1", b"null", b"[" * 50_000, b'{"image": 1, "text": 2}', b"\xff", b"{}\n[]\n"]
        )
    content = run_honest()[name]
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    held = json.loads(head["__metadata__"]["ucch"])
    key = dice.choice(list(held))
    inner = held[key] if isinstance(held[key], dict) else held
    inner[dice.choice(list(inner))] = dice.choice([10**12, 10**5, -1, 0, None, [], {}, "x", 1.5, True, "[" * 9999])
    head["__metadata__"]["ucch"] = json.dumps(held)
    raw = json.dumps(head).encode()
    return name, len(raw).to_bytes(8, "little") + raw + content[8 + length :]


def read_run_file(path: Path) -> None:
    folder = RunFolder(path.parent)
    readers = {
        "model.safetensors": lambda: HashModel.load(path),
        "state.safetensors": lambda: load_state(path),
        "table.safetensors": lambda: _as_refusal(lambda: map_table(path)),
        "history.jsonl": folder.history,
        "encoders.json": lambda: read_run_encoders(path.parent),
        "recipe.toml": folder.recipe,
    }
    each(readers.get(path.name, lambda: HashModel.load(path)))


def _as_refusal(read: Callable[[], Any]) -> None:
    """A code table is read by ``ucch.optim``, which knows no UcchError; the command line turns these into one line."""
    try:
        read()
    except (ValueError, OSError) as error:
        raise UcchError(str(error)) from error


# indexes


@lru_cache(maxsize=1)
def index_honest() -> dict[str, bytes]:
    import tempfile

    rng = np.random.default_rng(0)
    codes, files = rng.integers(0, 256, (60, 4), np.uint8), {}
    with tempfile.TemporaryDirectory() as place:
        for kind in ("flat", "hnsw", "ivf", "multihash"):
            path = Path(place) / f"{kind}.index"
            ids = [f"n{i}" for i in range(60)] if kind == "flat" else None
            BinaryIndex.build(codes, 32, kind=kind, ids=ids, reproducible=True).save(path)
            files[path.name] = path.read_bytes()
    return files


def index_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice(list(index_honest()))
    content = index_honest()[name]
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    if dice.random() < 0.5:
        entry = head[dice.choice([key for key in head if key != "__metadata__"])]
        key = dice.choice(list(entry))
        entry[key] = dice.choice([[0, 10**15], [-8, 0], [2**62, 4], [60], [], "U8", "F32", None, 7, [0, 0], [1.5, 2]])
    else:
        held = json.loads(head["__metadata__"]["ucch"])
        key = dice.choice(list(held))
        held[key] = dice.choice([10**9, -1, 0, None, [], {}, "x", "flat", {"nprobe": "a"}, {"ef": -1}, 7, 33])
        head["__metadata__"]["ucch"] = json.dumps(held)
    raw = json.dumps(head).encode()
    raw += b" " * (-(len(raw) + 8) % 64)
    return name, len(raw).to_bytes(8, "little") + raw + content[8 + length :]


def read_index(path: Path) -> None:
    def load() -> None:
        index = BinaryIndex.load(path)
        index.search(np.zeros((1, -(-index.n_bits // 8)), np.uint8), 3)

    each(load)
