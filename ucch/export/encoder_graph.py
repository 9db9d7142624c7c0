"""From an encoder's input, tokens or pixels, to packed codes as one module."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..encoders import ClipTextEncoder, NetworkImageEncoder, SentenceEncoder
from ..errors import EncoderError
from .code_graph import CodeGraph

__all__ = ["ImageGraph", "TextGraph", "encoder_graph"]

_WORDS = ["a dog runs on the beach", "two"]  # two texts of different lengths, so that a mask has something to hide


class TextGraph(nn.Module):
    """Tokens to packed codes: a text encoder's network and pooling, then :class:`CodeGraph`.

    Args:
        encoder: of sentences or CLIP's.
        codes: of the texts of a model.

    Attributes:
        names: of the inputs, ``input_ids`` and, where padding is hidden, ``attention_mask``.

    Shape:
        - input: int64 (B, T) each.
        - output: as :class:`CodeGraph`.
    """

    def __init__(self, encoder: SentenceEncoder | ClipTextEncoder, codes: CodeGraph) -> None:
        super().__init__()
        self.network, self.codes, self._features = encoder.network, codes, encoder.features
        self._fixed = getattr(encoder, "sees_padding", False)
        self.names = ["input_ids"] if self._fixed else ["input_ids", "attention_mask"]
        tokens = encoder.tokenizer(
            _WORDS,
            padding="max_length" if self._fixed else True,
            truncation=True,
            max_length=encoder.length,
            return_tensors="pt",
        )
        self._example = tuple(tokens[name] for name in self.names)

    def example(self) -> tuple[Tensor, ...]:
        """Inputs to trace with."""
        return self._example

    def dynamic(self) -> list[dict[int, str]]:
        """The axes of each input that may have any length."""
        return [{0: "batch"} if self._fixed else {0: "batch", 1: "tokens"} for _ in self.names]

    def forward(self, *tokens: Tensor) -> tuple[Tensor, Tensor]:
        out: tuple[Tensor, Tensor] = self.codes(self._features(**dict(zip(self.names, tokens, strict=True))).float())
        return out


class ImageGraph(nn.Module):
    """Pixels of prepared pictures to packed codes: an image encoder's network, then :class:`CodeGraph`.

    Args:
        encoder: around a network.
        codes: of the images of a model.

    Shape:
        - input: (B, 3, height, width), float32, as the encoder's ``prepare`` makes them.
        - output: as :class:`CodeGraph`.
    """

    names = ("pixels",)

    def __init__(self, encoder: NetworkImageEncoder, codes: CodeGraph) -> None:
        super().__init__()
        from PIL import Image

        self.network, self.codes, self._features = encoder.network, codes, encoder.features
        prepared = np.asarray(encoder.prepare(Image.new("RGB", (256, 256), "grey")))
        self._example = torch.from_numpy(np.stack([prepared, prepared]))

    def example(self) -> tuple[Tensor, ...]:
        """Inputs to trace with."""
        return (self._example,)

    def dynamic(self) -> list[dict[int, str]]:
        """The axes of each input that may have any length."""
        return [{0: "batch"}]

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        out: tuple[Tensor, Tensor] = self.codes(self._features(pixels).float())
        return out


def encoder_graph(encoder: Any, codes: CodeGraph) -> TextGraph | ImageGraph:
    """The graph of a network encoder and a model's codes.

    Raises:
        EncoderError: the encoder is no network that takes tokens or pixels.
    """
    if isinstance(encoder, SentenceEncoder | ClipTextEncoder):
        return TextGraph(encoder, codes)
    if isinstance(encoder, NetworkImageEncoder):
        return ImageGraph(encoder, codes)
    source = inspect.getmodule(type(encoder))
    raise EncoderError(
        f"encoder {encoder.name} ({getattr(source, '__name__', 'unknown')}) is no network that ONNX can hold; leave out"
        " --fuse and give the graph its features"
    )
