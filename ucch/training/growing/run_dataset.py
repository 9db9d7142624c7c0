"""The data set of a run, with the earlier pairs that it replays, and the codes by which these answer."""

from __future__ import annotations

from typing import cast

from ...codes import PackedCodes
from ...data import ItemDataset, PairedDataset, as_pairs, load_items
from ...data.joined import joined_dataset
from ...errors import DataError
from ...recipe.recipe import Recipe
from ...runs.run_folder import RunFolder

__all__ = ["kept_codes", "run_dataset", "with_replayed"]


def run_dataset(recipe: Recipe, data: str | None = None, data_root: str | None = None) -> ItemDataset:
    """Load what a run trains on and is evaluated on.

    Args:
        recipe: names the data, and under ``growing.replay`` the features of earlier pairs, which then come first.
        data: another name or file; the earlier pairs are then left out.
        data_root: another folder for it.

    Raises:
        DataError: as :func:`~ucch.data.load_items`, or the two have other widths or are no pairs of image and text; the
            run trained on a stream, of which nothing is kept, or was made of photographs alone.
    """
    if recipe.source.stream and not data:
        raise DataError(
            f"a run on a stream, {recipe.source.stream}, has no data of its own; ucch eval RUN --data FILE asks it by"
            " other data, and ucch encode RUN --features FILE makes codes, which ucch index takes"
        )
    if not (recipe.data or data):
        raise DataError(
            f"a run on photographs without captions, {recipe.source.images}, has no pairs of its own; name some by"
            " --data, or learn from captions with ucch train --images DIR --captions FILE"
        )
    root = data_root or recipe.data_root
    new = load_items(data or recipe.data, root, one_sided=recipe.pairs.one_sided)
    return new if data else with_replayed(recipe, new, root)


def with_replayed(recipe: Recipe, new: ItemDataset, data_root: str | None = None) -> ItemDataset:
    """The set ``new`` with the earlier pairs before it whose features ``growing.replay`` names; itself where none are.

    Raises:
        DataError: as :func:`run_dataset`.
    """
    if not recipe.growing.replay:
        return new
    pairs = _pairs(new)
    earlier = load_items(recipe.growing.replay, data_root or recipe.data_root, one_sided=recipe.pairs.one_sided)
    return joined_dataset(_pairs(earlier), pairs)


def _pairs(dataset: ItemDataset) -> PairedDataset:
    as_pairs(dataset.train, "growing")
    return cast("PairedDataset", dataset)  # a set of pairs is loaded as one


def kept_codes(run: RunFolder, dataset: ItemDataset) -> dict[str, PackedCodes]:
    """Codes that the first database items of a run's own data keep, ``image`` and ``text``; empty where none do.

    A database apart from the training pairs is of the new data alone: nothing of it was encoded before.

    Raises:
        RunError: a file of the run is damaged.
    """
    return run.kept_codes() if dataset.database_is_train else {}
