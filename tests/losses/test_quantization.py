"""Quantisation penalties: loops, closed forms, where they vanish, and the scale of unit outputs."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from tests.losses.kit import unit_rows
from ucch.losses import PENALTIES, QuantizationLoss
from ucch.losses.quantization import WEIGHTS


def by_bit(rule: Callable[[float], float]) -> Callable[[list[list[float]]], float]:
    return lambda rows: sum(rule(value) for row in rows for value in row) / (len(rows) * len(rows[0]))


def l2(rows: list[list[float]]) -> float:
    return sum((v - (1 if v >= 0 else -1)) ** 2 for row in rows for v in row) / len(rows)


def cauchy(rows: list[list[float]]) -> float:
    total = 0.0
    for row in rows:
        cosine = sum(map(abs, row)) / math.sqrt(sum(v * v for v in row) * len(row))
        total += math.log(1 + len(row) / 2 * (1 - min(cosine, 0.99)) / 20)
    return total / len(rows)


LOOPS: dict[str, Callable[[list[list[float]]], float]] = {
    "l1": by_bit(lambda v: abs(abs(v) - 1)),
    "log_cosh": by_bit(lambda v: math.log(math.cosh(abs(v) - 1))),
    "l2": l2,
    "cubic": by_bit(lambda v: abs(abs(v) - 1) ** 3),
    "cauchy": cauchy,
}


@pytest.mark.parametrize("kind", sorted(PENALTIES))
def test_each_is_its_loop(kind: str) -> None:
    u = 2 * torch.randn(5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert float(PENALTIES[kind](u)) == pytest.approx(LOOPS[kind](u.tolist()), rel=1e-12)


@pytest.mark.parametrize("kind", sorted(PENALTIES))
def test_gradient(kind: str) -> None:
    u = torch.tensor([[1.5, -0.4, 0.3, 2.0], [-1.2, 0.7, -3.0, 0.2]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(PENALTIES[kind], (u,))


def test_log_cosh_of_a_large_output_does_not_overflow() -> None:
    assert float(PENALTIES["log_cosh"](torch.tensor([[1e4]]))) == pytest.approx(9999 - math.log(2))


def test_cauchy_is_blind_to_length_and_stops_at_99_percent() -> None:
    u = unit_rows(6, 8, seed=0)
    assert float(PENALTIES["cauchy"](u)) == pytest.approx(float(PENALTIES["cauchy"](50 * u)), rel=1e-12)
    corner = torch.ones(1, 8, dtype=torch.float64)
    assert float(PENALTIES["cauchy"](corner)) == pytest.approx(math.log(1 + 4 * 0.01 / 20))


@pytest.mark.parametrize("kind", ["cubic", "l1", "l2", "log_cosh"])
def test_unit_corners_cost_nothing_and_other_unit_rows_something(kind: str) -> None:
    """Compared with 1 and not with 1/sqrt(D), the corners would cost most of all."""
    corner = torch.tensor([[1.0, -1.0, 1.0, -1.0]], dtype=torch.float64) / 2
    loss = QuantizationLoss(kind, weight=1.0)
    assert float(loss(corner, corner)) == pytest.approx(0, abs=1e-12)
    assert float(loss(unit_rows(3, 4, seed=1))) > 0.05


def test_views_are_averaged_and_weighted() -> None:
    image, text = unit_rows(4, 8, seed=0), unit_rows(4, 8, seed=1)
    loss = QuantizationLoss("cubic", weight=0.3)
    expected = 0.15 * (PENALTIES["cubic"](math.sqrt(8) * image) + PENALTIES["cubic"](math.sqrt(8) * text))
    torch.testing.assert_close(loss(image, text), expected)
    assert loss(image.to(torch.bfloat16)).dtype == torch.float32


def test_default_weights_are_those_of_the_sources() -> None:
    assert {kind: QuantizationLoss(kind).weight for kind in PENALTIES} == WEIGHTS
    assert WEIGHTS == {"cauchy": 0.1, "cubic": 0.1, "l1": 0.1, "l2": 0.001, "log_cosh": 0.1}


def test_wrong_options_are_refused_and_repr_names_them() -> None:
    with pytest.raises(ValueError, match="kind must be one of cauchy, cubic, l1, l2, log_cosh, got 'l3'"):
        QuantizationLoss("l3")
    with pytest.raises(ValueError, match=r"weight must lie in \[0\.0, inf\), got -1"):
        QuantizationLoss(weight=-1)
    assert repr(QuantizationLoss()) == "QuantizationLoss(kind='l1', weight=0.1)"
