"""A twin of every map and rule that anybody can read: numbers one by one, in Python, nothing in place.

``run`` is the wrapper round gradient descent with weight decay, ``v <- v - lr (g + decay v)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Rows = list[list[float]]
Shown = Callable[[float, float, float, float], float]  # latent value, length, progress, what was shown before


def sign(v: float, s: float, p: float, w: float) -> float:
    return s if v >= 0 else -s


def piecewise_affine(v: float, s: float, p: float, w: float) -> float:
    return sign(v, s, p, w) if p == 1 else max(-s, min(s, v / (1 - p)))


def binary_relax(v: float, s: float, p: float, w: float) -> float:
    return (1 - p) * v + p * sign(v, s, p, w)


def annealed_tanh(v: float, s: float, p: float, w: float) -> float:
    return sign(v, s, p, w) if p == 1 else s * math.tanh(v / (s * (1 - p)))


def hysteresis(threshold: float) -> Shown:
    def shown(v: float, s: float, p: float, w: float) -> float:
        k = 1 if w >= 0 else -1
        return -k * s if k * v < -threshold else k * s

    return shown


def length(rows: Rows, scale: float | str) -> list[float]:
    """The length of a binary value, for each row."""
    if not isinstance(scale, str):
        return [scale] * len(rows)
    means = [sum(abs(v) for v in row) / len(row) for row in rows]
    return means if scale == "row" else [sum(means) / len(means)] * len(rows)


def clipped(rows: Rows, before: Rows, bound: float) -> Rows:
    return [[max(-bound, min(bound, v)) for v in row] for row in rows]


def unit(row: list[float]) -> list[float]:
    size = math.sqrt(sum(v * v for v in row))
    return [v / size for v in row]


def momentum_rows(rows: Rows, before: Rows, momentum: float) -> Rows:
    return [
        unit([momentum * old + (1 - momentum) * new for old, new in zip(one, unit(other), strict=True)])
        for one, other in zip(before, rows, strict=True)
    ]


def run(
    shown: Shown,
    start: Rows,
    gradients: list[Rows],
    *,
    lr: float,
    decay: float = 0.0,
    scale: float | str = 1.0,
    progress: Callable[[int], float] = lambda step: 0.0,
    rule: Callable[[Rows, Rows], Rows] = lambda rows, before: rows,
) -> list[Rows]:
    """What the parameter shows after each step."""
    latent = start
    last = [[sign(v, s, 0, 0) for v in row] for row, s in zip(latent, length(latent, scale), strict=True)]
    history = []
    for step, gradient in enumerate(gradients, 1):
        moved = [
            [v - lr * (g + decay * v) for v, g in zip(row, each, strict=True)]
            for row, each in zip(latent, gradient, strict=True)
        ]
        latent = rule(moved, latent)
        p = progress(step)
        last = [
            [shown(v, s, p, w) for v, w in zip(row, old, strict=True)]
            for row, old, s in zip(latent, last, length(latent, scale), strict=True)
        ]
        history.append(last)
    return history
