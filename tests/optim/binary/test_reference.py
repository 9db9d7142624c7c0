"""Every map and rule gives, step by step, what its readable twin gives."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from tests.optim.binary import reference
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
    bop,
    momentum_binary,
)
from ucch.optim.binary.maps import MAPS

STEPS = 8
TWINS: dict[str, tuple[BinaryMap, dict[str, object]]] = {
    "sign": (SignMap(), {"shown": reference.sign}),
    "sign, row": (SignMap(scale="row"), {"shown": reference.sign, "scale": "row"}),
    "sign, tensor": (SignMap(scale="tensor"), {"shown": reference.sign, "scale": "tensor"}),
    "clip": (
        MapChain(ClipRule(0.3), SignMap(scale=0.5)),
        {"shown": reference.sign, "scale": 0.5, "rule": partial(reference.clipped, bound=0.3)},
    ),
    "momentum-rows": (
        MapChain(MomentumRows(0.6), SignMap(scale="row")),
        {"shown": reference.sign, "scale": "row", "rule": partial(reference.momentum_rows, momentum=0.6)},
    ),
    "hysteresis": (HysteresisMap(threshold=0.2, scale=2.0), {"shown": reference.hysteresis(0.2), "scale": 2.0}),
    "piecewise-affine": (
        PiecewiseAffineMap(steps=6, shape="linear", scale="row"),
        {"shown": reference.piecewise_affine, "scale": "row", "progress": lambda step: min(step / 6, 1)},
    ),
    "binary-relax": (
        BinaryRelaxMap(steps=6, scale="tensor"),
        {"shown": reference.binary_relax, "scale": "tensor", "progress": lambda step: min(step / 6, 1)},
    ),
    "annealed-tanh": (
        AnnealedTanhMap(steps=6, scale="row"),
        {"shown": reference.annealed_tanh, "scale": "row", "progress": lambda step: min(step / 6, 1)},
    ),
}


def test_every_map_and_rule_has_a_twin() -> None:
    assert {name.partition(",")[0] for name in TWINS} == set(MAPS) - {"chain"}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("binary_map", "twin"), TWINS.values(), ids=TWINS.keys())
def test_each_step_is_that_of_the_twin(
    binary_map: BinaryMap, twin: dict[str, object], dtype: torch.dtype, generator: torch.Generator
) -> None:
    weight = torch.nn.Parameter(torch.randn(3, 5, generator=generator).to(dtype))
    gradients = torch.randn(STEPS, 3, 5, generator=generator).to(dtype)
    expected = reference.run(start=weight.tolist(), gradients=gradients.tolist(), lr=0.3, decay=0.1, **twin)  # type: ignore[arg-type]
    base = torch.optim.SGD([{"params": [weight], "binary": True}], lr=0.3, weight_decay=0.1)
    optimizer = BinaryOptimizer(base, binary_map)
    for gradient, want in zip(gradients, expected, strict=True):
        weight.grad = gradient
        optimizer.step()
        torch.testing.assert_close(weight.detach(), torch.tensor(want, dtype=dtype), rtol=1e-6, atol=1e-6)


def test_hysteresis_on_decaying_descent_is_bop(generator: torch.Generator) -> None:
    weight = torch.nn.Parameter(torch.randn(6, 7, generator=generator))
    code, average = torch.where(weight.detach() >= 0, 1.0, -1.0), torch.zeros(6, 7)
    base = torch.optim.SGD([{"params": [weight], "binary": True}], lr=0.3, weight_decay=1.0)
    optimizer = BinaryOptimizer(base, HysteresisMap(threshold=0.2, start_at="zero"))
    flips = 0
    for _ in range(12):
        weight.grad = torch.randn(6, 7, generator=generator)
        old = code
        code, average = bop(code, average, weight.grad, gamma=0.3, threshold=0.2)
        optimizer.step()
        flips += int((old != code).sum())
        assert torch.equal(weight.detach(), code)
        torch.testing.assert_close(-optimizer.state[weight]["latent"], average, rtol=1e-6, atol=1e-6)
    assert flips > 20


def test_momentum_rows_on_plain_descent_are_the_momentum_table(generator: torch.Generator) -> None:
    rows = torch.nn.functional.normalize(torch.randn(4, 6, generator=generator), dim=1)
    weight = torch.nn.Parameter(rows.clone())
    optimizer = BinaryOptimizer(
        torch.optim.SGD([{"params": [weight], "binary": True}], lr=1.0), MapChain(MomentumRows(0.4), SignMap())
    )
    for _ in range(10):
        target = torch.randn(4, 6, generator=generator)
        target[2] = rows[2]  # observed as it is: the row stays
        weight.grad = rows - target
        optimizer.step()
        expected = momentum_binary(rows, target, momentum=0.4, normalize=True)
        expected[2] = rows[2]
        rows = expected
        torch.testing.assert_close(optimizer.state[weight]["latent"], rows, rtol=1e-6, atol=1e-6)
        assert torch.equal(weight.detach(), torch.where(rows >= 0, 1.0, -1.0))
