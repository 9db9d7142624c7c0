"""``ucch train --continue``: a run that goes on from an earlier one with more pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ucch.data import ItemDataset
    from ucch.extraction import Extraction
    from ucch.recipe import Recipe
    from ucch.runs import RunFolder
    from ucch.training.growing import Earlier

__all__ = ["check_continued", "continued_recipe", "hand_on"]


def continued_recipe(choices: Mapping[str, Any], recipe: str | None) -> Recipe | None:
    """The recipe that options of a run that goes on change; None for a run of its own.

    Args:
        choices: of the command line, by parameter.
        recipe: what ``--recipe`` names.

    Raises:
        UsageError: options that do not go together.
        RunError, RecipeError: the earlier run is not there, not finished, or does not go on.
    """
    from ucch.runs import RunFolder
    from ucch.runs.model_recipe import model_recipe
    from ucch.training.growing import grown_recipe

    earlier = choices["earlier"]
    if earlier is None:
        for option, given in (("--replay", choices["replay"]), ("--keep-codes", choices["keep_codes"])):
            if given:
                raise click.UsageError(f"{option} goes with --continue RUN, which names the earlier run")
        return None
    if recipe is not None:
        raise click.UsageError("--continue goes on by the recipe of the earlier run; leave out --recipe")
    if choices["data"] is None and choices["images"] is None:
        raise click.UsageError("--continue needs the new pairs: name them with --data or --images")
    run = RunFolder.open(earlier)
    return grown_recipe(model_recipe(run.model(), run.recipe), earlier)


def check_continued(
    recipe: Recipe, dataset: ItemDataset, extraction: Extraction | None, *, n_processes: int
) -> Earlier | None:
    """Refuse new pairs, and choices, that do not fit the earlier run, before a folder is made.

    Returns:
        What the earlier run hands on, for :func:`hand_on`; None where there is none.

    Raises:
        DataError: features of another width.
        RunError: features by another encoder.
        RecipeError: another recipe.
    """
    from ucch.data import as_pairs
    from ucch.errors import RunError
    from ucch.extraction import read_run_encoders
    from ucch.training.growing import check_grows, check_widths

    from .feature_source import feature_cards

    if not recipe.growing.earlier:
        return None
    earlier = _earlier(recipe)
    check_grows(recipe, earlier.recipe, n_processes=n_processes)
    check_widths(earlier.model, as_pairs(dataset.train, "growing"))
    cards = feature_cards(Path(recipe.data)) if extraction is None else extraction.encoders
    for kind, card in read_run_encoders(Path(recipe.growing.earlier)).items():
        if kind in cards and cards[kind].digest != card.digest:
            raise RunError(
                f"{kind} features must be by the encoder of {recipe.growing.earlier}, {card.name} ({card.spec}), got"
                f" those by {cards[kind].name} ({cards[kind].spec}); take them anew by that encoder"
            )
    return earlier


def hand_on(run: RunFolder, dataset: ItemDataset, earlier: Earlier | None) -> None:
    """Put what the earlier run hands on into the folder of the run that goes on, unless it is there.

    Features without a word of their encoder are taken to be by that of the earlier run.

    Args:
        run: that goes on, or any other, which is left alone.
        dataset: of the run, earlier pairs that are replayed first.
        earlier: of :func:`check_continued`; None reads it, as for a run that is resumed.
    """
    from ucch.extraction import read_run_encoders, write_run_encoders

    recipe = run.recipe()
    if not recipe.growing.earlier or run.handed_on:
        return
    earlier = replace(earlier or _earlier(recipe), replayed=dataset.replayed)
    cards = read_run_encoders(Path(recipe.growing.earlier))
    if cards and not read_run_encoders(run.path):
        write_run_encoders(run.path, cards)
    earlier.save(run.earlier)


def _earlier(recipe: Recipe) -> Earlier:
    from ucch.runs import RunFolder
    from ucch.training.growing import Earlier

    return Earlier.of_run(RunFolder.open(recipe.growing.earlier), by_features=bool(recipe.growing.replay))
