"""Digests of short training runs, to compare two versions on one machine: ``python benchmarks/run_digests.py``.

    python benchmarks/run_digests.py --data-root ../shared/data/wikipedia
    torchrun --nproc-per-node 2 benchmarks/run_digests.py --only digits

A line per run: the first 16 digits of the SHA-256 of the towers' weights, of the code table, and of the codes of the
training images and texts. The same version, recipe, data and kind of processor give the same line; where a change is
meant to leave training as it is, all lines stay.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch

from ucch.data import load_dataset
from ucch.recipe import load_recipe
from ucch.training import Trainer, processes

RUNS = {
    "digits": ("default", "digits", []),
    "wikipedia": ("default", "wikipedia", []),
    "ucch-paper": ("ucch-paper", "digits", ["width=256"]),
    "itq": ("default", "digits", ["optimizer=itq"]),
    "bop": ("default", "digits", ["optimizer=bop"]),
}


def digest(*tensors: torch.Tensor) -> str:
    """Sixteen hexadecimal digits of what the tensors hold, in order."""
    sha = hashlib.sha256()
    for tensor in tensors:
        sha.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()[:16]


def main() -> None:
    """Print a line per run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, help="folder of the Wikipedia set; without it that run is left out")
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    with processes(torch.device("cpu")) as world:
        for name in options.only:
            recipe_name, data, settings = RUNS[name]
            if data == "wikipedia" and options.data_root is None:
                continue
            recipe = load_recipe(recipe_name, [*settings, f"epochs={options.epochs}"])
            pairs = load_dataset(data, None if data == "digits" else str(options.data_root)).train
            trainer = Trainer(recipe, pairs, world=world)
            for _ in range(trainer.n_epochs):
                trainer.train_epoch()
            model = trainer.finished_model()
            codes = [
                torch.from_numpy(code) for code in (model.encode_image(pairs.image), model.encode_text(pairs.text))
            ]
            if world.rank == 0:
                weights, table = digest(*model.state_dict().values()), digest(trainer.bank.latent)
                print(
                    f"{name:<12} W={world.size}  weights {weights}  table {table}  codes {digest(*codes)}", flush=True
                )


if __name__ == "__main__":
    main()
