"""Recipe sections of the optimizers: defaults as their sources have them, and what is refused."""

from __future__ import annotations

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, with_settings


def test_defaults_are_those_of_the_sources() -> None:
    recipe = Recipe()
    assert recipe.optimizer == "rotation"  # ours; UCCH has momentum
    assert recipe.straight_through.form == "clipped"
    assert (recipe.continuation.last_slope, recipe.continuation.path) == (10.0, "square_root")
    assert recipe.greedy.alpha == 0.1
    assert (recipe.bi_half.gamma, recipe.bi_half.rate) == (6.0, 0.1)
    assert (recipe.bop.gamma, recipe.bop.scale) == (1e-4, 1.0)
    assert recipe.discrete.model_dump() == {"mu": 1.0, "nu": 1.0, "eta": 55.0, "n_sweeps": 10, "n_components": 64}
    assert recipe.rotation.model_dump() == {"weights": "equal", "n_iterations": 50}
    assert recipe.itq.model_dump() == {"at": "epoch", "n_iterations": 50}
    assert (recipe.quantization.kind, recipe.quantization.weight) == ("l1", "auto")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("optimizer=adam", "recipe key optimizer: input should be 'momentum', .* got 'adam'"),
        ("optimizer=3", "recipe key optimizer: input should be 'momentum', .* got 3"),
        ("last_slope=.5", "recipe key continuation.last_slope: input should be greater than or equal to 1, got 0.5"),
        ("bop.gamma=0", "recipe key bop.gamma: input should be greater than 0, got 0"),
        ("rotation.weights=text", "recipe key rotation.weights: input should be 'equal' or 'neighbors', got 'text'"),
        ("gamma=1", "setting 'gamma' stands in several sections; say which of bi_half.gamma, bop.gamma"),
        ("quantization.weight=-1", "recipe key quantization.weight: .*greater than or equal to 0"),
    ],
)
def test_what_does_not_fit_is_refused(setting: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        with_settings(Recipe(), [setting])
