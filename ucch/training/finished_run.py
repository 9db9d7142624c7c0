"""What a finished run leaves in its folder: the model, what it is for, what a distance means, what growing changed."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..data import Items, as_pairs
from ..files import write_atomically
from ..models import HashModel
from ..runs.run_folder import RunFolder
from . import growing
from .calibrate import calibrated, for_calibration
from .fit_baseline import fit_baseline
from .loop import TrainingLoop

__all__ = ["leave_fitted", "leave_trained"]


def leave_fitted(run: RunFolder, pairs: Items) -> HashModel:
    """Fit the baseline of a recipe and leave history, model and, where the recipe asks for it, calibration."""
    recipe = run.recipe()
    rows, unseen = for_calibration(recipe, pairs)
    model, history = fit_baseline(recipe, pairs.take(rows) if len(unseen) else pairs)
    run.write_history(history)
    model.save(run.model_file)
    if (calibration := calibrated(model, pairs, unseen)) is not None:
        run.write_calibration(calibration)
    return model


def leave_trained(
    run: RunFolder,
    loop: TrainingLoop,
    pairs: Items,
    earlier: growing.Earlier | None,
    warn: Callable[[str], None],
) -> HashModel:
    """Leave what a loop that is through its epochs has made.

    Args:
        run: the folder.
        loop: of the run.
        pairs: its training items.
        earlier: what it went on from, where it grew; then the codes of all items and ``growing.json`` are left, too.
        warn: called with a sentence where too few pairs can be set aside for the calibration that is asked for.

    Returns:
        The model.
    """
    model = loop.finished()
    model.save(run.model_file)
    write_atomically(run.goal_file, json.dumps(loop.outcome(), indent=2) + "\n")
    if earlier is not None:
        _write_growth(run, loop, pairs, earlier, model)
    if (calibration := loop.calibration(model)) is not None:
        run.write_calibration(calibration)
    elif run.recipe().training.calibrate:
        warn(f"not calibrated: of {len(loop.rows)} pairs too few can be set aside; 40 is the fewest")
    return model


def _write_growth(run: RunFolder, loop: TrainingLoop, items: Items, earlier: growing.Earlier, model: HashModel) -> None:
    """Leave the codes of all items, and what changed since the earlier run."""
    trainer, keep_codes = loop.trainer, loop.trainer.recipe.growing.keep_codes
    assert isinstance(trainer, growing.GrowingTrainer)
    codes = growing.GrowthCodes.of(earlier, model, as_pairs(items, "growing"))
    if of_all := codes.of_all(keep_codes=keep_codes):
        run.write_codes(of_all)
    growth = codes.growth(
        keep_codes=keep_codes,
        steps=trainer.steps_done,
        steps_of_all=trainer.steps_of_all,
        seconds=sum(line["seconds"] for line in loop.history),
    )
    write_atomically(run.growing_file, json.dumps({**growth.as_dict(), "text": str(growth)}, indent=2) + "\n")
