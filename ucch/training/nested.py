"""Nested lengths: the first bits of a long code, 32, 64, 128 and so on, are codes themselves."""

from __future__ import annotations

from ..errors import RecipeError, RunError
from ..models import HashModel
from ..recipe.recipe import Recipe
from ..runs.model_recipe import model_recipe

__all__ = ["check_nested", "nested_lengths", "shortened"]

_SHORTEST = 32


def nested_lengths(n_bits: int) -> tuple[int, ...]:
    """Lengths at which a nested code of ``n_bits`` may be cut: 32 doubled while it is shorter, then the whole.

    Example:
        >>> nested_lengths(256), nested_lengths(100), nested_lengths(16)
        ((32, 64, 128, 256), (32, 64, 100), (16,))
    """
    lengths = []
    length = _SHORTEST
    while length < n_bits:
        lengths.append(length)
        length *= 2
    return (*lengths, n_bits)


def check_nested(recipe: Recipe) -> None:
    """Refuse nested lengths where nothing trains them.

    Raises:
        RecipeError: ``model.nested`` with a baseline, or with losses that know the whole code only.
    """
    if not recipe.model.nested:
        return
    if recipe.baseline != "none":
        raise RecipeError(
            f"model.nested goes with codes that are trained, got the baseline {recipe.baseline!r};"
            " leave --nested or the baseline out"
        )
    if recipe.objective not in ("ucch", "neighbors") or recipe.goal == "categories":
        by = f"goal {recipe.goal!r}" if recipe.goal == "categories" else f"objective {recipe.objective!r}"
        raise RecipeError(
            f"model.nested goes with the goals both, partners and neighbors, got {by}: its losses know the whole code"
            " only; give --goal both, or leave --nested out"
        )


def shortened(model: HashModel, n_bits: int) -> HashModel:
    """Cut a model trained with nested lengths.

    Args:
        model: as loaded from a run.
        n_bits: one of its lengths.

    Returns:
        The model of the first ``n_bits`` bits.

    Raises:
        RunError: it was not trained with nested lengths, or not for this one.
    """
    if n_bits == model.n_bits:
        return model
    if not model_recipe(model).model.nested:
        raise RunError(
            f"the first {n_bits} bits of a code of {model.n_bits} are a code only where the model was trained for it;"
            f" train with --nested, or with --bits {n_bits}"
        )
    if n_bits not in (lengths := nested_lengths(model.n_bits)):
        raise RunError(f"bits must be one of {', '.join(map(str, lengths))}, as trained, got {n_bits}")
    return model.first_bits(n_bits)
