"""The learning rate on the way of a run."""

from __future__ import annotations

import math

import pytest

from ucch.recipe.common_sections import TrainingSection
from ucch.training.learning_rate import rate_share


def test_a_cosine_falls_from_one_to_nothing_and_stays_there() -> None:
    training = TrainingSection(schedule="cosine")
    for done in range(8):
        assert rate_share(training, done, 7) == 0.5 * (1 + math.cos(math.pi * done / 7))
    assert rate_share(training, 9.5, 7) == rate_share(training, 7, 7) == 0


@pytest.mark.parametrize("of", [None, 7])
def test_it_stays_where_the_schedule_says_so_or_the_end_is_not_known(of: int | None) -> None:
    schedule = "cosine" if of is None else "constant"
    assert {rate_share(TrainingSection(schedule=schedule), done, of) for done in range(8)} == {1.0}
