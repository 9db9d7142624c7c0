"""``joint-semantics``: both modalities' similarity, propagated over a graph of neighbours, as one row per item."""

from __future__ import annotations

from math import isqrt, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sparse
import torch
from scipy.sparse.linalg import eigsh
from torch import Tensor
from torch.nn.functional import normalize

from .._checks import interval, positive_int
from .cosines import cosines
from .neighbors import Neighbors, neighbor_lists
from .reduced import reduced

__all__ = ["JointSemantics", "diffusion_rows", "joint_rows", "joint_semantics_rows"]

_WIDTH = 256  # columns kept of a modality when neighbours are looked for
_MOST_NEIGHBORS = 256
_AT_ONCE = 2048  # items described at a time


def joint_rows(image: Tensor, text: Tensor, image_weight: float = 0.5) -> Tensor:
    """Rows whose inner products are ``w cos(image) + (1 - w) cos(text)``: (N, dx + dy)."""
    interval("image_weight", image_weight, 0.0, 1.0)
    parts = [sqrt(image_weight) * normalize(image, dim=1), sqrt(1 - image_weight) * normalize(text, dim=1)]
    return torch.cat(parts, dim=1)


def diffusion_rows(neighbors: Neighbors, *, n_components: int = 64, n_steps: int = 4) -> Tensor:
    """Embed the nodes of a neighbour graph so that inner products are those of walks over it.

    With A the symmetrised weights and ``M = D^-1/2 A D^-1/2``, eigenvectors U and eigenvalues l of M, the rows are
    ``U ((1 + l) / 2)^t``: two nodes are alike where lazy walks of t steps from both end in the same places, DGCPN's
    ``P P^T`` carried further. The eigenvectors are found from a fixed start.

    Args:
        neighbors: lists of N rows.
        n_components: d; at most N - 2 are kept.
        n_steps: t, at least 1.

    Returns:
        (N, d) float32. O(N k d) work per iteration of the eigensolver, O(N (k + d)) memory.
    """
    n, k = neighbors.index.shape
    positive_int("n_steps", n_steps)
    index, weight = neighbors.index.numpy(), neighbors.weight.double().numpy()
    one_way = sparse.csr_matrix((weight.ravel(), (np.repeat(np.arange(n), k), index.ravel())), shape=(n, n))
    graph = (one_way + one_way.T) / 2
    degree = np.asarray(graph.sum(axis=1)).ravel()
    root = sparse.diags(1 / np.sqrt(np.where(degree > 0, degree, 1)))
    count = min(positive_int("n_components", n_components), n - 2)
    if count < 1:  # too small a graph for the sparse solver
        values, vectors = np.linalg.eigh((root @ graph @ root).toarray())
    else:
        start = np.random.default_rng(0).standard_normal(n)
        values, vectors = eigsh((root @ graph @ root).tocsr(), k=count, which="LA", v0=start)
    return torch.from_numpy((vectors * ((1 + values) / 2) ** n_steps).astype(np.float32))


class JointSemantics:
    """The joint similarity of DJSRH and DGCPN's neighbour propagation, brought to one row per item.

    Anchors, all items where there are at most ``n_anchors``, make a graph of nearest neighbours by mixed cosines;
    :func:`diffusion_rows` embeds it; every other item takes the mean of its nearest anchors' rows, weighted by its
    similarity to them. So do items that were not there (Nystroem's extension of eigenvectors, cut to the k nearest).

    Args:
        image: (N, dx) scaled features of the training items.
        text: (N, dy), the same items.
        image_weight: w in [0, 1] of ``w cos(image) + (1 - w) cos(text)``.
        n_neighbors: k of the graph; the root of the number of anchors, at least 5 and at most 256, by default.
        n_components: d.
        n_steps: of the walks; 4. DGCPN's own propagation is one step.
        n_anchors: m.
        complete: numbers of the items that have both sides, at least one, from which anchors are drawn; None for all.
            The side that another item lacks is zeros: it is compared by the one it has.
        seed: draws the anchors where there are fewer than items.

    Note:
        **Ours**: the walks of several steps, their embedding and the anchors. Modalities wider than 256 are reduced
        to their 256 leading directions before neighbours are looked for.

    Reference:
        Su et al., ICCV 2019 (joint affinity); Yu et al., AAAI 2021 (neighbour coherence); Coifman and Lafon,
        "Diffusion maps", ACHA 2006 (the embedding); Bengio et al., "Out-of-sample extensions", NIPS 2003.
    """

    def __init__(
        self,
        image: Tensor,
        text: Tensor,
        *,
        image_weight: float = 0.5,
        n_neighbors: int | None = None,
        n_components: int = 64,
        n_steps: int = 4,
        n_anchors: int = 8192,
        complete: Tensor | None = None,
        seed: int = 0,
    ) -> None:
        if len(image) != len(text):
            raise ValueError(f"image and text must have one row per pair, got {len(image)} and {len(text)} rows")
        (image, self._image_directions), (text, self._text_directions) = (reduced(x, _WIDTH) for x in (image, text))
        self.image_weight = image_weight
        self._joint = joint_rows(image, text, image_weight)
        known = torch.arange(len(self._joint)) if complete is None else complete
        n, m = len(self._joint), min(len(known), positive_int("n_anchors", n_anchors))
        drawn = known[torch.from_numpy(np.sort(np.random.default_rng(seed).permutation(len(known))[:m]))]
        self._every_item = m == n
        self._anchors = anchors = self._joint if m == n else self._joint[drawn]
        self.n_neighbors = n_neighbors or min(_MOST_NEIGHBORS, max(5, isqrt(m)))
        lists = neighbor_lists(lambda rows: cosines(anchors[rows], anchors), m, n_neighbors=self.n_neighbors)
        self._rows = normalize(diffusion_rows(lists, n_components=n_components, n_steps=n_steps), dim=1)

    def rows(self) -> Tensor:
        """Rows of the items it was fitted to: (N, d) float32; unit rows.

        O(N m) similarities of at most 512 numbers each, O(N d + m k) numbers kept.
        """
        return self._rows if self._every_item else self._extended(self._joint)

    def rows_of(self, image: Tensor, text: Tensor) -> Tensor:
        """Rows of any items, from their features (n, dx) and (n, dy), scaled as those it was fitted to: (n, d)."""
        if self._image_directions is not None:
            image = image @ self._image_directions
        if self._text_directions is not None:
            text = text @ self._text_directions
        return self._extended(joint_rows(image, text, self.image_weight))

    def _extended(self, joint: Tensor) -> Tensor:
        return normalize(torch.cat([self._mean_of_nearest(part) for part in torch.split(joint, _AT_ONCE)]), dim=1)

    def _mean_of_nearest(self, joint: Tensor) -> Tensor:
        """Mean row of the k nearest anchors of each item; an anchor is its own nearest."""
        nearest = cosines(joint, self._anchors).topk(min(self.n_neighbors, len(self._anchors)), dim=1)
        weight = nearest.values.clamp(min=0)
        weight = weight / weight.sum(dim=1, keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny)
        return torch.einsum("ak,akd->ad", weight, self._rows[nearest.indices])


def joint_semantics_rows(image: Tensor, text: Tensor, **options: Any) -> Tensor:
    """The rows that :class:`JointSemantics` gives the items it is fitted to: (N, d), unit rows; arguments are its."""
    return JointSemantics(image, text, **options).rows()
