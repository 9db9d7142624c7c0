"""FSH: codes that keep a similarity fused over both modalities, through a graph of anchors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import positive, positive_int
from ..codes import sign
from .baseline import Baseline, Learned
from .linear_maps import centred, linear_tower, product, ridge_solve

__all__ = ["Fsh", "fsh_codes", "fsh_objective", "fused_similarity"]


def fused_similarity(image: Tensor, text: Tensor, anchors: Tensor, *, n_nearest: int = 10) -> tuple[Tensor, Tensor]:
    """Compare items with anchors through their nearest anchors, one modality for each.

    ``A1[i, m]`` is the mean Gaussian image similarity between the ``n_nearest`` anchors nearest to item i by image and
    those nearest to anchor m by text; ``A2`` has the modalities swapped. The Gaussian's variance is the mean squared
    distance between anchors.

    Args:
        image: (n, dx); text: (n, dy).
        anchors: (P,) rows that are anchors.
        n_nearest: at most P are taken.

    Returns:
        A1 and A2, (n, P) in [0, 1], float32. O(n P (dx + dy + P)).
    """
    k = min(n_nearest, len(anchors))
    near, likeness = [], []
    for rows in (image, text):
        places = torch.cdist(rows, rows[anchors]).topk(k, dim=1, largest=False).indices
        near.append(torch.zeros(len(rows), len(anchors)).scatter_(1, places, 1 / k))  # (n, P), rows add up to 1
        squared = torch.cdist(rows[anchors], rows[anchors]).square()
        likeness.append(torch.exp(-squared / squared.mean().clamp(min=1e-12) / 2))  # (P, P)
    by_image = near[0] @ likeness[0] @ near[1][anchors].T
    by_text = near[1] @ likeness[1] @ near[0][anchors].T
    return by_image, by_text


def fsh_codes(similarity: Tensor, anchor_codes: Tensor, regressed: Tensor, regression_weight: float) -> Tensor:
    """The codes that maximise :func:`fsh_objective` with all else fixed: ``sign(D Bs + 2 lambda sum_t X_t W_t)``.

    Args:
        similarity: D, (n, P).
        anchor_codes: Bs, (P, L) of +-1.
        regressed: ``X_1 W_1 + X_2 W_2``, (n, L).
        regression_weight: lambda.
    """
    return sign(similarity @ anchor_codes + 2 * regression_weight * regressed)


def fsh_objective(
    similarity: Tensor, codes: Tensor, anchor_codes: Tensor, projected: tuple[Tensor, Tensor], regression_weight: float
) -> Tensor:
    """``tr(B' D Bs) - lambda sum_t |B - X_t W_t|^2``, to be maximised.

    Args:
        similarity: D, (n, P).
        codes: B, (n, L); anchor_codes: Bs, (P, L); of +-1.
        projected: ``X_t W_t``, (n, L) each.
        regression_weight: lambda.
    """
    kept = (codes * (similarity @ anchor_codes)).sum()
    return kept - regression_weight * sum((codes - side).square().sum() for side in projected)


@dataclass(eq=False)
class Fsh(Baseline):
    """Learn codes of the training pairs by turns with linear maps that predict them.

    ``max tr(B' D Bs) - lambda sum_t |B - X_t W_t|^2`` over codes B of the pairs, codes Bs of P anchors and maps W_t, D
    the mean of two fused similarities weighted eta and 1 - eta (:func:`fused_similarity`). Every turn is in closed
    form: B (:func:`fsh_codes`), ``Bs = sign(D'B)``, W_t by ridge regression. It ends when no code changes.

    Args:
        anchors: P, drawn at random; 50.
        nearest: anchors that stand for an item; 10.
        regression_weight: lambda, 300.
        rounds: at most 100.
        regression_ridge: as a share of a modality's mean variance; the published solution has none and fails where
            features are rank deficient.

    Note:
        **Reconstructed** in part: the Gaussian's width, the random start of B, and eta, which after each turn weighs a
        similarity by how little it falls short of ``L sum(A)``, the most its trace can reach. An item is encoded as
        ``sign(x W_t)``.

    Reference:
        Liu, Ji, Wu, Huang and Zhang, "Cross-Modality Binary Code Learning via Fusion Similarity Hashing", CVPR 2017;
        values from the author's public re-implementation.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Fsh(8).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    anchors: int = field(default=50, kw_only=True)
    nearest: int = field(default=10, kw_only=True)
    regression_weight: float = field(default=300.0, kw_only=True)
    rounds: int = field(default=100, kw_only=True)
    regression_ridge: float = field(default=1e-4, kw_only=True)

    section: ClassVar[str] = "fsh"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("anchors", "nearest", "rounds"):
            positive_int(name, getattr(self, name))
        positive("regression_weight", self.regression_weight)

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        chosen = torch.randperm(len(image), generator=generator)[: self.anchors]
        similarities = fused_similarity(image, text, chosen, n_nearest=self.nearest)
        (image, image_mean), (text, text_mean) = centred(image), centred(text)
        views = (image, text)
        grams = [product(view, view) for view in views]
        codes = sign(torch.randn(len(image), self.n_bits, generator=generator))
        eta, objective = 0.5, []
        for _ in range(self.rounds):
            similarity = eta * similarities[0] + (1 - eta) * similarities[1]
            maps = [
                ridge_solve(gram, product(view, codes), self.regression_ridge)
                for gram, view in zip(grams, views, strict=True)
            ]
            projected = (image @ maps[0].float(), text @ maps[1].float())
            anchor_codes = sign(similarity.T @ codes)
            new = fsh_codes(similarity, anchor_codes, projected[0] + projected[1], self.regression_weight)
            objective.append(float(fsh_objective(similarity, new, anchor_codes, projected, self.regression_weight)))
            settled, codes = torch.equal(new, codes), new
            if settled:
                break
            eta = _balance(similarities, codes, anchor_codes)
        return Learned(linear_tower(maps[0], image_mean), linear_tower(maps[1], text_mean), tuple(objective))


def _balance(similarities: tuple[Tensor, Tensor], codes: Tensor, anchor_codes: Tensor) -> float:
    """Weight of the first similarity: the share of the shortfall that is the second's."""
    first, second = (float(codes.shape[1] * a.sum() - (codes * (a @ anchor_codes)).sum()) for a in similarities)
    return second / (first + second) if first + second > 0 else 0.5
