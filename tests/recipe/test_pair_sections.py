"""What is believed of pairs: off by default, and nothing but the words there are."""

from __future__ import annotations

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe


def test_by_default_pairs_are_trusted_and_must_be_whole() -> None:
    assert (Recipe().pairs.trust, Recipe().pairs.one_sided) == ("none", "refuse")
    assert load_recipe("default", ["trust=AUTO", "one_sided=keep"]).pairs.model_dump() == {
        "one_sided": "keep",
        "trust": "auto",
    }


@pytest.mark.parametrize("setting", ["trust=half", "one_sided=guess"])
def test_other_words_are_refused(setting: str) -> None:
    with pytest.raises(RecipeError, match=f"recipe key pairs.{setting.partition('=')[0]}"):
        load_recipe("default", [setting])
