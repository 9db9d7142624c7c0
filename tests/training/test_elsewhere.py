"""Names of recipes and run folders, asked of ``ucch.training``."""

from __future__ import annotations

import ucch.recipe
import ucch.runs
import ucch.training
from ucch.training import elsewhere


def test_they_are_the_same_objects() -> None:
    assert set(ucch.recipe.__all__) < set(elsewhere.__all__)
    for name in elsewhere.__all__:
        home = ucch.recipe if name in ucch.recipe.__all__ else ucch.runs
        assert getattr(ucch.training, name) is getattr(home, name)
