"""Single choices of a recipe changed: ``--set key=value``."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ..errors import RecipeError
from ..toml import tomllib
from .recipe import Recipe, known_keys

__all__ = ["full_key", "with_settings"]


def with_settings(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """Change single choices.

    Args:
        recipe: where to start.
        settings: texts ``key=value``; the key with its section (``loss.temperature``) or alone where only one
            section has it (``temperature``), the value as in TOML, quotes around words optional.

    Raises:
        RecipeError: a text has no ``=``, the key is unknown or stands in several sections, the value does not fit.

    Example:
        >>> with_settings(Recipe(), ["temperature=0.5"]).loss.temperature
        0.5
    """
    if not (settings := list(settings)):
        return recipe
    values = recipe.model_dump(exclude_none=True)
    for setting in settings:
        key, found, text = setting.partition("=")
        if not found:
            raise RecipeError(f"a setting must read key=value, got {setting!r}")
        *sections, leaf = full_key(key.strip()).split(".")
        target = values
        for section in sections:
            target = target[section]
        target[leaf] = _toml_value(text.strip())
    return Recipe.from_values(values)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        pass
    try:
        return float(text)  # .5 and 1e-4, which TOML would write 0.5 and 1e-4
    except ValueError:
        return text


def full_key(key: str) -> str:
    """Complete a key by its section: ``temperature`` to ``loss.temperature``.

    Raises:
        RecipeError: the key is unknown or stands in several sections.
    """
    known = known_keys()
    if key in known:
        return key
    ends = [full for full in known if full.rpartition(".")[2] == key]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise RecipeError(f"setting {key!r} stands in several sections; say which of {', '.join(ends)}")
    leaves = {full.rpartition(".")[2]: full for full in known}
    near = get_close_matches(key, [*known, *leaves], n=1)
    hint = f"; did you mean {leaves.get(near[0], near[0])}?" if near else f"; keys are {', '.join(known)}"
    raise RecipeError(f"recipe has no key {key!r}{hint}")
