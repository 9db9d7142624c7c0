"""MIRFLICKR-25K's tags, split into two halves: a real multi-label set of two views without image features."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..errors import DataError
from .dataset import PairedDataset
from .labels import multi_hot
from .mat import find_file, read_mat
from .pairs import Pairs

__all__ = ["load_tag_halves"]

SOURCE = (
    "M. Huiskes, M. Lew, The MIR Flickr Retrieval Evaluation, ACM MIR 2008, in the .mat layout of the UCCH authors'"
    " published features (YAll, LAll)"
)
FILES = {"YAll": ("mirflickr25k-yall.mat", (20015, 1386)), "LAll": ("mirflickr25k-lall.mat", (20015, 24))}
N_QUERIES = 1500
SPLIT_SEED = 0


def load_tag_halves(root: str | os.PathLike[str]) -> PairedDataset:
    """Load MIRFLICKR-25K's tags as two views. This is *two halves of the tags, not image and text*: say so in reports.

    The 1,386 tags are split at random, by ``numpy.random.default_rng(0).permutation(1386)``: the first 693 are the
    ``image`` view, the others the ``text`` view, both binary. Rows that have a tag in each half are kept (13,801), in
    the published order; the last 1,500 are the queries, the others the training pairs and the database. The 24
    labels are for evaluation only; a ranking by chance has MAP .548, since most pairs of pictures share a label.

    Args:
        root: the folder with ``mirflickr25k-yall.mat`` and ``mirflickr25k-lall.mat``.

    Raises:
        DataError: a file or variable is missing, or it is not the published one.

    Reference:
        M. J. Huiskes, M. S. Lew: The MIR Flickr Retrieval Evaluation, ACM MIR 2008.
    """
    root = Path(root)
    paths = {key: find_file(root, name, SOURCE) for key, (name, _) in FILES.items()}
    arrays = {key: read_mat(path, (key,))[key] for key, path in paths.items()}
    for key, (_, shape) in FILES.items():
        if arrays[key].shape != shape:
            raise DataError(f"{paths[key]}: {key} must have shape {shape}, got shape {arrays[key].shape}")
    tags = arrays["YAll"].astype(np.uint8)
    order = np.random.default_rng(SPLIT_SEED).permutation(tags.shape[1])
    first, second = (tags[:, columns] for columns in np.split(order, 2))
    kept = first.any(axis=1) & second.any(axis=1)
    pairs = Pairs(first[kept], second[kept], multi_hot({"LAll": arrays["LAll"]})["LAll"][kept])
    return PairedDataset(
        "mirflickr-tags",
        train=pairs.take(slice(None, -N_QUERIES), split="train"),
        query=pairs.take(slice(-N_QUERIES, None), split="query"),
    )
