"""LSSH: sparse codes of images and a factorisation of texts, linked in one latent space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .._checks import interval, positive, positive_int
from ..models import SparseCodeTower, lasso
from .baseline import Baseline, Learned
from .linear_maps import centred, linear_tower, product

__all__ = ["Lssh", "bounded_dictionary", "latent_codes"]


def bounded_dictionary(rows: Tensor, codes: Tensor, dictionary: Tensor, *, sweeps: int = 1) -> Tensor:
    """Minimise ``|X - S D|^2`` over dictionaries whose atoms are at most 1 long, one atom at a time.

    Each atom's turn is exact: its least-squares solution, cut to the ball. Atoms that no row uses stay.

    Args:
        rows: X, (n, d).
        codes: S, (n, K).
        dictionary: (K, d), the start.
        sweeps: over all atoms.

    Returns:
        (K, d). O(n K (d + K)) once, O(K^2 d) per sweep.
    """
    gram, right = codes.T @ codes, codes.T @ rows  # (K, K), (K, d)
    atoms = dictionary.clone()
    for _ in range(sweeps):
        for k in (gram.diagonal() > 1e-12).nonzero().flatten().tolist():
            atom = atoms[k] + (right[k] - gram[k] @ atoms) / gram[k, k]
            atoms[k] = atom / atom.norm().clamp(min=1)
    return atoms


def latent_codes(text: Tensor, basis: Tensor, linked: Tensor, link_ratio: float) -> Tensor:
    """Minimise ``|T - Z A|^2 + r |Z - Y|^2`` over Z: ``Z = (T A' + r Y)(A A' + r I)^-1``.

    Args:
        text: T, (n, dy).
        basis: A, (L, dy).
        linked: Y, (n, L), the sparse codes mapped to the latent space.
        link_ratio: r, above 0.

    Returns:
        (n, L).
    """
    gram = basis @ basis.T + link_ratio * torch.eye(len(basis), dtype=basis.dtype)
    solution: Tensor = torch.linalg.solve(gram, (text @ basis.T + link_ratio * linked).T).T
    return solution


@dataclass(eq=False)
class Lssh(Baseline):
    """Code images sparsely, factorise texts, and link both in a latent space whose signs are the codes.

    ``|X - S D|^2 + rho |S|_1 + mu |T - Z A|^2 + lambda |Z - S R|^2`` with atoms of D, A and R at most 1 long; X are
    images reduced to at most L principal components, rows at length 1. Turns: S by lasso, D, R, A one atom at a time
    (:func:`bounded_dictionary`), Z in closed form (:func:`latent_codes`).

    Codes of new items: an image ``sign(s R)`` with s its lasso solution, a text
    ``sign((A A' + lambda/mu I)^-1 A t)``. The publication codes a database item from both modalities; here each is
    coded alone, as in the rest of the package.

    Args:
        atoms: of the dictionary, 512; no more than training rows.
        sparsity: rho as a share of the penalty that leaves nothing, .5, for each row by itself.
        text_weight: mu, .05.
        link_weight: lambda, .2.
        outer_rounds: 20.
        max_rows: training rows used, drawn at random; 10,000.

    Note:
        ``|.|^2 + rho |.|_1`` is solved as ``|.|^2 / 2 + rho/2 |.|_1``, 10 warm-started iterations a round.

    Reference:
        Zhou, Ding and Guo, "Latent Semantic Sparse Hashing for Cross-Modal Similarity Search", SIGIR 2014; values from
        public code.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> Lssh(8, atoms=20).fit(image, image[:, :4]).encode_image(image[:2]).shape
        (2, 1)
    """

    atoms: int = field(default=512, kw_only=True)
    sparsity: float = field(default=0.5, kw_only=True)
    text_weight: float = field(default=0.05, kw_only=True)
    link_weight: float = field(default=0.2, kw_only=True)
    outer_rounds: int = field(default=20, kw_only=True)
    max_rows: int = field(default=10_000, kw_only=True)

    section: ClassVar[str] = "lssh"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("atoms", "outer_rounds", "max_rows"):
            positive_int(name, getattr(self, name))
        for name in ("text_weight", "link_weight"):
            positive(name, getattr(self, name))
        interval("sparsity", self.sparsity, 0.0, 1.0)

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        rows = torch.randperm(len(image), generator=generator)[: self.max_rows]
        (image, image_mean), (text, text_mean) = centred(image[rows]), centred(text[rows])
        reduction = torch.linalg.eigh(product(image, image)).eigenvectors.flip(1)[:, : self.n_bits].float()
        reduced = normalize(image @ reduction, dim=1)  # (n, c), c = min(L, dx)
        atoms = torch.randperm(len(rows), generator=generator)[: self.atoms]
        parts = self._alternate(reduced, text, reduced[atoms], generator)
        dictionary, to_latent, basis = parts
        tower = SparseCodeTower(
            image.shape[1],
            self.n_bits,
            n_components=reduction.shape[1],
            n_atoms=len(dictionary),
            sparsity=self.sparsity,
        )
        tower.centre.copy_(image_mean)
        tower.reduction.copy_(reduction)
        tower.dictionary.copy_(dictionary.T)
        tower.last.weight.copy_(to_latent.T)
        tower.last.bias.zero_()
        identity = torch.eye(text.shape[1], dtype=basis.dtype)
        by_text = latent_codes(identity, basis, torch.zeros(len(identity), self.n_bits), self._ratio)
        return Learned(tower, linear_tower(by_text.double(), text_mean))

    @property
    def _ratio(self) -> float:
        return self.link_weight / self.text_weight

    def _alternate(
        self, reduced: Tensor, text: Tensor, dictionary: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """D (K, c), R (K, L) and A (L, dy) after the last round."""
        to_latent = normalize(torch.randn(len(dictionary), self.n_bits, generator=generator), dim=1)
        basis = normalize(torch.randn(self.n_bits, text.shape[1], generator=generator), dim=1)
        latent = latent_codes(text, basis, torch.zeros(len(text), self.n_bits), self._ratio)
        codes = torch.zeros(len(reduced), len(dictionary))
        for _ in range(self.outer_rounds):
            target = reduced @ dictionary.T
            penalty = self.sparsity * target.abs().amax(dim=1, keepdim=True)
            codes = lasso(
                dictionary @ dictionary.T + self.link_weight * to_latent @ to_latent.T,
                target + self.link_weight * latent @ to_latent.T,
                penalty,
                n_iterations=10,
                start=codes,
            )
            dictionary = bounded_dictionary(reduced, codes, dictionary)
            to_latent = bounded_dictionary(latent, codes, to_latent)
            basis = bounded_dictionary(text, latent, basis)
            latent = latent_codes(text, basis, codes @ to_latent, self._ratio)
        return dictionary, to_latent, basis
