"""Progress runs from 0 to exactly 1, never back, along its shape."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from ucch.optim import BinaryRelaxMap, annealing_progress
from ucch.optim.binary.annealing import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_progress_rises_from_0_to_exactly_1(shape: str) -> None:
    values = [annealing_progress(step, steps=40, shape=shape) for step in range(45)]
    assert values[0] == 0.0
    assert values[40:] == [1.0] * 5
    assert all(low < high for low, high in pairwise(values[:41]))
    assert values[20] == pytest.approx(0.5)


def test_shapes_in_closed_form() -> None:
    assert annealing_progress(1, steps=4, shape="linear") == 0.25
    assert annealing_progress(1, steps=4, shape="cosine") == pytest.approx((1 - math.cos(math.pi / 4)) / 2)
    s, x = 6.0, 0.25  # PARQ's inverse slope, 1 - progress, as its mirrored and stretched sigmoid
    ends = [1 / (1 + math.exp(s * (at - 0.5))) for at in (0.0, x, 1.0)]
    expected = 1 - (ends[1] - ends[2]) / (ends[0] - ends[2])
    assert annealing_progress(1, steps=4, shape="sigmoid", steepness=s) == pytest.approx(expected)


def test_a_flat_sigmoid_is_linear() -> None:
    assert annealing_progress(3, steps=10, shape="sigmoid", steepness=1e-3) == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps must be an int of at least 1, got 0"),
        ({"steps": 2.5}, TypeError, "steps must be an int of at least 1, got 2.5 of type float"),
        ({"steps": 5, "shape": "square"}, ValueError, "shape must be one of cosine, linear, sigmoid, got 'square'"),
        ({"steps": 5, "steepness": 0.0}, ValueError, "steepness must be a finite number above 0, got 0.0"),
        ({"steps": 5, "scale": -1.0}, ValueError, "scale must be a finite number above 0, got -1.0"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        BinaryRelaxMap(**options)  # type: ignore[arg-type]
