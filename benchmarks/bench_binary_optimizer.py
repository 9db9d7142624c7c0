"""What making an optimizer's parameters binary costs, and what a small binary network then learns.

``cost``: milliseconds of a step of each base alone and inside ``BinaryOptimizer``, by turns in one run on one thread,
for one weight of 10,000 x 1,000; the ratio of the medians; bytes a value that the state holds beside the base's.

``learn``: a network of two binary layers on digits (64 - 128 - 10, batch normalization between and after), trained for
40 epochs of batches of 128 with every map round Adam. Accuracy on the 360 held-out digits, mean and deviation of three
seeds, beside the network with real weights and beside the signs of that network with their row scales. Nothing is
chosen on those digits: all rows have the settings of the first.

    python benchmarks/bench_binary_optimizer.py cost      # a minute, 1 GB
    python benchmarks/bench_binary_optimizer.py learn     # a minute
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from ucch.optim import (
    AnnealedTanhMap,
    BinaryMap,
    BinaryOptimizer,
    BinaryRelaxMap,
    ClipRule,
    HysteresisMap,
    MapChain,
    MomentumRows,
    PiecewiseAffineMap,
    SignMap,
)

EPOCHS, BATCH = 40, 128
BASES: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": lambda groups: torch.optim.SGD(groups, lr=1e-3),
    "SGD, momentum": lambda groups: torch.optim.SGD(groups, lr=1e-3, momentum=0.9),
    "Adam": lambda groups: torch.optim.Adam(groups),
    "Adam, fused": lambda groups: torch.optim.Adam(groups, fused=True),
    "AdamW, foreach": lambda groups: torch.optim.AdamW(groups, foreach=True),
    "Adafactor": lambda groups: torch.optim.Adafactor(groups),
}


def maps(steps: int) -> dict[str, BinaryMap]:
    """Every map, annealed over a number of steps."""
    return {
        "sign": SignMap(),
        "sign, row": SignMap(scale="row"),
        "clip, sign": MapChain(ClipRule(), SignMap()),
        "piecewise affine": PiecewiseAffineMap(steps=steps),
        "binary relax": BinaryRelaxMap(steps=steps),
        "annealed tanh": AnnealedTanhMap(steps=steps),
        "hysteresis": HysteresisMap(threshold=0.01),
        "momentum rows, sign": MapChain(MomentumRows(), SignMap(scale="row")),
    }


def seconds(optimizer: torch.optim.Optimizer) -> float:
    start = time.process_time()
    optimizer.step()
    return time.process_time() - start


def cost(options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each base and map."""
    rows = []
    start = torch.randn(options.rows, options.columns)
    gradient = torch.randn_like(start)
    for base, build in BASES.items():
        for name, shown in maps(10**6).items() if base in ("Adam", "SGD") else [("sign", SignMap())]:
            alone, weight = nn.Parameter(start.clone()), nn.Parameter(start.clone())
            alone.grad = weight.grad = gradient
            plain = build([alone])
            wrapped = BinaryOptimizer(build([{"params": [weight], "binary": True}]), shown)
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(options.repeat + 2):
                both = (seconds(plain), seconds(wrapped))
                if number >= 2:
                    times[0].append(both[0])
                    times[1].append(both[1])
            own = sum(value.numel() * value.element_size() for value in wrapped.state[weight].values())
            own -= sum(value.numel() * value.element_size() for value in plain.state[alone].values())
            base_ms, wrapped_ms = (1e3 * statistics.median(each) for each in times)
            rows.append(
                {
                    "base": base,
                    "map": name,
                    "base_ms": base_ms,
                    "wrapped_ms": wrapped_ms,
                    "ratio": wrapped_ms / base_ms,
                    "bytes_per_value": own / weight.numel(),
                }
            )
    return rows


class TwoLayers(nn.Module):
    """Two layers without biases; batch normalization gives the scales that binary weights have not."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 128, bias=False), nn.Linear(128, 10, bias=False)
        self.norm, self.last = nn.BatchNorm1d(128), nn.BatchNorm1d(10)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.norm(self.first(x)))
        out: Tensor = self.last(self.second(hidden))
        return out


def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pictures and classes to train on, then those held out."""
    found = load_digits()
    x = torch.from_numpy((found.data / 16).astype(np.float32))
    y = torch.from_numpy(found.target)
    train, held_out = train_test_split(np.arange(len(x)), test_size=360, random_state=0)
    return x[train], y[train], x[held_out], y[held_out]


def trained(shown: BinaryMap | None, x: Tensor, y: Tensor, seed: int) -> TwoLayers:
    """The network after all epochs, in evaluation; None trains real weights."""
    torch.manual_seed(seed)
    model, generator = TwoLayers(), torch.Generator().manual_seed(seed)
    weights = [model.first.weight, model.second.weight]
    others = [*model.norm.parameters(), *model.last.parameters()]
    base = torch.optim.Adam([{"params": weights, "binary": shown is not None}, {"params": others}], lr=3e-3)
    optimizer = base if shown is None else BinaryOptimizer(base, shown)
    steps = EPOCHS * -(-len(x) // BATCH)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _ in range(EPOCHS):
        for index in torch.randperm(len(x), generator=generator).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(model(x[index]), y[index]).backward()
            optimizer.step()
            rate.step()
    if isinstance(optimizer, BinaryOptimizer):
        optimizer.eval()
    return model.eval()


@torch.no_grad()
def accuracy(model: TwoLayers, x: Tensor, y: Tensor) -> float:
    return float((model(x).argmax(dim=1) == y).float().mean())


@torch.no_grad()
def thresholded(model: TwoLayers, x: Tensor) -> TwoLayers:
    """Signs of its weights with their row scales, and normalization fitted anew to what they give."""
    for weight in (model.first.weight, model.second.weight):
        SignMap().write(weight, weight.clone(), weight.abs().mean(dim=1, keepdim=True), 0)
    for norm in (model.norm, model.last):
        norm.momentum = None  # the mean of what it sees from here on
        norm.reset_running_stats()
        norm.train()
        model(x)
        norm.eval()
    return model


def learn(options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each map."""
    x, y, held_out, truth = digits()
    steps = EPOCHS * -(-len(x) // BATCH)
    real = [trained(None, x, y, seed) for seed in range(options.seeds)]
    found = {"real weights": [accuracy(model, held_out, truth) for model in real]}
    found["their signs"] = [accuracy(thresholded(model, x), held_out, truth) for model in real]
    for name, shown in maps(steps * 3 // 4).items():
        models = [trained(shown, x, y, seed) for seed in range(options.seeds)]
        found[name] = [accuracy(model, held_out, truth) for model in models]
    return [
        {"map": name, "accuracy": float(np.mean(values)), "deviation": float(np.std(values, ddof=1))}
        for name, values in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("what", choices=["cost", "learn"])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=1_000)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = cost(options) if options.what == "cost" else learn(options)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print("  ".join(f"{value:<20}" if isinstance(value, str) else f"{value:8.3f}" for value in row.values()))


if __name__ == "__main__":
    main()
