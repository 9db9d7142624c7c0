"""A plain loop with ``torch.compile``: the network and the step are compiled, and the convolutions end binary.

The lines marked ``# ucch`` put a piecewise affine map (PARQ) round Adam, annealed over three quarters of the run; the
step that is compiled is then that of ``BinaryOptimizer``. Beside it stands the same network from the same seed without
those lines, and its signs with the scales of their filters, normalization fitted anew. Accuracy on 360 held-out digits:

    python examples/binary_compiled_loop.py    # needs a C++ compiler; --backend aot_eager does without

prints

    accuracy, real weights:               0.986
    accuracy, their signs:                0.939
    accuracy, binary weights learnt:      0.969
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

from ucch.optim import BinaryOptimizer, PiecewiseAffineMap  # ucch

BATCH = 128


def matrices(model: nn.Module) -> list[Tensor]:
    """The weights of the convolutions."""
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Conv2d)]


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(512, 10),
    )  # fmt: skip


def digits(n_train: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures and classes to train on, then those held out."""
    found = load_digits()
    x, y = torch.from_numpy(found.images / 16).float()[:, None], torch.from_numpy(found.target)
    train, held_out = train_test_split(np.arange(len(x)), test_size=360, random_state=0)
    return x[train[:n_train]], y[train[:n_train]], x[held_out], y[held_out]


def train(x: Tensor, y: Tensor, *, epochs: int, seed: int, binary: bool, backend: str) -> nn.Sequential:
    """Train the network; without ``binary`` the marked lines change nothing."""
    torch.manual_seed(seed)
    model = network()
    chosen = matrices(model)
    others: list[Tensor] = [each for each in model.parameters() if all(each is not one for one in chosen)]
    optimizer: torch.optim.Optimizer = torch.optim.Adam([{"params": chosen}, {"params": others}], lr=3e-3)
    if binary:  # ucch
        steps = 3 * epochs * (len(x) // BATCH) // 4  # ucch
        optimizer.param_groups[0]["binary"] = PiecewiseAffineMap(steps=max(steps, 1), scale="row")  # ucch
        optimizer = BinaryOptimizer(optimizer)  # ucch
    forward = torch.compile(model, backend=backend)
    step = torch.compile(optimizer.step, backend=backend)
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(x))[: len(x) // BATCH * BATCH], BATCH):
            optimizer.zero_grad()
            F.cross_entropy(forward(x[index]), y[index]).backward()  # type: ignore[no-untyped-call]
            step()
    return model.eval()


@torch.no_grad()
def signs(model: nn.Module, x: Tensor) -> nn.Module:
    """A copy with signs for what can be binary, and normalization fitted to what they give."""
    copied = copy.deepcopy(model)
    for weight in matrices(copied):
        weight.copy_(torch.where(weight >= 0, 1.0, -1.0) * weight.abs().mean(dim=(1, 2, 3), keepdim=True))
    for layer in copied.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # from here on the mean of what it sees
            layer.reset_running_stats()
            layer.train()
            copied(x)
            layer.eval()
    return copied


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return float((model(x).argmax(dim=1) == y).float().mean())


def compare(*, epochs: int = 20, n_train: int = 1437, seed: int = 0, backend: str = "inductor") -> dict[str, float]:
    """Train with and without the marked lines and evaluate."""
    x, y, held_out, truth = digits(n_train)
    without, with_lines = (
        train(x, y, epochs=epochs, seed=seed, binary=binary, backend=backend) for binary in (False, True)
    )
    return {
        "real weights": accuracy(without, held_out, truth),
        "their signs": accuracy(signs(without, x), held_out, truth),
        "binary weights learnt": accuracy(with_lines, held_out, truth),
    }


def main() -> None:
    """Print the accuracies."""
    parser = argparse.ArgumentParser(description="A compiled loop with binary convolutions.")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", default="inductor")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed, backend=options.backend).items():
        print(f"accuracy, {name + ':':<27} {value:.3f}")


if __name__ == "__main__":
    main()
