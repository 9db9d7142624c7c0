"""Labels made up from the features, so that methods which need labels run without any."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import normalize

from .._checks import one_of, positive_int
from ..errors import DataError
from .arrays import FeatureArray, row_chunks
from .labels import LabelMatrix
from .pairs import Pairs
from .scaling import FeatureScaler

__all__ = ["PSEUDO_LABELS", "cluster_labels", "pseudo_labels", "tag_labels"]

PSEUDO_LABELS = ("kmeans", "tags")


def pseudo_labels(
    pairs: Pairs, kind: str, *, n_tags: int = 3, n_clusters: int = 64, n_nearest: int = 3, seed: int = 0
) -> LabelMatrix:
    """Make multi-hot labels from the features of pairs, by :func:`tag_labels` or :func:`cluster_labels`.

    Args:
        pairs: their labels are not read; where an image has several texts, their mean counts.
        kind: ``"tags"`` or ``"kmeans"``.
        n_tags: of :func:`tag_labels`.
        n_clusters, n_nearest, seed: of :func:`cluster_labels`.

    Raises:
        ValueError: the kind is unknown, or an option is out of range.
        DataError: the features do not suit the kind.
    """
    if one_of("kind", kind, PSEUDO_LABELS) == "tags":
        return tag_labels(_item_texts(pairs), n_tags, name=pairs.array_name("text"))
    return cluster_labels(pairs, n_clusters, n_nearest, seed=seed)


def tag_labels(text: FeatureArray, n_tags: int = 3, *, name: str = "text") -> LabelMatrix:
    """Take the strongest words of each text as its labels.

    A weight counts relative to the mean weight of its word over all texts, so that words which are everywhere do not
    win everywhere; of each text the ``n_tags`` strongest above zero are set, of equal ones the rarer and then the
    first. Words that fewer than two texts hold are left out: a label of one item relates it to nothing.

    Args:
        text: (n, C) weights of words or topics, none negative: counts, 0/1, tf-idf, topic shares.
        n_tags: labels of a row at most; 3.
        name: of ``text`` in messages.

    Returns:
        bool (n, C). A row without words has no label.

    Raises:
        DataError: a weight is negative, or no two texts share a word.

    Example:
        >>> tag_labels(np.array([[2, 1, 0], [1, 0, 3], [4, 1, 1]]), 1).astype(int)
        array([[0, 1, 0],
               [0, 0, 1],
               [1, 0, 0]])
    """
    positive_int("n_tags", n_tags)
    total, holders = np.zeros(text.shape[1]), np.zeros(text.shape[1], dtype=np.int64)
    for rows in row_chunks(text):
        chunk = np.asarray(text[rows], dtype=np.float64)
        if chunk.min() < 0:
            raise DataError(
                f"{name} must hold no negative weight to take tags from it, got {chunk.min():g};"
                " features that are not weights of words need kmeans"
            )
        total += chunk.sum(axis=0)
        holders += (chunk > 0).sum(axis=0)
    mean = np.where(holders > 1, total / len(text), np.inf)
    if not np.isfinite(mean).any():
        raise DataError(f"{name} has no word that two rows share, so no tag relates anything; use kmeans")
    order = np.argsort(mean, kind="stable")  # the rarer first, which decides between equals
    out = np.zeros(text.shape, dtype=np.bool_)
    for rows in row_chunks(text):
        strength = np.asarray(text[rows], dtype=np.float64)[:, order] / mean[order]
        best = np.argsort(-strength, axis=1, kind="stable")[:, :n_tags]
        set_rows, which = np.nonzero(np.take_along_axis(strength, best, axis=1) > 0)
        out[rows.start + set_rows, order[best[set_rows, which]]] = True
    return out


def cluster_labels(pairs: Pairs, n_clusters: int = 64, n_nearest: int = 3, *, seed: int = 0) -> LabelMatrix:
    """Take the nearest of k-means centres as labels, on image and text features side by side.

    Each modality is scaled as :class:`FeatureScaler` does by ``auto`` and its rows brought to unit length, so that
    both weigh alike.

    Args:
        pairs: their labels are not read.
        n_clusters: C; 64. At most a quarter of the pairs.
        n_nearest: labels of a row, 1 to C - 1; 3.
        seed: decides the centres.

    Returns:
        bool (n, C), ``n_nearest`` set in every row.

    Raises:
        ValueError: an option is not as above.

    Reference:
        D. Sculley, "Web-Scale K-Means Clustering", WWW 2010 (mini-batches).
    """
    positive_int("n_clusters", n_clusters)
    if not 1 <= n_nearest < n_clusters:
        raise ValueError(f"n_nearest must lie in [1, n_clusters - 1], got {n_nearest} with {n_clusters} clusters")
    if 4 * n_clusters > len(pairs):
        raise ValueError(f"n_clusters must be at most a quarter of the {len(pairs)} pairs, got {n_clusters}")
    fused = np.concatenate([_unit_rows(pairs.image), _unit_rows(_item_texts(pairs))], axis=1)
    from sklearn.cluster import MiniBatchKMeans

    kmeans = MiniBatchKMeans(n_clusters, random_state=seed % 2**32, n_init=3, batch_size=1024).fit(fused)
    nearest = np.argpartition(kmeans.transform(fused), n_nearest - 1, axis=1)[:, :n_nearest]
    out = np.zeros((len(pairs), n_clusters), dtype=np.bool_)
    np.put_along_axis(out, nearest, True, axis=1)
    return out


def _item_texts(pairs: Pairs) -> FeatureArray:
    """A row of text features per item: the mean of its texts."""
    if pairs.image_of_text is None:
        return pairs.text
    total = np.zeros((len(pairs), pairs.text.shape[1]), dtype=np.float32)
    np.add.at(total, pairs.image_of_text, pairs.text)
    return total / np.bincount(pairs.image_of_text, minlength=len(pairs))[:, None].astype(np.float32)


def _unit_rows(features: FeatureArray) -> npt.NDArray[np.float32]:
    scaler = FeatureScaler.fit(features)
    return np.concatenate(
        [normalize(scaler(torch.from_numpy(np.array(features[rows]))), dim=1).numpy() for rows in row_chunks(features)]
    )
