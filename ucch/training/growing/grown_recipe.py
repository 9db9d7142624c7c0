"""The recipe of a run that goes on, and what does not go on."""

from __future__ import annotations

from pathlib import Path

from ...data import Pairs
from ...errors import DataError, RecipeError
from ...models import HashModel
from ...recipe.recipe import Recipe
from ..strategies import STRATEGIES

__all__ = ["check_grows", "check_widths", "grown_recipe", "rate_and_nearness"]

_OBJECTIVES = ("ucch", "neighbors")
_BY_CODES = {"ucch": (0.5, 2.0), "neighbors": (1.0, 4.0)}  # benchmarks/growing_study.py --carved
_KEPT = ("bits", "baseline", "objective", "optimizer", "goal", "features", "model")  # what towers and codes stand on


def grown_recipe(earlier: Recipe, run: str | Path = "", *, replay: str = "", keep_codes: bool = False) -> Recipe:
    """The recipe of a run that goes on from one by ``earlier``.

    Args:
        earlier: as it was settled, without ``auto`` in ``goal``.
        run: the folder of the earlier run, for the record.
        replay: features of the earlier pairs, a data set by name or a file.
        keep_codes: whether the codes of earlier items stay.

    Returns:
        The same choices without warm-up, since the table starts with codes, and with the length of growing.

    Raises:
        RecipeError: such a run does not go on.
    """
    _check_kind(earlier)
    own = {"earlier": str(run), "replay": replay, "keep_codes": keep_codes}
    return earlier.model_copy(
        update={
            "growing": earlier.growing.model_copy(update=own),
            "table": earlier.table.model_copy(update={"warmup_epochs": 0}),
            "training": earlier.training.model_copy(update={"epochs": "auto"}),
        }
    )


def rate_and_nearness(recipe: Recipe, *, by_features: bool) -> tuple[float, float]:
    """Share of the learning rate, and weight of staying near the earlier towers: as said, or chosen by what trains.

    Args:
        recipe: of a run that goes on.
        by_features: whether earlier pairs train again, which holds the towers where they were by itself.
    """
    auto = (1.0, 0.0) if by_features else _BY_CODES[recipe.objective]
    said = recipe.growing.rate_share, recipe.growing.nearness
    rate, nearness = (other if one == "auto" else one for one, other in zip(said, auto, strict=True))
    return rate, nearness


def _check_kind(recipe: Recipe) -> None:
    """Refuse what is not trained in steps by losses that new pairs alone can follow."""
    way_out = "train on all pairs with ucch train"
    if recipe.baseline != "none":
        raise RecipeError(f"a baseline is fitted in one go and cannot go on, got {recipe.baseline!r}; {way_out}")
    if recipe.objective not in _OBJECTIVES:
        raise RecipeError(f"objective must be {' or '.join(_OBJECTIVES)} to go on, got {recipe.objective!r}; {way_out}")
    if not STRATEGIES[recipe.optimizer].takes_one_sided():  # the others look at all pairs, or fold into the towers
        fine = " or ".join(name for name, strategy in STRATEGIES.items() if strategy.takes_one_sided())
        raise RecipeError(f"optimizer must be {fine} to go on, got {recipe.optimizer!r}; {way_out}")
    if recipe.fine_tuning.enabled:
        raise RecipeError(f"an image encoder that trained along does not go on, got fine_tuning.enabled; {way_out}")


def check_grows(recipe: Recipe, earlier: Recipe, *, n_processes: int = 1, own: str = "") -> None:
    """Refuse a recipe that says otherwise than the run it goes on from, and what growing does not do.

    Args:
        recipe: of the run that goes on.
        earlier: of the run it goes on from, settled.
        n_processes: that train together.
        own: name of an objective of one's own.

    Raises:
        RecipeError: with the key, both values and the way out.
    """
    _check_kind(recipe)
    for key in _KEPT:
        was, now = getattr(earlier, key), getattr(recipe, key)
        if was != now:
            raise RecipeError(f"recipe key {key} must stay {was!r} in a run that goes on, got {now!r}; leave it out")
    if own:
        raise RecipeError(f"an objective of one's own does not go on, got objective={own}; train on all pairs")
    if n_processes > 1:
        raise RecipeError(f"a run goes on in one process, got {n_processes}; start ucch train without torchrun")


def check_widths(model: HashModel, pairs: Pairs) -> None:
    """Refuse features of another width than those the towers know.

    Raises:
        DataError: with the array, both widths and the way out.
    """
    for kind, tower in model.towers().items():
        width = getattr(pairs, kind).shape[1]
        if width != tower.n_features:
            raise DataError(
                f"{pairs.array_name(kind)} must have {tower.n_features} columns, the features of the earlier run, got"
                f" {width}; take them by the encoder of that run"
            )
