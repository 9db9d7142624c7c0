"""What recipe sections refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ucch.recipe.section_base import Count, Positive, Section


class Made(Section):
    size: Count = 3
    rate: Positive = 0.5


@pytest.mark.parametrize("values", [{"size": 0}, {"size": 2.5}, {"rate": 0}, {"rate": float("inf")}, {"other": 1}])
def test_wrong_values_and_unknown_keys_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Made.model_validate(values)


def test_sections_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Made().size = 4
