"""Argument checks: what passes comes back, what fails is named with the rule and the value."""

from __future__ import annotations

import pytest
import torch

from ucch import _checks, _row_checks


def test_what_passes_comes_back() -> None:
    matrix, rows = torch.ones(2, 3), torch.tensor([0, 4])
    assert _checks.positive("x", 0.5) == 0.5
    assert _checks.positive_int("x", 3) == 3
    assert _checks.interval("x", 1.0, 0.0, 1.0) == 1.0
    assert _checks.one_of("x", "a", {"a", "b"}) == "a"
    assert _checks.two_dimensional("x", matrix, 3) is matrix
    assert _row_checks.index_rows("x", rows, 5) is rows
    assert _row_checks.index_rows("x", rows[:0], 5).numel() == 0


@pytest.mark.parametrize("value", [True, 2.0, "3"])
def test_an_int_is_an_int(value: object) -> None:
    with pytest.raises(TypeError, match=f"x must be an int of at least 1, got {value!r} of type"):
        _checks.positive_int("x", value)  # type: ignore[arg-type]


def test_an_open_end_is_left_out() -> None:
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\), got 1"):
        _checks.interval("x", 1, 0, 1, open_high=True)
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\], got nan"):
        _checks.interval("x", float("nan"), 0, 1)


def test_two_devices_are_refused() -> None:
    here, there = torch.ones(2), torch.ones(2, device="meta")
    with pytest.raises(ValueError, match="a and b must be on the same device, got cpu and meta"):
        _checks.same_shape("a", here, "b", there)


@pytest.mark.parametrize(("rows", "received"), [([-1, 0], "-1 to 0"), ([2, 5], "2 to 5")])
def test_row_numbers_stay_inside(rows: list[int], received: str) -> None:
    with pytest.raises(ValueError, match=rf"x must hold row numbers in \[0, 5\), got {received}"):
        _row_checks.index_rows("x", torch.tensor(rows), 5)
