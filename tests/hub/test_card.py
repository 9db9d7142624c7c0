"""What a card says, and that its code runs."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ucch.data import FeatureScaler
from ucch.hub import model_card
from ucch.metrics import PROTOCOLS
from ucch.models import HashModel, HashTower


def model() -> HashModel:
    scalers = (FeatureScaler(n, "none", "none", "asked for") for n in (7, 5))
    return HashModel(*scalers, HashTower(7, 12, width=4), HashTower(5, 12, width=4)).eval()


def report() -> dict[str, Any]:
    way = {"map": 0.5, "map_interval": [0.4, 0.6], "precision_at": {"1": 0.7}, "recall_at": {"1": 0.1, "10": 0.3}}
    row = {"name": "codes", "bytes": 2, "recall_at_10": 0.25, "within_200": None, "pair_at_1": None, "pair_at_10": None}
    return {
        "data": "toys", "recipe": "default", "seed": 3, "queries": 1200, "database": 10, "supervised": False,
        "protocol": asdict(PROTOCOLS["ucch"]),
        "image_to_text": way, "text_to_image": way, "map_mean": 0.5, "map_chance": 0.125,
        "compression": {
            "neighbors": "within each modality", "queries": 100, "items": 900, "pair_items": None, "fitted": None,
            "rows": [{**row, "map": None}],
        },
    }  # fmt: skip


def test_a_card_says_what_was_measured_beside_chance() -> None:
    text = model_card(model(), "me/toys", report=report(), encoders={"text": "minilm"}, learnt="Learnt by hand.")
    assert text.startswith("---\nlibrary_name: ucch\ntags:\n- ucch\n")
    for line in (
        "# me/toys",
        "| code | 12 bits, 2 bytes |",
        "| image features | 7 numbers |",
        "| text features | 5 numbers of minilm |",
        "data toys, recipe default, seed 3, 1,200 queries, 10 database. Labels, where there are any, measured it.",
        "| image to text | 0.500 | 0.400-0.600 | 0.700 | 0.100 | 0.300 |",
        "| codes | 2 | 0.250 |",
    ):
        assert line in text.splitlines(), line
    assert re.search(r"^\| chance .* \| 0\.125 \|", text, re.M)
    assert "Learnt by hand." in text
    assert "Training read labels." in model_card(model(), "x", report={**report(), "supervised": True})


def test_a_card_without_a_report_says_so() -> None:
    assert "Nothing: no report was given." in model_card(model(), "x")


def test_the_four_lines_of_a_card_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = model()
    made.save_pretrained("codes")
    assert sorted(path.name for path in (tmp_path / "codes").iterdir()) == ["README.md", "model.safetensors"]
    (code,) = re.findall(r"```python\n(.*?)```", (tmp_path / "codes" / "README.md").read_text(), re.S)
    assert len([line for line in code.splitlines() if line]) <= 4
    names: dict[str, Any] = {"features": np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)}
    exec(code, names)
    np.testing.assert_array_equal(names["codes"], made.encode_text(names["features"]))
