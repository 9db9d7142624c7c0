"""Binary linear layers in somebody's classifier: torchvision's ``MLP``, its two hidden matrices made of signs.

The classifier, its optimizer and its loop know nothing of it. The lines marked ``# ucch`` say which param group is to
be binary and put ``BinaryOptimizer`` round the optimizer. Beside it stands the same network from the same seed trained
without those lines, and its signs with the scale of their rows, normalization fitted anew. Accuracy on 360 held-out
digits:

    pip install 'ucch[plugins]'
    python examples/binary_classifier.py

prints

    accuracy, real weights:               0.983
    accuracy, their signs:                0.964
    accuracy, binary weights learnt:      0.981
"""

from __future__ import annotations

import argparse
import copy

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torchvision.ops import MLP

from ucch.optim import BinaryOptimizer, SignMap  # ucch


def matrices(model: nn.Module) -> list[Tensor]:
    """The weights of the hidden layers."""
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear) and layer.out_features != 10]


def digits(n_train: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures and classes to train on, then those held out."""
    found = load_digits()
    x, y = torch.from_numpy(found.data / 16).float(), torch.from_numpy(found.target)
    train, held_out = train_test_split(np.arange(len(x)), test_size=360, random_state=0)
    return x[train[:n_train]], y[train[:n_train]], x[held_out], y[held_out]


def train(x: Tensor, y: Tensor, *, epochs: int, seed: int, binary: bool) -> nn.Module:
    """Train the classifier; without ``binary`` the marked lines change nothing."""
    torch.manual_seed(seed)
    model: nn.Module = MLP(64, [128, 128, 10], norm_layer=nn.BatchNorm1d)
    chosen = matrices(model)
    others: list[Tensor] = [each for each in model.parameters() if all(each is not one for one in chosen)]
    optimizer: torch.optim.Optimizer = torch.optim.AdamW([{"params": chosen}, {"params": others}], lr=3e-3)
    if binary:  # ucch
        optimizer.param_groups[0]["binary"] = SignMap(scale="row")  # ucch
        optimizer = BinaryOptimizer(optimizer)  # ucch
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(x)), 128):
            optimizer.zero_grad()
            F.cross_entropy(model(x[index]), y[index]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        rate.step()
    return model.eval()


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
    parser = argparse.ArgumentParser(description="Binary linear layers in torchvision's MLP.")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed).items():
        print(f"accuracy, {name + ':':<27} {value:.3f}")


if __name__ == "__main__":
    main()
