"""CMFH: both modalities factorised with one latent matrix, whose signs are the codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import positive, positive_int
from .baseline import Baseline, Learned
from .linear_maps import centred, linear_tower, product

__all__ = ["Cmfh", "cmfh", "cmfh_objective"]


def cmfh_objective(
    views: Sequence[Tensor],
    latent: Tensor,
    bases: Sequence[Tensor],
    maps: Sequence[Tensor],
    *,
    projection_weight: float,
    regularization: float,
) -> Tensor:
    """``sum_t (|X_t - Z U_t|^2 + mu |Z - X_t W_t|^2) / 2 + gamma (|Z|^2 + sum_t (|U_t|^2 + |W_t|^2) / 2)``.

    Args:
        views: X_t, (n, d_t) each, centred.
        latent: Z, (n, D).
        bases: U_t, (D, d_t) each.
        maps: W_t, (d_t, D) each.
        projection_weight: mu.
        regularization: gamma.
    """
    total = regularization * latent.square().sum()
    for x, u, w in zip(views, bases, maps, strict=True):
        fit = (x - latent @ u).square().sum() + projection_weight * (latent - x @ w).square().sum()
        total = total + (fit + regularization * (u.square().sum() + w.square().sum())) / 2
    return total


def cmfh(
    views: tuple[Tensor, Tensor], latent: Tensor, *, projection_weight: float, regularization: float, sweeps: int
) -> tuple[list[Tensor], list[float]]:
    """Minimise :func:`cmfh_objective` by turns, each turn in closed form.

    ``U_t = (Z'Z + g I)^-1 Z'X_t``; ``Z = sum_t X_t (U_t' + mu W_t) [sum_t U_t U_t' + 2 (mu + g) I]^-1``;
    ``W_t = (X_t'X_t + g/mu I)^-1 X_t'Z``. After the first turn Z is linear in the features,
    ``Z = [X_1 X_2] P``, so that all turns after it work on d x d products.

    Args:
        views: X_1 (n, d_1) and X_2 (n, d_2), centred.
        latent: (n, D), the random start of Z.
        projection_weight: mu, above 0.
        regularization: gamma, above 0.
        sweeps: turns.

    Returns:
        ``[W_1, W_2]`` in float64 and the objective after every sweep. O(n d^2) once, O(d^2 D + d^3) otherwise.
    """
    mu, gamma = projection_weight, regularization
    both = torch.cat(views, dim=1)
    gram = product(both, both)  # (d, d), d = d_1 + d_2
    widths = [view.shape[1] for view in views]
    parts = (slice(0, widths[0]), slice(widths[0], sum(widths)))
    factors = [
        torch.linalg.cholesky(gram[part, part] + gamma / mu * torch.eye(width, dtype=torch.float64))
        for part, width in zip(parts, widths, strict=True)
    ]
    seen, own = product(both, latent), product(latent, latent)  # X'Z (d, D) and Z'Z (D, D)
    identity = torch.eye(latent.shape[1], dtype=torch.float64)
    maps = [torch.cholesky_solve(seen[part], factor) for part, factor in zip(parts, factors, strict=True)]
    objective = []
    for _ in range(sweeps):
        bases = [torch.linalg.solve(own + gamma * identity, seen[part].T) for part in parts]
        right = torch.cat([u.T + mu * w for u, w in zip(bases, maps, strict=True)])
        left = torch.stack([u @ u.T for u in bases]).sum(dim=0) + 2 * (mu + gamma) * identity
        mixture = torch.linalg.solve(left, right.T).T  # P, (d, D)
        seen = gram @ mixture
        own = mixture.T @ seen
        maps = [torch.cholesky_solve(seen[part], factor) for part, factor in zip(parts, factors, strict=True)]
        value = gamma * own.trace()
        for part, u, w in zip(parts, bases, maps, strict=True):
            fit = gram[part, part].trace() - 2 * (u.T * seen[part]).sum() + (own * (u @ u.T)).sum()
            gap = own.trace() - 2 * (w * seen[part]).sum() + (w * (gram[part, part] @ w)).sum()
            value = value + (fit + mu * gap + gamma * (u.square().sum() + w.square().sum())) / 2
        objective.append(float(value))
    return maps, objective


@dataclass(eq=False)
class Cmfh(Baseline):
    """Factorise both modalities with one latent matrix and learn to project onto it; codes are signs of projections.

    Args:
        projection_weight: mu, how much Z must be a projection of each modality; 100 as published.
        regularization: gamma; .01 as published.
        sweeps: 25.

    Note:
        Modalities weigh one half each. A training item is encoded like any other, from one modality. In the table of
        UCCH's authors CMFH retrieves at chance, that is, its codes collapsed there.

    Reference:
        Ding, Guo and Zhou, "Collective Matrix Factorization Hashing for Multimodal Data", CVPR 2014; values from public
        code.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Cmfh(8).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    projection_weight: float = field(default=100.0, kw_only=True)
    regularization: float = field(default=0.01, kw_only=True)
    sweeps: int = field(default=25, kw_only=True)

    section: ClassVar[str] = "cmfh"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("projection_weight", self.projection_weight)
        positive("regularization", self.regularization)
        positive_int("sweeps", self.sweeps)

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        (image, image_mean), (text, text_mean) = centred(image), centred(text)
        start = torch.rand(len(image), self.n_bits, generator=generator)
        maps, objective = cmfh(
            (image, text),
            start,
            projection_weight=self.projection_weight,
            regularization=self.regularization,
            sweeps=self.sweeps,
        )
        return Learned(linear_tower(maps[0], image_mean), linear_tower(maps[1], text_mean), tuple(objective))
