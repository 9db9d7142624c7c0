"""From features to packed codes as one module that an exporter can trace."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..codes import n_bytes
from ..errors import RunError
from ..models import HashModel, SparseCodeTower

__all__ = ["CodeGraph", "pack_signs", "place_values"]


def place_values(n_bits: int) -> Tensor:
    """What each bit adds to each byte of a packed code: (D, ceil(D/8)), most significant bit first.

    Example:
        >>> place_values(10)[:, 1].int().tolist()
        [0, 0, 0, 0, 0, 0, 0, 0, 128, 64]
    """
    bits = torch.arange(n_bits)
    values = torch.zeros(n_bits, n_bytes(n_bits))
    values[bits, bits // 8] = 2.0 ** (7 - bits % 8)
    return values


def pack_signs(outputs: Tensor, places: Tensor) -> Tensor:
    """Pack the signs of real outputs, (B, D) to uint8 (B, ceil(D/8)), as :func:`ucch.codes.pack` of ``sign`` does.

    One product with :func:`place_values`: bytes are whole numbers below 256, which float32 holds exactly.

    Example:
        >>> pack_signs(torch.tensor([[0.5, -1.0, 0.0]]), place_values(3)).tolist()
        [[160]]
    """
    return ((outputs >= 0).to(places.dtype) @ places).to(torch.uint8)


class CodeGraph(nn.Module):
    """Scale the features of one modality, run its tower, and pack the signs.

    Args:
        model: the trained model; its layers are shared, not copied.
        modality: ``image`` or ``text``.

    Shape:
        - input: (B, d), float32.
        - output: packed codes, uint8 (B, ceil(D/8)), and real outputs, float32 (B, D).

    Raises:
        RunError: the tower has no graph.

    Example:
        >>> from ucch.data import FeatureScaler
        >>> from ucch.models import HashTower
        >>> scaler = FeatureScaler(6, "none", "none", "asked for")
        >>> model = HashModel(scaler, scaler, HashTower(6, 12), HashTower(6, 12))
        >>> [tuple(part.shape) for part in CodeGraph(model, "text")(torch.zeros(3, 6))]
        [(3, 2), (3, 12)]
    """

    names = ("features",)
    places: Tensor

    def __init__(self, model: HashModel, modality: str) -> None:
        super().__init__()
        self.scaler, self.tower = model.scalers()[modality], model.towers()[modality]
        if isinstance(self.tower, SparseCodeTower):
            raise RunError(
                f"the {modality} tower of this model solves a lasso for every row, which has no ONNX graph; export"
                f" the other modality with --modality {'text' if modality == 'image' else 'image'}, or train another"
                " method, such as cca-itq"
            )
        self.register_buffer("places", place_values(model.n_bits), persistent=False)

    def example(self) -> tuple[Tensor, ...]:
        """Inputs to trace with."""
        return (torch.zeros(2, self.tower.n_features),)

    def dynamic(self) -> list[dict[int, str]]:
        """The axes of each input that may have any length."""
        return [{0: "batch"}]

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        outputs = self.tower(self.scaler(features))
        return pack_signs(outputs, self.places), outputs
