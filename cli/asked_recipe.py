"""The recipe that a command line asks for, and whether a run that is there was started by it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .extraction_options import SOURCE
from .grouped import RecipeOption
from .paths import STDIN

if TYPE_CHECKING:
    from ucch.recipe import Recipe

__all__ = ["asked_recipe", "check_same"]


def asked_recipe(
    command: click.Command,
    choices: Mapping[str, Any],
    *,
    recipe: str | None,
    settings: tuple[str, ...],
    base: Recipe | None = None,
) -> Recipe:
    """A recipe, then settings, then options.

    Args:
        command: whose :class:`~ucch.cli.grouped.RecipeOption` say which key of the recipe each option changes.
        choices: values of those options by parameter, None or False where an option is not given.
        recipe: what ``--recipe`` names; None is ``base``, or ``default``.
        settings: what ``--set`` says.
        base: a recipe to start from.

    Raises:
        RecipeError: no such recipe or key, or a value out of range.
        UsageError: options that do not go together.
    """
    from ucch.recipe import load_recipe

    start = load_recipe(recipe or base or "default", settings)
    keys = {str(option.name): option.key for option in command.params if isinstance(option, RecipeOption)}
    given = {name: value for name, value in choices.items() if value is not None and value is not False}
    data, photographs = given.get("data"), [name for name in given if name in SOURCE]
    if data is not None and photographs:
        raise click.UsageError("--data names features that exist, --images photographs to take them from; give one")
    if "pseudo_labels" in given and not start.wants_labels:
        raise click.UsageError(
            f"--pseudo-labels goes with --recipe unihash or mlwch-like; recipe {start.name} reads no labels"
        )
    if data is not None:
        start = start.model_copy(update={"source": type(start.source)()})
        given["data"] = str(Path(data).resolve()) if Path(data).is_file() else data
    if (replay := given.get("replay")) is not None and Path(replay).is_file():
        given["replay"] = str(Path(replay).resolve())
    for name in ("data_root", "images", "captions", "earlier", "stream"):
        if name in given:
            given[name] = str(given[name] if given[name] == STDIN else given[name].resolve())
    if "stream" in given:
        start = start.model_copy(update={"data": ""})
    asked = _changed(start, {keys[name]: value for name, value in given.items()})
    return _with_captions(asked) if photographs else asked


def _changed(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with other values of some keys."""
    update: dict[str, Any] = {}
    for key, value in values.items():
        section, _, leaf = key.rpartition(".")
        if section:
            update[section] = update.get(section, getattr(recipe, section)).model_copy(update={leaf: value})
        else:
            update[leaf] = value
    return recipe.model_copy(update=update)


_OFFLINE = "; --image-encoder efficientnet-lite0 --text-encoder minilm need no download"


def _with_captions(recipe: Recipe) -> Recipe:
    """The recipe of photographs, whose captions are with them unless said otherwise."""
    source = recipe.source
    needed = ("images", "image_encoder", "text_encoder")
    missing = ["--" + name.replace("_", "-") for name in needed if not getattr(source, name)]
    if missing:
        raise click.UsageError(f"photographs also need {', '.join(missing)}{_OFFLINE}")
    return recipe if source.captions else _changed(recipe, {"source.captions": source.images})


def check_same(
    out: Path, command: click.Command, choices: Mapping[str, Any], *, recipe: str | None, settings: tuple[str, ...]
) -> None:
    """Take a command that says of a run what its recipe says already; refuse one that says something else.

    Raises:
        UsageError: it does; the message names the keys with both values.
    """
    from ucch.runs import RunFolder

    kept = RunFolder.open(out).recipe()
    asked = asked_recipe(command, choices, recipe=recipe, settings=settings, base=kept)
    said, there = _flat(asked.model_dump()), _flat(kept.model_dump())
    if kept.source.images and choices["data"] is None:
        del said["data"]  # the features that the run made of its photographs
    others = [key for key, value in said.items() if value != there[key]]
    if not others:
        return
    options = {option.key: option.opts[0] for option in command.params if isinstance(option, RecipeOption)}
    differences = "; ".join(
        f"{options.get(key, key)} is {there[key]!r} in {out / 'recipe.toml'}, this command says {said[key]!r}"
        for key in others
    )
    raise click.UsageError(
        f"--resume goes on with the recipe of the run: {differences}. Leave that out, or name another --out"
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by key with its section."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
