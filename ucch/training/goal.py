"""What the codes are for: said by the recipe, or decided from the training pairs without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import baselines
from ..data import Items, Pairs
from ..errors import RecipeError
from ..recipe.goal_sections import GOALS
from ..recipe.recipe import Recipe
from .check_views import check_views
from .closed_form import sampled_features
from .teacher.fitting import TeacherStage

__all__ = ["Choice", "choose_goal"]

_ASKED = 2048  # pairs that are looked at
_FEWEST = 60  # pairs under which ``auto`` does not keep neighbours: too few to set some aside
_ALONE = "items have one view, so there are no partners to find"
_TOGETHER = "both modalities share a space, and pairs are more than their group"
_SEVERAL = "all views share a space, and items are more than their group"
_MEANS = {
    "categories": "items of a kind come together",
    "both": "partners and the features' neighbours are kept",
    "partners": "partners come first",
    "neighbors": "the features' neighbours are kept",
}


@dataclass(frozen=True)
class Choice:
    """What a run trains for.

    Attributes:
        goal: one of ``GOALS``.
        recipe: with what the goal asks for filled in.
        reason: why, in a short sentence.
    """

    goal: str
    recipe: Recipe
    reason: str

    def __str__(self) -> str:
        return f"codes for {self.goal} ({_MEANS[self.goal]}): {self.reason}"


def choose_goal(recipe: Recipe, pairs: Items, *, n_processes: int = 1, own: str | None = None) -> Choice:
    """Settle ``recipe.goal``; labels are not read, and nothing is drawn.

    ``auto`` is ``both`` where the views share a space (:func:`~ucch.baselines.share_space`) and pairs do not come in
    groups (:func:`~ucch.teachers.propagation_gain` of the first two views below ``teacher.least_gain``), asked of at
    most 2,048 pairs, and ``neighbors`` where there is one view, which has no partners; else, and where the recipe says
    how to train by an objective, an optimizer, a teacher or a start of its own, it is ``categories``, which is UCCH by
    itself. Nested lengths are trained by keeping neighbours only, so that ``auto`` is ``both`` for them, or
    ``neighbors``.

    Args:
        recipe: all choices.
        pairs: training items.
        n_processes: that train together; ``auto`` keeps neighbours in one process only.
        own: name of an objective of one's own, which trains; the goal is then ``categories``, UCCH's way to train.

    Returns:
        The choice; its recipe has no ``auto`` left in ``goal`` and ``model.start``.

    Raises:
        RecipeError: an objective of one's own, and the recipe names another, a baseline or a goal that has one.
        DataError, RecipeError: as :func:`~ucch.training.check_views.check_views`.
    """
    check_views(recipe, pairs)
    alone = len(pairs.names) == 1
    if own is not None:
        for key, rest in (("baseline", "none"), ("objective", "ucch"), ("goal", "categories")):
            value = getattr(recipe, key)
            if value not in (rest, "auto"):
                raise RecipeError(f"recipe key {key} must be {rest} beside objective={own}, got {value!r}; drop one")
        return Choice("categories", _settled(recipe, "categories"), f"{own} is the objective")
    if recipe.objective == "neighbors" or recipe.goal in GOALS[1:]:
        goal = recipe.goal if recipe.goal in GOALS[1:] else "neighbors" if alone else "both"
        return Choice(goal, _settled(recipe, goal), "as asked for")
    if recipe.goal == "categories":
        return Choice("categories", _settled(recipe, "categories"), "as asked for")
    if recipe.model.nested:
        goal = "neighbors" if alone else "both"
        return Choice(goal, _settled(recipe, goal), "nested lengths are trained so")
    reason = _why_categories(recipe, pairs, n_processes)
    goal = "categories" if reason is not None else "neighbors" if alone else "both"
    said = reason or (_ALONE if alone else _TOGETHER if len(pairs.names) == 2 else _SEVERAL)
    return Choice(goal, _settled(recipe, goal), said)


def _why_categories(recipe: Recipe, pairs: Items, n_processes: int) -> str | None:
    """Why ``auto`` leaves UCCH by itself, or None."""
    if (
        recipe.objective != "ucch"
        or recipe.optimizer not in ("momentum", "rotation")  # for which momentum stands in with other goals
        or recipe.teacher.similarity != "auto"
        or recipe.model.start == "random"
        or recipe.fine_tuning.enabled
    ):
        return "the recipe says how to train"
    if n_processes > 1:
        return f"{n_processes} processes train together"
    if len(pairs) < _FEWEST:
        return f"{len(pairs)} pairs are too few to set some aside"
    if len(pairs.names) == 1:
        return None
    if len({rows.shape[1] for rows in pairs.views.values()}) > 1:
        return "the modalities share no space, their widths differ"
    sample = pairs.spread(_ASKED)
    if not baselines.share_space(*(rows.numpy() for rows in sampled_features(recipe, sample))):
        return "the modalities share no space, partners are not near in it"
    two = sample if isinstance(sample, Pairs) else Pairs(*list(sample.views.values())[:2])
    if TeacherStage(recipe, two).kind == "joint-semantics":
        return "pairs come in groups"
    return None


def _settled(recipe: Recipe, goal: str) -> Recipe:
    start = recipe.model.start
    if start == "auto":
        start = "random" if goal == "categories" else "closed-form"
    update: dict[str, Any] = {"goal": goal, "model": recipe.model.model_copy(update={"start": start})}
    if goal != "categories":
        update["objective"] = "neighbors"
        training, section = recipe.training, recipe.neighbors.settled(recipe.bits, goal, nested=recipe.model.nested)
        own = {"learning_rate": section.neighbor_rate, "batch_size": section.neighbor_batch}
        default = type(training)()
        taken = {key: value for key, value in own.items() if getattr(training, key) == getattr(default, key)}
        update["training"] = training.model_copy(update=taken)
    return recipe.model_copy(update=update)
