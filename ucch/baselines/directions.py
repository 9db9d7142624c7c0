"""Spaces in which images and texts meet: canonical directions, and principal components of the pair."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .linear_maps import product, ridge_solve

__all__ = ["Directions", "canonical_directions", "pair_components", "spread"]

_NOTHING = 1e-6  # directions weaker than this share of the strongest are rounding noise


@dataclass(frozen=True, eq=False)
class Directions:
    """Linear maps of both modalities into one space of r dimensions.

    Attributes:
        image: (dx, r) float64; text: (dy, r) float64.
        image_mean: (dx,), text_mean: (dy,): what features are centred by.
        strength: (r,) falling, how much a dimension says.
    """

    image: Tensor
    text: Tensor
    image_mean: Tensor
    text_mean: Tensor
    strength: Tensor

    def outputs(self, image: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        """Map features, (n, dx) and (n, dy), to (n, r) each."""
        return (
            (image - self.image_mean.to(image.dtype)) @ self.image.to(image.dtype),
            (text - self.text_mean.to(text.dtype)) @ self.text.to(text.dtype),
        )


def canonical_directions(image: Tensor, text: Tensor, n_directions: int, *, ridge: float = 1e-4) -> Directions:
    """Find the directions in which the modalities correlate most (CCA).

    ``max tr(Wx' Cxy Wy)`` with ``Wx' (Cxx + r I) Wx = I`` and the same for text: with Cholesky factors Lx, Ly, the
    singular vectors of ``Lx^-1 Cxy Ly^-T``.

    Args:
        image: (n, dx).
        text: (n, dy), the same items.
        n_directions: at most this many; fewer where the covariance has a lower rank.
        ridge: r as a share of the mean variance of a modality's features.

    Returns:
        Directions with the canonical correlations as strength. O(n d^2 + d^3), d = dx + dy.

    Raises:
        ValueError: ``ridge`` is 0 and a covariance is rank deficient.
    """
    (c_image, c_text, cross), means = _covariances(image, text)
    left, right = (_factor(c, ridge) for c in (c_image, c_text))
    whitened = torch.linalg.solve_triangular(left, cross, upper=False)
    whitened = torch.linalg.solve_triangular(right, whitened.T, upper=False).T
    u, strength, vt = torch.linalg.svd(whitened, full_matrices=False)
    kept = _kept(strength, n_directions)
    by_image, by_text = (
        torch.linalg.solve_triangular(factor.T, vectors[:, :kept], upper=True)
        for factor, vectors in ((left, u), (right, vt.T))
    )
    return Directions(by_image, by_text, *means, strength[:kept])


def pair_components(image: Tensor, text: Tensor, n_components: int | None = None, *, ridge: float = 1e-4) -> Directions:
    """Find principal components of the pair and let each modality predict them.

    The features of a pair, each modality at a total variance of 1, stand side by side; z are the leading components
    of that vector, and each modality's map is the ridge regression of z on its own features. So neither modality is
    asked to be like the other, dimensions may differ, and an item is encoded by one modality alone.

    Args:
        image: (n, dx).
        text: (n, dy), the same items.
        n_components: at most this many; None keeps the side-by-side vector itself, unrotated.
        ridge: of the regressions, as a share of the mean variance of a modality's features.

    Returns:
        Directions with the variances of the components as strength. O(n d^2 + d^3), d = dx + dy.

    Note:
        **Ours**: PCA, random projection and plain signs know one modality; the publications that compare with them
        across modalities do not say how the two are joined.
    """
    (c_image, c_text, cross), means = _covariances(image, text)
    units = [float(c.trace()) ** -0.5 if float(c.trace()) > 0 else 1.0 for c in (c_image, c_text)]
    scale = torch.cat([torch.full((len(c),), unit) for c, unit in zip((c_image, c_text), units, strict=True)])
    by_image, by_text = torch.cat([c_image, cross], dim=1), torch.cat([cross.T, c_text], dim=1)
    if n_components is None:
        strength, vectors = scale.double().square(), torch.diag(scale.double())
    else:
        joint = scale[:, None] * torch.cat([by_image, by_text]) * scale[None, :]
        values, columns = torch.linalg.eigh(joint)
        strength, vectors = values.flip(0).clamp(min=0), columns.flip(1)
        kept = _kept(strength, n_components)
        strength, vectors = strength[:kept], scale[:, None] * vectors[:, :kept]
    to_image, to_text = (ridge_solve(c, by @ vectors, ridge) for c, by in ((c_image, by_image), (c_text, by_text)))
    return Directions(to_image, to_text, *means, strength)


def spread(strength: Tensor, n_bits: int, generator: torch.Generator) -> Tensor:
    """Give every bit a direction: its own while there are any, then random mixtures of all, weighted by strength.

    Returns:
        (r, D) float64: the identity in the first r columns.
    """
    own = torch.eye(len(strength), n_bits, dtype=torch.float64)
    further = n_bits - len(strength)
    if further > 0:
        drawn = torch.randn(len(strength), further, generator=generator, dtype=torch.float64)
        own[:, len(strength) :] = strength[:, None] * drawn
    return own


def _covariances(image: Tensor, text: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Covariances of image, of text and between them, and the means."""
    means = image.double().mean(dim=0), text.double().mean(dim=0)
    image, text = (rows - mean.to(rows.dtype) for rows, mean in zip((image, text), means, strict=True))
    n = len(image)
    return (product(image, image) / n, product(text, text) / n, product(image, text) / n), means


def _factor(covariance: Tensor, ridge: float) -> Tensor:
    lift = ridge * float(covariance.diagonal().mean())
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(covariance + lift * torch.eye(len(covariance), dtype=torch.float64))
    if int(failed):
        raise ValueError(
            f"ridge must be above 0 where features are rank deficient, got {ridge!r} for {len(covariance)} of them"
        )
    return factor


def _kept(strength: Tensor, wanted: int) -> int:
    """How many directions to keep: those that are no rounding noise, at least one."""
    sound = int((strength > _NOTHING * strength[0]).sum())
    return max(1, min(wanted, sound))
