"""Sections that every run has: bounds, and rows that cannot be changed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ucch.recipe.common_sections import LossSection, ModelSection, SourceSection, TableSection, TrainingSection


@pytest.mark.parametrize(
    ("section", "value"),
    [
        (ModelSection, {"width": 0}),
        (TableSection, {"momentum": 1.0}),
        (TableSection, {"warmup_epochs": -1}),
        (LossSection, {"beta": 1.1}),
        (LossSection, {"temperature": 0.0}),
        (TrainingSection, {"batch_size": 1}),
        (TrainingSection, {"validation_share": 0.5}),
        (SourceSection, {"max_bad": 1.5}),
    ],
)
def test_values_out_of_range_are_refused(section: type[ModelSection], value: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(value))):
        section(**value)


def test_sections_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        LossSection().beta = 0.5
