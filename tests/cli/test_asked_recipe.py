"""Recipes that command lines ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from ucch.cli.asked_recipe import asked_recipe, check_same
from ucch.cli.train import command

from ucch.recipe import Recipe, load_recipe
from ucch.runs import RunFolder

NOTHING: dict[str, Any] = dict.fromkeys([str(param.name) for param in command.params])


def asked(
    recipe: str | None = None, settings: tuple[str, ...] = (), base: Recipe | None = None, **given: Any
) -> Recipe:
    return asked_recipe(command, {**NOTHING, **given}, recipe=recipe, settings=settings, base=base)


def kept(folder: Path, recipe: Recipe, named: str | None = None, settings: tuple[str, ...] = (), **given: Any) -> None:
    """Make a run of a recipe, and ask whether a command may go on with it."""
    run = RunFolder.create(folder, recipe)
    check_same(run.path, command, {**NOTHING, **given}, recipe=named, settings=settings)


def test_nothing_said_is_the_default() -> None:
    assert asked() == load_recipe("default")


def test_settings_change_the_recipe_and_options_change_both() -> None:
    found = asked("ucch-paper", ("bits=16", "seed=3"), bits=24, epochs=5, teacher="mie", nested=True)
    expected = load_recipe("ucch-paper", ["bits=24", "seed=3", "epochs=5", "teacher.similarity=mie", "nested=true"])
    assert found == expected


def test_a_base_is_changed_where_no_recipe_is_named() -> None:
    base = load_recipe("unihash", ["bits=32"])
    assert asked(base=base, pseudo_labels="tags") == load_recipe(base, ["labels.pseudo=tags"])
    assert asked("default", base=base) == load_recipe("default")


def test_photographs_take_their_captions_along_and_need_encoders(tmp_path: Path) -> None:
    given = {"images": tmp_path, "image_encoder": "vgg19", "text_encoder": "bow"}
    source = asked(**given).source
    assert (source.images, source.captions, source.text_encoder) == (str(tmp_path), str(tmp_path), "bow")
    with pytest.raises(
        click.UsageError, match="photographs also need --image-encoder, --text-encoder; .* need no download"
    ):
        asked(images=tmp_path)
    with pytest.raises(click.UsageError, match="--data names features that exist"):
        asked(data="digits", **given)


def test_data_takes_the_place_of_photographs(tmp_path: Path) -> None:
    base = asked(images=tmp_path, image_encoder="vgg19", text_encoder="bow")
    assert asked(base=base, data="digits").source == Recipe().source


@pytest.mark.parametrize(
    ("named", "settings", "given"),
    [
        (None, (), {}),
        (None, ("bits=12",), {"epochs": 3}),
        ("unihash", ("bits=12",), {"epochs": 3, "pseudo_labels": "tags"}),
    ],
)
def test_what_the_run_says_already_is_taken(
    named: str | None, settings: tuple[str, ...], given: dict[str, Any], tmp_path: Path
) -> None:
    kept(tmp_path, asked("unihash", ("bits=12",), epochs=3, pseudo_labels="tags"), named, settings, **given)


def test_features_that_a_run_made_of_photographs_are_its_own(tmp_path: Path) -> None:
    photographs = {"images": tmp_path, "image_encoder": "vgg19", "text_encoder": "bow"}
    run = asked("default", **photographs).model_copy(update={"data": str(tmp_path / "run" / "features.npz")})
    kept(tmp_path / "run", run, "default", **photographs)
    with pytest.raises(click.UsageError, match="--text-encoder is 'bow' in .*, this command says 'minilm'"):
        kept(tmp_path / "other", run, **{**photographs, "text_encoder": "minilm"})


def test_every_difference_is_named_with_both_values(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError) as info:
        kept(tmp_path, load_recipe("default"), None, ("temperature=0.5",), bits=16)
    there = tmp_path / "recipe.toml"
    assert info.value.message == (
        f"--resume goes on with the recipe of the run: --bits is 64 in {there}, this command says 16;"
        f" loss.temperature is 0.9 in {there}, this command says 0.5. Leave that out, or name another --out"
    )
