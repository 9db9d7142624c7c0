"""Pairs that training does not see, to learn from them what distances mean."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..calibration import FEWEST, PartnerCalibration
from ..data import Items, Pairs
from ..data.image_of_text import RowNumbers
from ..models import HashModel
from ..recipe.recipe import Recipe
from .check_views import check_views
from .goal import choose_goal
from .guarantee import set_aside
from .validation import among_complete

__all__ = ["calibrated", "for_calibration"]

_MOST = 1000  # pairs that are asked


def for_calibration(
    recipe: Recipe, pairs: Items, *, n_processes: int = 1, own: str | None = None, first: int = 0
) -> tuple[RowNumbers, RowNumbers]:
    """Rows to train on, and rows set aside for a calibration alone: none unless it is asked for and the goal sets none.

    Args:
        recipe: its ``training.calibrate`` asks.
        pairs: of the run.
        n_processes: that train together.
        own: the name of an objective of one's own, which sets none aside.
        first: row from which on they are set aside; an earlier run has trained on those before.

    Raises:
        DataError, RecipeError: as :func:`~ucch.training.check_views.check_views`.
    """
    check_views(recipe, pairs)
    wanted = recipe.training.calibrate
    if wanted and recipe.baseline == "none":
        wanted = choose_goal(recipe, pairs.complete(), n_processes=n_processes, own=own).recipe.objective != "neighbors"
    return among_complete(pairs, partial(set_aside, recipe), first) if wanted else (np.arange(len(pairs)), np.arange(0))


def calibrated(model: HashModel, pairs: Items, rows: RowNumbers) -> PartnerCalibration | None:
    """Learn what the distances of a model mean from pairs that it was not trained on; labels are not read.

    Args:
        model: the finished model.
        pairs: of the run.
        rows: of those set aside; at most 1,000, evenly spread, are asked.

    Returns:
        The calibration; None of under 20 pairs, and of other views than image and text.
    """
    if not isinstance(pairs, Pairs) or len(rows) < FEWEST:
        return None
    asked = pairs.take(rows).spread(_MOST)
    image, text = model.real_image(np.asarray(asked.image)), model.real_text(np.asarray(asked.text))
    return PartnerCalibration.fit(image, text, image_of_text=asked.item_of_text, as_queries=model.as_queries)
