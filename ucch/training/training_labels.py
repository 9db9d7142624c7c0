"""The labels a run learns from: those of the data, or made up from the features."""

from __future__ import annotations

import torch
from torch import Tensor

from ..data import Items, as_pairs, pseudo_labels
from ..errors import DataError, RecipeError
from ..recipe.recipe import Recipe

__all__ = ["training_labels"]


def training_labels(recipe: Recipe, pairs: Items) -> Tensor:
    """Fetch the labels that ``recipe.labels`` asks for, and refuse those that relate nothing or everything.

    Args:
        recipe: ``labels.pseudo`` says whether to read the labels of the data (``"none"``) or to make them up.
        pairs: training pairs.

    Returns:
        bool multi-hot, (n, C). Rows without a class may occur; the losses skip them.

    Raises:
        DataError: the data have no labels, fewer than two classes occur, or every labelled row carries one and the
            same class.
        RecipeError: an option of the made-up labels does not suit the data.
    """
    section = recipe.labels
    if section.pseudo == "none":
        if pairs.label is None:
            raise DataError(
                f"recipe {recipe.name} learns from labels, but the training pairs have no {pairs.array_name('label')};"
                " add it, or have labels made up from the features with --pseudo-labels tags or kmeans"
            )
        label, name = pairs.label, pairs.array_name("label")
    else:
        options = {"n_tags": section.n_tags, "n_clusters": section.n_clusters, "n_nearest": section.n_nearest}
        try:
            label = pseudo_labels(as_pairs(pairs, "labels.pseudo"), section.pseudo, seed=recipe.seed, **options)
        except DataError:
            raise
        except ValueError as error:
            raise RecipeError(f"recipe section labels: {error}") from error
        name = f"made-up labels ({section.pseudo})"
    counts, n_labelled = label.sum(axis=0), int(label.any(axis=1).sum())
    if (counts > 0).sum() < 2:
        raise DataError(
            f"{name} must hold at least two classes to learn from, got {int((counts > 0).sum())} in use;"
            " without labels, the recipe default learns from the pairs alone"
        )
    if counts.max() == n_labelled:
        raise DataError(
            f"{name} has class {int(counts.argmax())} on each of its {n_labelled} labelled rows, so that any two rows"
            " count as related; leave that column out"
        )
    return torch.from_numpy(label)
