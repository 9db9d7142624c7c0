"""Recipes by name and from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe, recipe_names
from ucch.recipe.baseline_sections import BASELINES


def test_every_shipped_recipe_loads_under_its_own_name() -> None:
    assert {"default", "ucch-paper"} <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_has_a_recipe_of_its_name_and_the_defaults(name: str) -> None:
    assert load_recipe(name.upper().replace("-", "_")) == Recipe(name=name, baseline=name)


def test_the_paper_recipe_has_the_published_values() -> None:
    recipe = load_recipe("UCCH_paper")
    assert recipe.features.image_scaling == recipe.features.text_scaling == "none"
    assert (recipe.model.width, recipe.model.image_layers, recipe.model.text_layers) == (8192, 3, 2)
    assert (recipe.table.momentum, recipe.table.normalize, recipe.table.init) == (0.4, True, "published")
    assert (recipe.table.negatives, recipe.table.n_negatives, recipe.table.mask_own) == ("per_anchor", 4096, False)
    assert recipe.table.warmup_epochs == 1
    loss = recipe.loss
    assert (loss.beta, loss.temperature, loss.margin, loss.shift, loss.kappa) == (0.7, 0.9, 0.2, 0.1, 1.0)
    training = recipe.training
    assert (training.batch_size, training.epochs, training.learning_rate) == (256, 20, 1e-4)
    assert (training.schedule, training.weight_decay, training.clip_norm) == ("constant", 1e-6, 1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[loss]\ntemperatur = 1", "recipe has no key 'loss.temperatur'; did you mean loss.temperature?"),
        ("bits = '64'", "recipe key bits: input should be a valid integer, got '64'"),
        ("bits = ", "recipe is not TOML: "),
    ],
)
def test_a_file_that_does_not_fit_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(RecipeError) as refusal:
        load_recipe(path)
    assert str(refusal.value).startswith(f"{path}: {message}")


def test_unknown_names_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="one of cca-itq, .*ucch-paper.*, got 'ucch-papr'; did you mean ucch-paper"):
        load_recipe("ucch-papr")
    with pytest.raises(RecipeError, match=r"nowhere\.toml does not exist"):
        load_recipe(tmp_path / "nowhere.toml")
