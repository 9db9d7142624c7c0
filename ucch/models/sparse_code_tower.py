"""A hash tower that goes through sparse codes: few atoms of a dictionary that together give the features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .._checks import interval, positive_int
from .hash_tower import HashTower

__all__ = ["SparseCodeTower", "lasso"]


def lasso(
    gram: Tensor, target: Tensor, penalty: Tensor, *, n_iterations: int = 100, start: Tensor | None = None
) -> Tensor:
    """Minimise ``s' G s / 2 - c' s + t |s|_1`` for every row by accelerated proximal gradient steps (FISTA).

    With ``G = D'D`` and ``c = D'x`` this is ``|x - D s|^2 / 2 + t |s|_1`` up to a constant.

    Args:
        gram: (K, K) symmetric, positive semidefinite.
        target: (B, K), a row c for each problem.
        penalty: (B, 1), t at least 0.
        n_iterations: steps; the error falls as their inverse square.
        start: (B, K); zeros by default.

    Returns:
        (B, K). O(B K^2) per iteration.

    Reference:
        Beck and Teboulle, "A Fast Iterative Shrinkage-Thresholding Algorithm for Linear Inverse Problems", SIAM J.
        Imaging Sciences 2(1), 2009.

    Example:
        >>> lasso(torch.eye(2), torch.tensor([[1.0, -0.2]]), torch.tensor([[0.5]]))
        tensor([[0.5000, 0.0000]])
    """
    step = 1 / torch.linalg.matrix_norm(gram, 2).clamp(min=1e-12)
    solution = torch.zeros_like(target) if start is None else start
    ahead, speed = solution, 1.0
    for _ in range(n_iterations):
        moved = ahead - step * (ahead @ gram - target)
        new = moved - moved.clamp(-step * penalty, step * penalty)  # towards 0 by t / step, not past it
        faster = (1 + (1 + 4 * speed * speed) ** 0.5) / 2
        ahead = new + (speed - 1) / faster * (new - solution)
        solution, speed = new, faster
    return solution


class SparseCodeTower(HashTower):
    """Reduce features linearly, code them sparsely, and map the sparse codes linearly to outputs.

    ``u = R s`` with ``s = argmin |x - D s|^2 / 2 + p max|D'x| |s|_1`` and x the reduced features at length 1. The
    dictionary D, the reduction and the linear layer are set by who builds the tower; nothing here is trained.

    Args:
        n_features: dimension of the input.
        n_bits: D, outputs.
        n_components: what features are reduced to.
        n_atoms: columns of the dictionary.
        sparsity: p in [0, 1], as a share of the penalty that would leave nothing.
        n_iterations: of :func:`lasso`.

    Shape:
        - input: (B, n_features), float.
        - output: (B, n_bits). O(B K^2) per iteration, K atoms.

    Raises:
        TypeError, ValueError: a size is not an int of at least 1, or ``sparsity`` is outside [0, 1].

    Example:
        >>> SparseCodeTower(20, 8, n_components=6, n_atoms=10)(torch.zeros(3, 20)).shape
        torch.Size([3, 8])
    """

    centre: Tensor
    reduction: Tensor
    dictionary: Tensor

    def __init__(
        self,
        n_features: int,
        n_bits: int,
        *,
        n_components: int,
        n_atoms: int,
        sparsity: float = 0.5,
        n_iterations: int = 100,
    ) -> None:
        sizes = {"n_features": n_features, "n_components": n_components, "n_iterations": n_iterations}
        for name, size in sizes.items():
            positive_int(name, size)
        interval("sparsity", sparsity, 0.0, 1.0)
        super().__init__(n_atoms, n_bits, n_layers=1)
        self.n_features, self.n_components, self.n_atoms = n_features, n_components, n_atoms
        self.sparsity, self.n_iterations = sparsity, n_iterations
        self.register_buffer("centre", torch.zeros(n_features))
        self.register_buffer("reduction", torch.zeros(n_features, n_components))
        self.register_buffer("dictionary", torch.zeros(n_components, n_atoms))

    def forward(self, x: Tensor) -> Tensor:
        reduced = normalize((x - self.centre) @ self.reduction, dim=1)
        target = reduced @ self.dictionary
        penalty = self.sparsity * target.abs().amax(dim=1, keepdim=True)
        codes = lasso(self.dictionary.T @ self.dictionary, target, penalty, n_iterations=self.n_iterations)
        out: Tensor = self.last(codes)
        return out

    def config(self) -> dict[str, Any]:
        """Arguments that build the tower again, and its kind."""
        names = ("n_features", "n_bits", "n_components", "n_atoms", "sparsity", "n_iterations")
        return {"kind": "sparse-code", **{name: getattr(self, name) for name in names}}
