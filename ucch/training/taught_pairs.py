"""The pairs that the teacher of a run was fitted on."""

from __future__ import annotations

from ..data import Items, Pairs, as_pairs
from ..runs import RunFolder
from .growing import Earlier
from .loop import TrainingLoop

__all__ = ["taught_pairs"]


def taught_pairs(run: RunFolder, pairs: Items) -> Pairs:
    """Find what of a run's training pairs its teacher knows.

    Pairs held out or set aside to calibrate, those that were taken for wrong, and items of one side are not among them.
    They are found as training found them, by beginning it anew without a step; towers and table are thrown away.

    Args:
        run: the run folder.
        pairs: all training pairs of the run.

    Raises:
        DataError, RecipeError: as :class:`~ucch.training.TrainingLoop`.
    """
    recipe = run.recipe()
    if recipe.baseline != "none":
        return as_pairs(pairs, "a teacher")  # it had none
    earlier = Earlier.load(run.earlier) if recipe.growing.earlier else None
    still = recipe.model_copy(update={"fine_tuning": recipe.fine_tuning.model_copy(update={"enabled": False})})
    return as_pairs(TrainingLoop(still, pairs, teacher=None, earlier=earlier).trainer.pairs, "a teacher")
