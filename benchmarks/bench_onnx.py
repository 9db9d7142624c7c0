"""Compare the bits of exported graphs with torch's, and their speed, for three kinds of towers.

    python benchmarks/bench_onnx.py
    python benchmarks/bench_onnx.py --rows 2000 --epochs 1

Towers of the default recipe (multi-layer perceptrons), of the baseline ``cca-itq`` (linear), and those with a hidden
layer beside them, its weights drawn (``ResidualTower``, as for the goal ``neighbors``), are trained on the built-in
digits and exported. Rows are training rows plus a tenth of their deviation in noise, so that they are many and like
the real ones. Counted are the bits of both modalities in which onnxruntime and torch differ, and the largest |u|
among them. Times are the best of five passes over all rows in batches of 4,096, packing included, both on one thread.
``--json`` prints one object.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ucch.data import load_dataset
from ucch.export import export_onnx
from ucch.models import HashTower, ResidualTower
from ucch.recipe import load_recipe
from ucch.runs import RunFolder
from ucch.training import train_run

BATCH, REPEATS = 4096, 5
MODELS = {"mlp (default)": "default", "linear (cca-itq)": "cca-itq", "residual": "cca-itq"}


def trained(folder: Path, name: str, *, bits: int, epochs: int) -> RunFolder:
    """A run on the digits."""
    recipe = MODELS[name]
    run = RunFolder.create(
        folder, load_recipe(recipe, [f"bits={bits}", *([f"epochs={epochs}"] if epochs and recipe == "default" else [])])
    )
    train_run(run, load_dataset("digits").train)
    if name == "residual":
        model = run.model()
        model.image_tower, model.text_tower = map(with_hidden_layer, (model.image_tower, model.text_tower))
        model.save(run.model_file)
    return run


def with_hidden_layer(linear: HashTower) -> ResidualTower:
    """A linear tower and 1,024 hidden units with a say."""
    torch.manual_seed(0)
    tower = ResidualTower.around(linear)
    with torch.no_grad():
        hidden = tower.last.weight[:, linear.n_features :]
        hidden.copy_(0.1 * linear.last.weight.std() * torch.randn(hidden.shape))
    return tower


def noisy_rows(features: Any, n: int, seed: int) -> Any:
    """Training rows drawn anew, with noise of a tenth of their deviation: (n, d) float32."""
    rng = np.random.default_rng(seed)
    real = np.asarray(features, np.float32)
    rows = real[rng.integers(0, len(real), n)]
    return (rows + 0.1 * real.std() * rng.standard_normal(rows.shape)).astype(np.float32)


def best_seconds(encode: Callable[[], Any]) -> float:
    """Seconds of the fastest of some calls."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        encode()
        taken.append(time.perf_counter() - start)
    return min(taken)


def compare(run: RunFolder, folder: Path, n_rows: int) -> dict[str, Any]:
    """Differing bits and seconds of one run, over both modalities."""
    import onnxruntime

    export_onnx(run.path, folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model, train = run.model(), load_dataset("digits").train
    found: dict[str, Any] = {"bits": 0, "differ": 0, "largest": 0.0, "torch": 0.0, "onnx": 0.0}
    for seed, (modality, features) in enumerate((("image", train.image), ("text", train.text))):
        rows = noisy_rows(features, n_rows, seed)
        session = onnxruntime.InferenceSession(folder / f"{modality}.onnx", options)

        def by_onnx(rows: Any = rows, session: Any = session) -> Any:
            parts = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
            return np.concatenate([session.run(["codes"], {"features": part})[0] for part in parts])

        by_torch = model.encode_image if modality == "image" else model.encode_text
        real = (model.real_image if modality == "image" else model.real_text)(rows)
        differs = np.unpackbits(by_onnx() ^ by_torch(rows), axis=1, count=model.n_bits).astype(bool)
        found["bits"] += differs.size
        found["differ"] += int(differs.sum())
        found["largest"] = max(found["largest"], float(np.abs(real[differs]).max(initial=0.0)))
        found["torch"] += best_seconds(lambda encode=by_torch, rows=rows: encode(rows))  # type: ignore[misc]
        found["onnx"] += best_seconds(by_onnx)
    return found


def main() -> None:
    """Print a line per model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="of each modality")
    parser.add_argument("--bits", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=0, help="0: as the recipe says")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    answer = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(MODELS):
            run = trained(Path(folder) / f"run{number}", name, bits=asked.bits, epochs=asked.epochs)
            answer[name] = compare(run, Path(folder) / f"onnx{number}", asked.rows)
    if asked.json:
        print(json.dumps(answer))
        return
    print(f"{asked.rows:,} rows of each modality, {asked.bits} bits, one thread")
    print("| towers | bits compared | differ | largest \\|u\\| among them | torch rows/s | onnxruntime rows/s |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, one in answer.items():
        speeds = " | ".join(f"{2 * asked.rows / one[kind]:,.0f}" for kind in ("torch", "onnx"))
        print(f"| {name} | {one['bits']:,} | {one['differ']} | {one['largest']:.1e} | {speeds} |")


if __name__ == "__main__":
    main()
