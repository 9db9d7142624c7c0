"""A hash tower: a multi-layer perceptron from one modality's features to D real outputs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from .._checks import one_of, positive_int

__all__ = ["HashTower"]

ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU}


class HashTower(nn.Sequential):
    """Map features to real outputs by linear layers with an activation between them.

    No dropout, no normalisation and torch's own initialisation, as in the published code.

    Args:
        n_features: dimension of the input.
        n_bits: D, outputs.
        width: hidden units of every layer but the last; the published code uses 8,192.
        n_layers: linear layers; the published code uses 3 for images and 2 for texts.
        activation: ``"relu"`` as published, or ``"gelu"``.

    Shape:
        - input: (B, n_features), float.
        - output: (B, D), real, before any squashing.

    Raises:
        TypeError, ValueError: a size is not an int of at least 1, or the activation is unknown.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023; sizes from its code.

    Example:
        >>> import torch
        >>> HashTower(20, 8, width=16, n_layers=2)(torch.zeros(3, 20)).shape
        torch.Size([3, 8])
    """

    def __init__(
        self, n_features: int, n_bits: int, *, width: int = 1024, n_layers: int = 3, activation: str = "relu"
    ) -> None:
        for name, size in (("n_features", n_features), ("n_bits", n_bits), ("width", width), ("n_layers", n_layers)):
            positive_int(name, size)
        between = ACTIVATIONS[one_of("activation", activation, ACTIVATIONS)]
        sizes = [n_features, *[width] * (n_layers - 1), n_bits]
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise(sizes):
            layers += [nn.Linear(size_in, size_out), between()]
        super().__init__(*layers[:-1])
        self.n_features, self.n_bits, self.width, self.n_layers = n_features, n_bits, width, n_layers
        self.activation = activation

    @torch.no_grad()
    def shift_outputs(self, offset: Tensor) -> None:
        """Add ``offset``, (D,), to every output: it goes into the bias of the last layer."""
        self.last.bias.add_(offset)

    @torch.no_grad()
    def rotate_outputs(self, matrix: Tensor) -> None:
        """Multiply every output u by ``matrix``, (D, D), as ``u R``: it goes into the last layer."""
        last = self.last
        last.weight.copy_(matrix.T.to(last.weight.dtype) @ last.weight)
        last.bias.copy_(last.bias @ matrix.to(last.bias.dtype))

    @torch.no_grad()
    def keep_outputs(self, n_bits: int) -> None:
        """Leave the first ``n_bits`` outputs and drop the others."""
        last = self.last
        last.weight, last.bias = (nn.Parameter(part[:n_bits].clone()) for part in (last.weight, last.bias))
        last.out_features = self.n_bits = n_bits

    @property
    def last(self) -> nn.Linear:
        """The layer that gives the outputs."""
        last = self[-1]
        assert isinstance(last, nn.Linear)
        return last

    def config(self) -> dict[str, Any]:
        """Arguments that build the tower again."""
        return {name: getattr(self, name) for name in ("n_features", "n_bits", "width", "n_layers", "activation")}
