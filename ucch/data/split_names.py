"""What the names of splits mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["QUERY_SPLITS", "TRAIN_SPLITS", "VALIDATION_SPLITS", "sides_of"]

TRAIN_SPLITS = ("train", "training", "restval")  # restval: COCO's images that Karpathy adds to the training ones
QUERY_SPLITS = ("query", "test", "testing")
VALIDATION_SPLITS = ("val", "validation", "valid", "dev")

Mask = npt.NDArray[np.bool_]


def sides_of(splits: Sequence[str]) -> tuple[Mask, Mask] | None:
    """Which items are trained on and which ask: the test split, or the validation split where there is none.

    Args:
        splits: the name of each item's split; case does not matter.

    Returns:
        Two masks; an item in neither stands aside. None where either side would be empty.

    Example:
        >>> train, query = sides_of(["train", "val", "test", "restval"])
        >>> train.tolist(), query.tolist()
        ([True, False, False, True], [False, False, True, False])
    """
    names = np.array([split.strip().lower() for split in splits], dtype=object)
    train, test, validation = (np.isin(names, known) for known in (TRAIN_SPLITS, QUERY_SPLITS, VALIDATION_SPLITS))
    query = test if test.any() else validation
    return (train, query) if train.any() and query.any() else None
