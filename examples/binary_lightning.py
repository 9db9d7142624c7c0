"""Lightning's automatic optimization with a binary layer: ``configure_optimizers`` returns ``BinaryOptimizer``.

The lines marked ``# ucch`` are all that is added to the module; trainer, checkpoints, clipping and scheduler are
Lightning's own. Beside it stands the same network from the same seed without those lines, and its signs with the scale
of their rows, normalization fitted anew. Accuracy on 360 held-out digits:

    pip install 'ucch[plugins]'
    python examples/binary_lightning.py

prints

    accuracy, real weights:               0.989
    accuracy, their signs:                0.969
    accuracy, binary weights learnt:      0.986
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from typing import Any

import lightning
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ucch.optim import BinaryOptimizer, SignMap  # ucch


def matrices(model: nn.Module) -> list[Tensor]:
    """The weights of the hidden layers."""
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear) and layer.out_features != 10]


class Digits(lightning.LightningModule):
    """Two hidden layers; without ``binary`` the marked lines change nothing."""

    def __init__(self, epochs: int, binary: bool) -> None:
        super().__init__()
        self.epochs, self.binary = epochs, binary
        self.network = nn.Sequential(
            nn.Linear(64, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(),
            nn.Linear(128, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10),
        )  # fmt: skip

    def training_step(self, batch: list[Tensor], number: int) -> Tensor:
        x, y = batch
        return F.cross_entropy(self.network(x), y)

    def configure_optimizers(self) -> Any:
        chosen = matrices(self)
        others: list[Tensor] = [each for each in self.parameters() if all(each is not one for one in chosen)]
        optimizer: torch.optim.Optimizer = torch.optim.AdamW([{"params": chosen}, {"params": others}], lr=3e-3)
        if self.binary:  # ucch
            optimizer.param_groups[0]["binary"] = SignMap(scale="row")  # ucch
            optimizer = BinaryOptimizer(optimizer)  # ucch
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.epochs)]


def digits(n_train: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures and classes to train on, then those held out."""
    found = load_digits()
    x, y = torch.from_numpy(found.data / 16).float(), torch.from_numpy(found.target)
    train, held_out = train_test_split(np.arange(len(x)), test_size=360, random_state=0)
    return x[train[:n_train]], y[train[:n_train]], x[held_out], y[held_out]


def train(x: Tensor, y: Tensor, *, epochs: int, seed: int, binary: bool) -> nn.Sequential:
    lightning.seed_everything(seed, verbose=False)
    module = Digits(epochs, binary)
    loader = DataLoader(TensorDataset(x, y), batch_size=128, shuffle=True)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            gradient_clip_val=1.0,
            default_root_dir=folder,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, loader)
    return module.network.eval()


@torch.no_grad()
def signs(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy with signs for what can be binary, and normalization fitted to what they give."""
    copied = copy.deepcopy(model)
    for weight in matrices(copied):
        weight.copy_(torch.where(weight >= 0, 1.0, -1.0) * weight.abs().mean(dim=1, keepdim=True))
    for layer in copied.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.momentum = None  # from here on the mean of what it sees
            layer.reset_running_stats()
            layer.train()
            copied(x)
            layer.eval()
    return copied


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return float((model(x).argmax(dim=1) == y).float().mean())


def compare(*, epochs: int = 30, n_train: int = 1437, seed: int = 0) -> dict[str, float]:
    """Train with and without the marked lines and evaluate."""
    x, y, held_out, truth = digits(n_train)
    without, with_lines = (train(x, y, epochs=epochs, seed=seed, binary=binary) for binary in (False, True))
    return {
        "real weights": accuracy(without, held_out, truth),
        "their signs": accuracy(signs(without, x), held_out, truth),
        "binary weights learnt": accuracy(with_lines, held_out, truth),
    }


def main() -> None:
    """Print the accuracies."""
    parser = argparse.ArgumentParser(description="Binary layers under Lightning.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed).items():
        print(f"accuracy, {name + ':':<27} {value:.3f}")


if __name__ == "__main__":
    main()
