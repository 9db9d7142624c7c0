"""VGG-19's second fully connected layer: the image features of the published data sets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file

from ..errors import EncoderError
from ..extras import require
from ..files import check_file
from ..images import ResizeCrop
from .network import NetworkImageEncoder

__all__ = ["Vgg19Encoder"]


class Vgg19Encoder(NetworkImageEncoder):
    """Encode pictures by fc7 of VGG-19, after its ReLU: 4,096 values of 0 or more.

    Pictures are resized to 256, cropped to 224 and normalised as torchvision's weights were trained.

    Args:
        weights: a file with torchvision's parameter names, safetensors or a torch state dict (read without running
            code). None takes torchvision's ImageNet weights, which it downloads once; ``random`` draws them from a
            fixed seed, to try a pipeline without the download.

    Raises:
        MissingPackageError: torchvision is not installed.
        EncoderError: the weights cannot be had, read or do not fit.

    Reference:
        K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015.
    """

    name = "vgg19"
    dimension = 4096

    def __init__(self, weights: str = "") -> None:
        models = require("torchvision.models", extra="vgg", need="the encoder vgg19")
        network = _network(models, weights)
        # up to and with the ReLU after the second of three linear layers; dropout does nothing in evaluation
        network.classifier = network.classifier[:5]
        prepare = ResizeCrop(256, 224)
        super().__init__(network, {"encoder": "vgg19-fc7", "preparation": asdict(prepare)}, prepare)


def _network(models: Any, weights: str) -> Any:
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return models.vgg19(weights=None)
    if not weights:
        try:
            return models.vgg19(weights=models.VGG19_Weights.IMAGENET1K_V1)
        except OSError as error:
            raise EncoderError(
                f"torchvision's VGG-19 weights cannot be downloaded ({error}); name a file: vgg19:FILE"
            ) from error
    tensors = _read(Path(weights))
    with torch.device("meta"):
        network = models.vgg19(weights=None)
    try:
        network.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise EncoderError(f"{weights} does not hold VGG-19's weights: {' '.join(str(error).split())[:300]}") from error
    return network.float()


def _read(path: Path) -> dict[str, torch.Tensor]:
    check_file(path, EncoderError, said="weights")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        held: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return held
    except Exception as error:  # damaged and foreign files fail in many ways inside the two readers
        reason = str(error).partition("\n")[0]
        if isinstance(error, UnpicklingError):  # torch advises to run the file's code
            reason = "it is damaged, or holds more than tensors; write it with torch.save(network.state_dict(), FILE)"
        raise EncoderError(f"weights {path} cannot be read as safetensors or a torch state dict: {reason}") from error
