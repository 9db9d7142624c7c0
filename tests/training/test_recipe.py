"""Recipes: defaults, files, settings, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.errors import RecipeError
from ucch.training import Recipe, load_recipe, recipe_names, with_settings


def test_every_shipped_recipe_loads_under_its_own_name() -> None:
    assert {"default", "ucch-paper"} <= set(recipe_names())
    for name in recipe_names():
        assert load_recipe(name).name == name


def test_the_default_recipe_is_the_default_of_every_field() -> None:
    assert load_recipe("default") == Recipe()


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


def test_toml_gives_the_same_recipe_back(tmp_path: Path) -> None:
    recipe = load_recipe("ucch-paper", ["bits=16", "data_root=/some/where", "shift=1"])
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    assert load_recipe(tmp_path / "mine.toml") == recipe
    assert Recipe.from_toml(recipe.to_toml()) == recipe


@pytest.mark.parametrize(
    ("setting", "section", "field", "value"),
    [
        ("loss.temperature=.5", "loss", "temperature", 0.5),
        ("temperature = 1e-1", "loss", "temperature", 0.1),
        ("kappa=2", "loss", "kappa", 2.0),
        ("mask_own=false", "table", "mask_own", False),
        ("negatives=per_anchor", "table", "negatives", "per_anchor"),
        ('negatives="per_anchor"', "table", "negatives", "per_anchor"),
        ("epochs=auto", "training", "epochs", "auto"),
        ("epochs=7", "training", "epochs", 7),
    ],
)
def test_settings_change_one_choice(setting: str, section: str, field: str, value: object) -> None:
    changed = with_settings(Recipe(), [setting])
    assert getattr(getattr(changed, section), field) == value
    expected = Recipe().model_dump()
    expected[section][field] = value
    assert changed.model_dump() == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("temperature", "a setting must read key=value, got 'temperature'"),
        ("temperatur=1", "recipe has no key 'temperatur'; did you mean loss.temperature?"),
        ("los.temperature=1", "recipe has no key 'los.temperature'; did you mean loss.temperature?"),
        ("temperature=warm", "recipe key loss.temperature: input should be a valid number, got 'warm'"),
        ("temperature=0", "recipe key loss.temperature: input should be greater than 0, got 0"),
        ("width=2.5", "recipe key model.width: input should be a valid integer, got 2.5"),
        ("momentum=1", "recipe key table.momentum: input should be less than 1, got 1"),
        ("mask_own=3", "recipe key table.mask_own: input should be a valid boolean, got 3"),
        ("init=zero", "recipe key table.init: input should be 'unbiased' or 'published', got 'zero'"),
        ("bits=0", "recipe key bits: input should be greater than or equal to 1, got 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(setting: str, message: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        with_settings(Recipe(), [setting])
    assert str(refusal.value) == message


def test_a_key_without_a_near_one_lists_them_all() -> None:
    with pytest.raises(RecipeError, match=r"recipe has no key 'zzz'; keys are name, bits, seed, .*loss\.kappa"):
        with_settings(Recipe(), ["zzz=1"])


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
