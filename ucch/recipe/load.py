"""Recipes by name or from a file."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from ..errors import RecipeError
from ..files import check_file
from ..toml import tomllib
from .baseline_sections import BASELINES
from .recipe import Recipe, nearest
from .settings import with_settings

__all__ = ["apply_recipe", "load_recipe", "recipe_names"]


_LONGEST = 1 << 20


def recipe_names() -> list[str]:
    """Names of the recipes that ship with the package, sorted; a baseline has one of its name and the defaults."""
    folder = resources.files("ucch.recipe.named")
    return sorted({*BASELINES, *(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))})


def load_recipe(name_or_path: str | Path | Recipe, settings: Iterable[str] = ()) -> Recipe:
    """Read a recipe by name or from a file and apply settings.

    Args:
        name_or_path: a recipe as it is, a name of :func:`recipe_names`, or a ``.toml`` file; what it leaves out keeps
            its default.
        settings: ``key=value`` texts as of :func:`with_settings`.

    Raises:
        RecipeError: no such recipe, not TOML, an unknown key, a wrong type, or a value out of range.
    """
    if isinstance(name_or_path, Recipe):
        return with_settings(name_or_path, settings)
    try:
        return with_settings(Recipe.from_toml(_recipe_text(name_or_path)), settings)
    except RecipeError as error:
        raise RecipeError(f"{name_or_path}: {error}") from error


def apply_recipe(base: Recipe, name: str) -> Recipe:
    """Change what a named recipe says, and nothing else.

    Args:
        base: where to start.
        name: one of :func:`recipe_names`.

    Raises:
        RecipeError: no such recipe.
    """
    values = base.model_dump(exclude_none=True)
    for key, value in tomllib.loads(_recipe_text(name)).items():
        values[key] = {**values[key], **value} if isinstance(value, dict) else value
    return Recipe.from_values(values)


def _recipe_text(name_or_path: str | Path) -> str:
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.exists():
        return _read(path)
    word = str(name_or_path).replace("_", "-").lower()
    if word in BASELINES:
        return f'name = "{word}"\nbaseline = "{word}"\n'
    if word in recipe_names():
        return resources.files("ucch.recipe.named").joinpath(f"{word}.toml").read_text(encoding="utf-8")
    raise RecipeError(
        f"recipe must be a .toml file or one of {', '.join(recipe_names())}, got {str(name_or_path)!r}"
        + nearest(str(name_or_path), recipe_names())
    )


def _read(path: Path) -> str:
    try:
        check_file(path, RecipeError, said="recipe")
        with open(path, "rb") as file:
            raw = file.read(_LONGEST + 1)
        if len(raw) > _LONGEST:
            raise RecipeError(f"recipe {path} is longer than {_LONGEST:,} bytes, as no recipe is")
        return raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error
