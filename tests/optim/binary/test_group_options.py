"""A group's own options go before those of the optimizer, and reading them changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ucch.optim import BinaryRelaxMap, SignMap
from ucch.optim.binary.group_options import OPTIONS, group_options

WEIGHTS = [torch.ones(2)]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"binary": True}, (SignMap(), 3, 4)),
        ({"binary": BinaryRelaxMap(steps=5)}, (BinaryRelaxMap(steps=5), 3, 4)),
        ({"binary": True, "binary_warmup": 0, "binary_period": 7}, (SignMap(), 0, 7)),
    ],
)
def test_own_options_go_first(own: dict[str, Any], expected: tuple[object, int, int]) -> None:
    group = {"params": WEIGHTS, **own}
    before = dict(group)
    found = group_options(group, SignMap(), warmup=3, period=4)
    assert found is not None
    assert (found["binary"], found["binary_warmup"], found["binary_period"]) == expected
    assert found["binary_step"] == 0
    assert set(found) == set(OPTIONS)
    assert group == before


@pytest.mark.parametrize("own", [{}, {"binary": False}, {"binary": None}])
def test_a_group_that_is_not_marked_is_left_alone(own: dict[str, Any]) -> None:
    assert group_options({"params": WEIGHTS, **own}, SignMap(), warmup=0, period=1) is None


def test_a_parameter_that_is_not_floating_is_refused_with_or_without_a_name() -> None:
    whole = torch.ones(2, dtype=torch.int64)
    for parameter in (whole, ("name", whole)):
        with pytest.raises(TypeError, match=r"a binary parameter must be of a floating dtype, got torch.int64"):
            group_options({"params": [parameter], "binary": True}, SignMap(), warmup=0, period=1)
