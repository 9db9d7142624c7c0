"""What a reader left out."""

from __future__ import annotations

from ucch.data.left_out import LeftOut


def test_counts_add_up_and_three_names_are_kept() -> None:
    one, other = LeftOut(), LeftOut()
    for name in "ab":
        one.add("x", name)
    other.add("x", "c", 5)
    other.add("x", "d")
    other.add("y", "e")
    whole = one.merged(other)
    assert whole.to_json() == {"x": {"count": 8, "first": ["a", "b", "c"]}, "y": {"count": 1, "first": ["e"]}}
    assert whole.sentence() == "x: 8 (a, b, c, ...); y: 1 (e)"
    assert (one.count("x"), one.count("z")) == (2, 0)
