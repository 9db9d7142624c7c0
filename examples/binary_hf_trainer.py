"""transformers' ``Trainer`` (with accelerate) and a binary optimizer: it goes in by the argument ``optimizers``.

The lines marked ``# ucch`` are all that is added; Trainer makes the schedule, clips gradients and calls ``train()`` and
``eval()`` of the optimizer by itself. Beside it stands the same network from the same seed without those lines, and its
signs with the scale of their rows, normalization fitted anew. Accuracy on 360 held-out digits:

    pip install 'ucch[plugins]'
    python examples/binary_hf_trainer.py

prints

    accuracy, real weights:               0.989
    accuracy, their signs:                0.950
    accuracy, binary weights learnt:      0.983
"""

from __future__ import annotations

import argparse
import copy
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.utils.data import TensorDataset
from transformers import Trainer, TrainingArguments

from ucch.optim import BinaryOptimizer, SignMap  # ucch


def matrices(model: nn.Module) -> list[Tensor]:
    """The weights of the hidden layers."""
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear) and layer.out_features != 10]


class Digits(nn.Module):
    """Two hidden layers, answering as Trainer expects it."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(64, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(),
            nn.Linear(128, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10),
        )  # fmt: skip

    def forward(self, x: Tensor, labels: Tensor) -> dict[str, Tensor]:
        logits = self.network(x)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


def digits(n_train: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures and classes to train on, then those held out."""
    found = load_digits()
    x, y = torch.from_numpy(found.data / 16).float(), torch.from_numpy(found.target)
    train, held_out = train_test_split(np.arange(len(x)), test_size=360, random_state=0)
    return x[train[:n_train]], y[train[:n_train]], x[held_out], y[held_out]


def collate(rows: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    x, labels = zip(*rows, strict=True)
    return {"x": torch.stack(x), "labels": torch.stack(labels)}


def train(x: Tensor, y: Tensor, *, epochs: int, seed: int, binary: bool) -> nn.Sequential:
    """Train the network; without ``binary`` the marked lines change nothing."""
    torch.manual_seed(seed)
    model = Digits()
    chosen = matrices(model)
    others: list[Tensor] = [each for each in model.parameters() if all(each is not one for one in chosen)]
    optimizer: torch.optim.Optimizer = torch.optim.AdamW([{"params": chosen}, {"params": others}], lr=3e-3)
    if binary:  # ucch
        optimizer.param_groups[0]["binary"] = SignMap(scale="row")  # ucch
        optimizer = BinaryOptimizer(optimizer)  # ucch
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, num_train_epochs=epochs, per_device_train_batch_size=128, seed=seed, lr_scheduler_type="cosine",
            report_to="none", save_strategy="no", use_cpu=True, disable_tqdm=True, logging_strategy="no",
            dataloader_pin_memory=False,
        )  # fmt: skip
        pairs = TensorDataset(x, y)
        trainer = Trainer(model, arguments, train_dataset=pairs, data_collator=collate, optimizers=(optimizer, None))
        trainer.train()
    return model.network.eval()


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
    parser = argparse.ArgumentParser(description="Binary layers under transformers' Trainer.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed).items():
        print(f"accuracy, {name + ':':<27} {value:.3f}")


if __name__ == "__main__":
    main()
