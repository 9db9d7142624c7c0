"""The Wikipedia cross-modal set, read from its published files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..text_lines import read_lines
from .dataset import PairedDataset
from .labels import multi_hot
from .mat import find_file, read_mat
from .pairs import Pairs

__all__ = ["load_wikipedia"]

SOURCE = (
    "N. Rasiwasia et al., A New Approach to Cross-Modal Multimedia Retrieval, ACM Multimedia 2010"
    " (the authors' archive of the Wikipedia data set)"
)
FEATURES = "raw_features.mat"
LISTS = {"train": "trainset_txt_img_cat.list", "query": "testset_txt_img_cat.list"}
N_ROWS = {"train": 2173, "query": 693}
N_CATEGORIES = 10


def load_wikipedia(root: str | os.PathLike[str]) -> PairedDataset:
    """Load the Wikipedia set: 2,173 training pairs (also the database) and 693 queries in ten categories.

    ``image`` is a 128-dimensional bag of visual words over SIFT descriptors, ``text`` a mixture of ten LDA topics; in
    both, every row sums to one. They are given as they come; scaling belongs to the model.

    Args:
        root: the folder with ``raw_features.mat`` (``I_tr``, ``I_te``, ``T_tr``, ``T_te``) and the two lists
            ``trainset_txt_img_cat.list`` and ``testset_txt_img_cat.list``, whose third column is the category.

    Raises:
        DataError: a file, variable or column is missing, or the rows are not those of the published set.

    Reference:
        N. Rasiwasia, J. Costa Pereira, E. Coviello, G. Doyle, G. Lanckriet, R. Levy, N. Vasconcelos: A New Approach
        to Cross-Modal Multimedia Retrieval, ACM Multimedia 2010.
    """
    root = Path(root)
    features_path = find_file(root, FEATURES, SOURCE)
    lists = {split: find_file(root, name, SOURCE) for split, name in LISTS.items()}
    features = read_mat(features_path, ("I_tr", "I_te", "T_tr", "T_te"))
    labels = multi_hot({split: _read_categories(path) for split, path in lists.items()})
    splits = {}
    for split, ending in (("train", "tr"), ("query", "te")):
        for key in (f"I_{ending}", f"T_{ending}"):
            if len(features[key]) != N_ROWS[split]:
                raise DataError(
                    f"{features_path}: {key} must have {N_ROWS[split]} rows, got shape {features[key].shape}"
                )
        if len(labels[split]) != N_ROWS[split]:
            raise DataError(f"{lists[split]} must have {N_ROWS[split]} lines, got {len(labels[split])}")
        splits[split] = Pairs(features[f"I_{ending}"], features[f"T_{ending}"], labels[split], split=split)
    return PairedDataset("wikipedia", splits["train"], splits["query"])


def _read_categories(path: Path) -> npt.NDArray[np.int64]:
    categories = []
    for number, line in enumerate(read_lines(path, errors="replace"), start=1):
        columns = line.split()
        if not columns:
            continue
        valid = len(columns) == 3 and columns[2].isascii() and columns[2].isdigit()
        if not valid or not 1 <= int(columns[2]) <= N_CATEGORIES:
            raise DataError(
                f"{path}, line {number}: must be text, image and category (1 to {N_CATEGORIES}), got {line!r}"
            )
        categories.append(int(columns[2]))
    if not categories:
        raise DataError(f"{path} is empty; it must name text, image and category on every line")
    return np.array(categories, dtype=np.int64)
