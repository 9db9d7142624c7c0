"""Recipe sections of the teacher."""

from __future__ import annotations

import pytest
from ucch.cli.train import command

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, with_settings
from ucch.recipe.teacher_sections import TEACHERS


@pytest.mark.parametrize("word", ["joint_semantics", "Joint-Semantics"])
def test_names_are_forgiving(word: str) -> None:
    assert with_settings(Recipe(), [f"similarity={word}"]).teacher.similarity == "joint-semantics"


def test_the_published_recipe_has_no_teacher_and_uchm_like_has_mie() -> None:
    assert load_recipe("ucch-paper").teacher.similarity == "none"
    assert load_recipe("uchm-like").teacher.similarity == "mie"
    assert not load_recipe("uchm-like").wants_labels


def test_sections_take_no_common_key_from_the_others() -> None:
    changed = with_settings(Recipe(), ["kind=l2", "temperature=0.5", "form=soft", "target_temperature=0.2"])
    assert (changed.quantization.kind, changed.loss.temperature, changed.straight_through.form) == ("l2", 0.5, "soft")
    assert changed.teacher.target_temperature == 0.2


@pytest.mark.parametrize(
    "setting", ["target_weight=1", "ranking_weight=1", "negatives_weight=1.5", "negatives_share=0.5", "n_votes=0"]
)
def test_values_out_of_range_are_refused(setting: str) -> None:
    with pytest.raises(RecipeError, match=f"recipe key [a-z_]+.{setting.split('=')[0]}: "):
        with_settings(Recipe(), [setting])


def test_the_command_offers_every_teacher() -> None:
    offered = next(option.type for option in command.params if option.name == "teacher")
    assert tuple(offered.choices) == TEACHERS  # type: ignore[attr-defined]
