"""What items of other views than image and text cannot do, all of it, before any work."""

from __future__ import annotations

from .. import baselines
from ..data import Items, Pairs, as_pairs
from ..errors import RecipeError
from ..recipe.goal_sections import GOALS
from ..recipe.recipe import Recipe
from .closed_form import check_start, sampled_features

__all__ = ["check_views"]


def check_views(recipe: Recipe, items: Items) -> None:
    """Refuse a recipe that asks of items of one view, or of others than image and text, what needs pairs of those.

    Pairs are let through unseen: what they cannot do is said where it is done.

    Args:
        recipe: all choices, as asked for or as settled.
        items: that are to train; labels are not read.

    Raises:
        DataError: a baseline, an objective, a teacher or a run to go on from that compares image with text, or pairs
            are to be audited or set aside for a calibration.
        RecipeError: a goal of partners, or the best epoch by how partners are found, of one view, which has none; a
            start in closed form of three views or more that share no space, which at most 10,000 items are asked for.

    Example:
        >>> import numpy as np
        >>> check_views(Recipe(goal="partners"), Items({"text": np.eye(3)}))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ucch.errors.RecipeError: goal must be neighbors or categories where items have one view and no partners, ...
    """
    if isinstance(items, Pairs):
        return
    if recipe.growing.earlier:
        as_pairs(items, "growing")
    if recipe.training.calibrate:
        as_pairs(items, "a calibration")
    if recipe.baseline != "none":  # fitted in one go: nothing of the rest counts
        if len(items.names) > 1 or not baselines.BASELINES[recipe.baseline].one_view:
            as_pairs(items, f"baseline {recipe.baseline}")
        return
    if recipe.pairs.trust != "none":
        as_pairs(items, f"pairs.trust = {recipe.pairs.trust}")
    if not _keeps_neighbors(recipe):
        if recipe.objective != "ucch":
            as_pairs(items, f"objective {recipe.objective}")
        if recipe.teacher.similarity not in ("auto", "none"):
            as_pairs(items, f"teacher {recipe.teacher.similarity}")
    if len(items.names) == 1:
        _check_partners(recipe)
    elif len(items.names) > 2 and _starts_in_closed_form(recipe):
        check_start(len(items.names), shared=_share_space(recipe, items))


def _check_partners(recipe: Recipe) -> None:
    """Refuse what looks for partners where there are none."""
    if recipe.goal in ("both", "partners"):
        raise RecipeError(
            f"goal must be neighbors or categories where items have one view and no partners, got {recipe.goal!r};"
            " leave --goal out, or give a second view"
        )
    if recipe.training.keep == "best":
        raise RecipeError(
            "training.keep must be last where items have one view, since best scores how partners are found, got"
            " 'best'; leave it out"
        )


def _keeps_neighbors(recipe: Recipe) -> bool:
    """Whether neighbours or partners are kept whatever the items are."""
    if recipe.objective == "neighbors" or recipe.goal in GOALS[1:]:
        return True
    return recipe.goal == "auto" and recipe.model.nested


def _starts_in_closed_form(recipe: Recipe) -> bool:
    start = recipe.model.start
    return start == "closed-form" or (start == "auto" and _keeps_neighbors(recipe))


def _share_space(recipe: Recipe, items: Items) -> bool:
    if len({rows.shape[1] for rows in items.views.values()}) > 1:
        return False  # no feature is scaled to find that out
    return baselines.share_space(*(rows.numpy() for rows in sampled_features(recipe, items)))
