"""The data set of a run, with the earlier pairs that it replays."""

from __future__ import annotations

from ...data import PairedDataset, load_dataset
from ...data.joined import joined_dataset
from ...recipe.recipe import Recipe

__all__ = ["run_dataset"]


def run_dataset(recipe: Recipe, data: str | None = None, data_root: str | None = None) -> PairedDataset:
    """Load what a run trains on and is evaluated on.

    Args:
        recipe: names the data, and under ``growing.replay`` the features of earlier pairs, which then come first.
        data: another name or file; the earlier pairs are then left out.
        data_root: another folder for it.

    Raises:
        DataError: as :func:`~ucch.data.load_dataset`, or the two have other widths.
    """
    root = data_root or recipe.data_root
    dataset = load_dataset(data or recipe.data, root, one_sided=recipe.pairs.one_sided)
    if data or not recipe.growing.replay:
        return dataset
    return joined_dataset(load_dataset(recipe.growing.replay, root, one_sided=recipe.pairs.one_sided), dataset)
