"""A run whose recipe names a baseline: one fit in place of epochs."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

from .. import baselines
from ..data import Items
from ..models import HashModel
from ..recipe.recipe import Recipe
from .check_views import check_views

__all__ = ["build_baseline", "fit_baseline"]


def build_baseline(recipe: Recipe) -> baselines.Baseline:
    """The baseline a recipe names, with the options of its section.

    Raises:
        KeyError: the recipe names none.
    """
    kind = baselines.BASELINES[recipe.baseline]
    options: dict[str, Any] = getattr(recipe, kind.section).model_dump()
    known = {field.name for field in fields(kind)}
    return kind(
        recipe.bits,
        seed=recipe.seed,
        image_scaling=recipe.features.image_scaling,
        text_scaling=recipe.features.text_scaling,
        **{name: value for name, value in options.items() if name in known},
    )


def fit_baseline(recipe: Recipe, pairs: Items) -> tuple[HashModel, list[dict[str, Any]]]:
    """Fit the baseline of a recipe.

    Returns:
        The model, with the recipe in it, and the history: a line with the ``seconds`` of the whole fit, and, for
        methods that go by turns, ``objective``, its value after every turn.

    Raises:
        ValueError: the features do not suit the method.
        DataError: as :func:`~ucch.training.check_views.check_views`; one view takes lsh, sign and itq.
    """
    start = time.perf_counter()
    baseline = build_baseline(recipe)
    check_views(recipe, pairs)
    baseline.fit_items(pairs)
    line: dict[str, Any] = {"epoch": 1, "seconds": time.perf_counter() - start}
    if baseline.objective:
        line["objective"] = list(baseline.objective)
    baseline.model.recipe = recipe.to_toml()
    return baseline.model, [line]
