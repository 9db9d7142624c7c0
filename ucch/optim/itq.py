"""ITQ: one rotation, for both modalities, that brings real outputs near the corners of the cube."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .._checks import positive_int, two_dimensional
from ..codes import sign
from ..collectives import World

__all__ = ["ItqRotation", "itq_error", "itq_rotation", "random_rotation"]


def random_rotation(n_bits: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw a random orthogonal (D, D) matrix."""
    q, r = torch.linalg.qr(torch.randn(n_bits, n_bits, generator=generator))
    rotation: Tensor = q * sign(r.diagonal())
    return rotation


def itq_error(values: Tensor, rotation: Tensor) -> Tensor:
    """Squared distance of the rotated values from their codes: ``|sign(V R) - V R|^2``."""
    rotated = values @ rotation
    return (sign(rotated) - rotated).square().sum()


def itq_rotation(values: Tensor, rotation: Tensor, *, n_iterations: int = 50, world: World | None = None) -> Tensor:
    """Rotate values so that taking signs loses least.

    Minimises ``|B - V R|^2`` over codes B and orthogonal R by turns: ``B = sign(V R)``; with ``U S W' = svd(B' V)``,
    ``R = W U'``. The error never rises. Turns end where one changes nothing, since those after it would not either.

    Args:
        values: (n, D), centred.
        rotation: (D, D) orthogonal start, such as :func:`random_rotation`.
        n_iterations: 50 as published, at most.
        world: processes that hold the values together, each its rows; this one alone by default. Collective: two
            (D, D) matrices travel per iteration, no rows.

    Returns:
        (D, D) orthogonal, the same in all processes. O(n D^2 + D^3) per iteration.

    Example:
        >>> values = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
        >>> rotation = itq_rotation(values, random_rotation(2, generator=torch.Generator().manual_seed(0)))
        >>> (values @ rotation).abs()  # every value on a diagonal
        tensor([[0.7071, 0.7071],
                [0.7071, 0.7071],
                [0.7071, 0.7071],
                [0.7071, 0.7071]])
    """
    world = world or World()
    for _ in range(n_iterations):
        codes = sign(values @ rotation)
        u, _, wt = torch.linalg.svd(world.sum(codes.T @ values))
        last, rotation = rotation, world.spread(wt.T @ u.T)
        if torch.equal(last, rotation):
            break
    return rotation


class ItqRotation(nn.Module):
    """Rotate outputs by one orthogonal matrix that is fitted again from time to time.

    ``forward`` is ``u R``. Rotate the outputs before any squashing, not after it, and both modalities by the same
    matrix. A linear last layer can take the matrix in, so that encoding needs no extra step.

    Args:
        n_bits: D.
        n_iterations: of one fit; 50 as published.
        generator: source of the random orthogonal start.

    Shape:
        - ``u``: (B, D); output: (B, D), equally long.

    Raises:
        TypeError, ValueError: a size is not an int of at least 1.

    Reference:
        Gong et al., "Iterative Quantization: A Procrustean Approach to Learning Binary Codes for Large-scale Image
        Retrieval", IEEE TPAMI 35(12), 2013.

    Example:
        >>> rotation = ItqRotation(4)
        >>> torch.allclose(rotation.matrix @ rotation.matrix.T, torch.eye(4), atol=1e-6)
        True
    """

    matrix: Tensor

    def __init__(self, n_bits: int, *, n_iterations: int = 50, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.n_bits = positive_int("n_bits", n_bits)
        self.n_iterations = positive_int("n_iterations", n_iterations)
        self.register_buffer("matrix", random_rotation(n_bits, generator=generator))

    def forward(self, u: Tensor) -> Tensor:
        return u.to(self.matrix.dtype) @ self.matrix

    @torch.no_grad()
    def fit(self, values: Tensor, *, world: World | None = None) -> Tensor:
        """Fit again, from the present matrix on; values are centred here.

        Args:
            values: (n, D) outputs as rotated by the present matrix.
            world: as of :func:`itq_rotation`.

        Returns:
            The (D, D) rotation by which the matrix changed; apply it to whatever holds rotated values.

        Raises:
            ValueError: ``values`` is no matrix of D columns.
        """
        two_dimensional("values", values, self.n_bits)
        world = world or World()
        mean = world.sum(values.sum(dim=0)) / sum(world.counts(len(values)))
        centred = (values - mean).to(self.matrix.dtype)
        start = torch.eye(self.n_bits, dtype=self.matrix.dtype, device=self.matrix.device)
        change = itq_rotation(centred, start, n_iterations=self.n_iterations, world=world)
        u, _, wt = torch.linalg.svd(self.matrix @ change)
        self.matrix.copy_(u @ wt)  # the nearest orthogonal matrix: rounding does not add up
        return change

    def extra_repr(self) -> str:
        return f"n_bits={self.n_bits}, n_iterations={self.n_iterations}"
