"""Small models, runs with encoders, and what onnxruntime makes of their graphs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.training.kit import small_recipe
from ucch.data import FeatureScaler
from ucch.encoders import EncoderCard
from ucch.extraction import write_run_encoders
from ucch.models import HashModel, HashTower, ResidualTower
from ucch.runs import RunFolder

BITS = 20  # no multiple of 8


def small_model(n_image: int, n_text: int, *, residual: bool = False) -> HashModel:
    """A model with a fitted scaling and drawn towers."""
    rng = np.random.default_rng(0)
    scalers = [FeatureScaler.fit(rng.normal(1, 2, (50, n)).astype(np.float32), "global") for n in (n_image, n_text)]
    text = ResidualTower(n_text, BITS, width=16) if residual else HashTower(n_text, BITS, width=16, n_layers=2)
    return HashModel(*scalers, HashTower(n_image, BITS, width=16), text).eval()


def small_run(path: Path, model: HashModel, encoders: Mapping[str, tuple[Any, str]] | None = None) -> RunFolder:
    """A run folder around a model, with the cards of encoders and how each is named."""
    run = RunFolder.create(path, small_recipe(f"bits={BITS}"))
    model.save(run.model_file)
    if encoders:
        write_run_encoders(path, {name: EncoderCard.of(one, spec) for name, (one, spec) in encoders.items()})
    return run


def run_graph(path: Path, **inputs: Any) -> tuple[Any, Any]:
    """Codes and outputs by onnxruntime."""
    import onnxruntime

    codes, outputs = onnxruntime.InferenceSession(path).run(["codes", "outputs"], inputs)
    return codes, outputs


def differing(first: Any, second: Any) -> int:
    """Bits in which packed codes differ."""
    return int(np.bitwise_count(first ^ second).sum())
