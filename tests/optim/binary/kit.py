"""Every base and every map, and how one goes round the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

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


def schedule_free(groups: Iterable[dict[str, Any]], **options: Any) -> Optimizer:
    """AdamW without a schedule, from its package, in training."""
    import schedulefree

    optimizer = schedulefree.AdamWScheduleFree(groups, **options)
    optimizer.train()
    return optimizer


BASES: dict[str, tuple[Callable[..., Optimizer], dict[str, Any]]] = {
    "SGD": (torch.optim.SGD, {"lr": 0.2, "momentum": 0.9}),
    "Adam": (torch.optim.Adam, {"lr": 0.1, "fused": True}),
    "AdamW": (torch.optim.AdamW, {"lr": 0.1, "foreach": True}),
    "Adafactor": (torch.optim.Adafactor, {"lr": 0.2}),
    "Muon": (torch.optim.Muon, {"lr": 0.2}),
    "schedule-free": (schedule_free, {"lr": 0.15}),
}
MAPS: dict[str, BinaryMap] = {  # the annealed ones are binary after 50 steps
    "sign": SignMap(),
    "sign, tensor": SignMap(scale="tensor"),
    "sign, row": SignMap(scale="row"),
    "clip, sign": MapChain(ClipRule(1.0), SignMap()),
    "momentum rows, sign": MapChain(MomentumRows(momentum=0.4), SignMap()),
    "hysteresis": HysteresisMap(threshold=0.01),
    "piecewise affine": PiecewiseAffineMap(steps=50),
    "binary relax, row": BinaryRelaxMap(steps=50, scale="row"),
    "annealed tanh": AnnealedTanhMap(steps=50, shape="cosine"),
}
PAIRS = [(base, shown) for base in BASES for shown in MAPS]


def wrap(
    base: str, binary_map: BinaryMap, binary: Sequence[Tensor], real: Sequence[Tensor] = (), **options: Any
) -> BinaryOptimizer:
    """A map round a base, for parameters that are to be binary and others."""
    build, defaults = BASES[base]
    groups: list[dict[str, Any]] = [{"params": list(binary), "binary": True}]
    if real:
        groups.append({"params": list(real)})
    return BinaryOptimizer(build(groups, **defaults), binary_map, **options)
