"""Words to begin a search with."""

from __future__ import annotations

from ucch.serving.frequent_words import frequent_words


def test_each_word_counts_where_those_before_it_are_not() -> None:
    texts = [
        ["a dog runs", "the dog"],
        ["dog runs"],
        ["a dog runs"],
        ["one red boat"],
        ["Boat"],
        ["an old tree"],
        ["x"],
    ]
    assert frequent_words(texts, 3) == ["dog", "boat", "old"]  # "runs" stands with dogs alone; "old" before "tree"
    assert frequent_words(texts, 9) == ["dog", "boat", "old"]


def test_words_that_say_nothing_are_left_out() -> None:
    assert frequent_words([["the red one"], ["a red dog"], ["with red 42 42 a_b"]], 3) == ["dog"]


def test_other_scripts_are_words() -> None:
    assert frequent_words([["собака бежит"], ["собака"], ["дом"], ["море"], ["море"]], 2) == ["море", "собака"]


def test_no_words_are_none() -> None:
    assert frequent_words([], 3) == []
    assert frequent_words([["the a"], [""]], 3) == []
    assert frequent_words([["dog"]], 3) == []
