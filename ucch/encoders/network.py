"""What image encoders around a torch network share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from .fingerprint import fingerprint
from .interface import Features

if TYPE_CHECKING:
    from PIL.Image import Image
    from typing_extensions import Self

__all__ = ["NetworkImageEncoder"]


class NetworkImageEncoder:
    """Encode pictures by a torch network, which a run may train on together with its towers.

    A subclass gives ``name``, ``dimension`` and ``prepare``, and :meth:`features` where calling the network is not all.

    Args:
        network: kept in evaluation mode, its weights fixed; what it draws or counts while it trains stays off.
        settings: everything but the weights that decides the features, as JSON holds it.
        prepare: makes (3, height, width) float32 of an RGB picture; picklable.

    Attributes:
        digest: fingerprint of settings and weights.
    """

    name: str
    dimension: int

    def __init__(self, network: nn.Module, settings: dict[str, Any], prepare: Callable[[Image], Any]) -> None:
        self.network = network.eval().requires_grad_(False)
        self.prepare = prepare
        self.device = torch.device("cpu")
        self._settings = settings
        self.digest = fingerprint(settings, network)

    def to(self, device: torch.device) -> Self:
        """Move the network."""
        self.network.to(device)
        self.device = device
        return self

    def features(self, pixels: Tensor) -> Tensor:
        """Features (B, d) of pixels (B, 3, height, width) on the encoder's device; autograd sees the network."""
        out: Tensor = self.network(pixels)
        return out

    @torch.inference_mode()
    def encode(self, batch: Sequence[npt.NDArray[np.float32]]) -> Features:
        """Encode B prepared pictures into (B, d) float32."""
        pixels = torch.from_numpy(np.stack(batch)).to(self.device)
        features: Features = self.features(pixels).float().cpu().numpy()
        return features

    def weights(self) -> dict[str, Tensor]:
        """Copies of the network's weights on the CPU, by name."""
        return {name: value.detach().to("cpu", copy=True) for name, value in self.network.state_dict().items()}

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take other weights of the same network; the digest follows.

        Raises:
            RuntimeError: names or shapes differ.
        """
        self.network.load_state_dict(weights)
        self.weights_changed()

    def weights_changed(self) -> None:
        """Renew the digest after training."""
        self.digest = fingerprint(self._settings, self.network)
