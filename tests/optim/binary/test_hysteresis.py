"""A bit flips beyond the threshold on the other side, at a tie never, and evaluation leaves it."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import HysteresisMap
from ucch.optim.binary.hysteresis import write_hysteresis


@pytest.mark.parametrize("threshold", [0.0, 0.25])
def test_a_tie_flips_nothing(threshold: float) -> None:
    code = torch.tensor([1.0, 1.0, -1.0, -1.0])
    write_hysteresis(code, torch.tensor([-threshold, threshold, -threshold, threshold]), threshold=threshold)
    assert code.tolist() == [1, 1, -1, -1]


def test_steps_worked_by_hand() -> None:
    shown, weight = HysteresisMap(threshold=0.5, scale=2.0), torch.empty(3)
    shown.start(weight, torch.tensor([0.1, -0.1, 0.0]), 2.0)
    assert weight.tolist() == [2, -2, 2]
    for latent, codes in [((-0.4, 0.6, -0.6), (2, 2, -2)), ((-0.6, -0.4, 0.5), (-2, 2, -2)), ((0.6, 0, 1), (2, 2, 2))]:
        shown.write(weight, torch.tensor(latent), 2.0, 1)
        assert weight.tolist() == list(codes)


def test_evaluation_leaves_the_code_and_corrects_the_scale() -> None:
    weight = torch.tensor([0.3, -0.3])
    HysteresisMap(threshold=1.0).write_binary(weight, torch.tensor([-0.9, 0.9]), 0.5)
    assert weight.tolist() == [0.5, -0.5]


def test_latent_values_start_at_zero_once_codes_are_taken() -> None:
    weight, latent = torch.empty(2), torch.tensor([3.0, -3.0])
    HysteresisMap(start_at="zero").start(weight, latent, 1.0)
    assert weight.tolist() == [1, -1]
    assert latent.tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_codes_compare_in_the_precision_of_latent_values(dtype: torch.dtype) -> None:
    code = torch.ones(2, dtype=dtype)
    write_hysteresis(code, torch.tensor([-0.25, -0.25001]), threshold=0.25)
    assert code.tolist() == [1, -1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": -0.1}, r"threshold must lie in \[0.0, inf\), got -0.1"),
        ({"start_at": "one"}, "start_at must be one of value, zero, got 'one'"),
        ({"start_at": "zero", "scale": "row"}, "scale must be a number where start_at is 'zero', got 'row'"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HysteresisMap(**options)  # type: ignore[arg-type]
