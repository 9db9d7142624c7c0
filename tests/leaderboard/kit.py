"""A small board on a small file, and rows made up for the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.training.kit import small_dataset
from ucch.data import save_npz
from ucch.leaderboard import Board, load_board

SETTINGS = '["epochs=2", "width=8", "batch_size=32", "n_negatives=8"]'


def small_board(folder: Path, runs: str = "", head: str = "bits = [8]\nseeds = 2\n") -> Board:
    """The board of a file in ``folder``: by default cvh twice and rotation once."""
    data = folder / "small.npz"
    if not data.exists():
        save_npz(data, small_dataset())
    runs = (
        runs or f'[[runs]]\nmethods = ["cvh"]\n[[runs]]\noptimizers = ["rotation"]\nseeds = 1\nsettings = {SETTINGS}\n'
    )
    file = folder / "board.toml"
    file.write_text(f'{head}[[data]]\nname = "{data}"\n{runs}')
    return load_board(file)


def row(method: str, value: float, kind: str = "shallow", **changes: Any) -> dict[str, Any]:
    """A row of a method with a MAP."""
    return {
        "optimizer": method,
        "method": method,
        "data": "wiki_set",
        "bits": 16,
        "kind": kind,
        "settings": [],
        "seeds": 3,
        "few_seeds": False,
        "supervised": False,
        "map": value,
        "map_deviation": 0.012,
        "interval": [value - 0.01, value + 0.01],
        "image_to_text": value,
        "text_to_image": value,
        "map_chance": 0.1,
        "seconds": 1.25,
        "bytes_per_item": 2,
        "model_bytes": 12_345,
        "recipe_digest": "abcdef0123456789",
        "split_digest": "0123456789abcdef",
        "versions": {"ucch": "0.1.0", "torch": "2"},
        **changes,
    }


ROWS = [
    row("itq", 0.45),
    row("ucch rotation", 0.4, "ucch"),
    row("cvh", 0.3, few_seeds=True, seeds=1, map_deviation=None),
    row("unihash", 0.9, "supervised", supervised=True),
]
