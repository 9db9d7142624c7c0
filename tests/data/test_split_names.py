"""What the names of splits mean."""

from __future__ import annotations

from ucch.data.split_names import sides_of


def test_validation_asks_only_for_want_of_a_test_split() -> None:
    sides = sides_of(["Train", "val", "restval"])
    assert sides is not None
    assert [side.tolist() for side in sides] == [[True, False, True], [False, True, False]]


def test_names_that_leave_a_side_empty_say_no_split() -> None:
    assert sides_of(["test", "test"]) is None
    assert sides_of(["", "train"]) is None
    assert sides_of([]) is None
