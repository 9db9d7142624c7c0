"""The recipe that a model carries."""

from __future__ import annotations

from collections.abc import Callable

from ..models import HashModel
from ..recipe.recipe import Recipe

__all__ = ["model_recipe"]


def model_recipe(model: HashModel, otherwise: Callable[[], Recipe] | None = None) -> Recipe:
    """The recipe a model was trained by, as it was settled for the goal.

    Args:
        model: of a run, of an estimator or made by hand.
        otherwise: gives that of a model that carries none; by default every choice is the default but the bits.

    Raises:
        RecipeError: it carries one that this version cannot read.
    """
    if model.recipe:
        return Recipe.from_toml(model.recipe)
    return Recipe(bits=model.n_bits) if otherwise is None else otherwise()
