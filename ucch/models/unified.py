"""One encoder for images, texts and labels: a first layer for each, everything after it shared."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .._checks import positive_int, two_dimensional
from .hash_tower import HashTower

__all__ = ["UnifiedEncoder", "mean_embedding"]


def mean_embedding(label: Tensor, embedding: Tensor) -> Tensor:
    """Average the embeddings of the classes a label carries: multi-hot (..., C) and (C, E) to (..., E).

    The order of the classes does not matter, and a label without a class gives zeros. O(labels C E) multiply-adds.
    """
    hot = label.to(embedding.dtype)
    return hot @ embedding / hot.sum(dim=-1, keepdim=True).clamp(min=1)


class UnifiedEncoder(nn.Module):
    """Encode images, texts and labels by one trunk and one hash head, so that all three meet in one space.

    Images and texts enter through a linear layer of their own, a label as the mean embedding of its classes; then
    all go through the same GELU layers and the same last linear layer. The two towers are plain
    :class:`HashTower` that share every layer but the first, so a trained model holds them like any others; labels
    need no encoder after training.

    Args:
        n_image, n_text: widths of the features.
        n_classes: C, columns of the labels.
        n_bits: D, outputs.
        width: E, hidden units of every layer; 1024.
        n_layers: linear layers from features to outputs, at least 2, all but the first shared; 4, that is a trunk of
            two layers between the first and the head.

    Shape:
        - :meth:`image`: (B, n_image) to (B, D); :meth:`text`: (B, n_text) to (B, D); :meth:`label`: multi-hot
          (..., C), bool or 0/1, to (..., D). Real outputs, before any squashing.

    Raises:
        TypeError, ValueError: a size is not an int of at least 1 (2 for ``n_layers``), or an input does not fit.

    Note:
        **A reconstruction** for features. UniHash runs a BERT of 12 layers with the weights of a vision-language model
        over caption words, detector tags and region features; for tokens see
        :class:`~ucch.models.UnifiedTokenEncoder`.
        The published label input is cut to ten classes, here none is lost. First layers start at standard normal
        weights, so that rows of about unit length, as feature scaling leaves them, enter the shared layers at the
        scale of labels; with PyTorch's start the labels drown them (MAP .27 instead of .50 on Wikipedia).

    Reference:
        Wu et al., "Contrastive Label Correlation Enhanced Unified Hashing Encoder for Cross-modal Retrieval", CIKM
        2022 (one encoder for both modalities and for labels).

    Example:
        >>> encoder = UnifiedEncoder(20, 10, 5, 8, width=16)
        >>> encoder.image(torch.zeros(3, 20)).shape, encoder.label(torch.eye(5)).shape
        (torch.Size([3, 8]), torch.Size([5, 8]))
    """

    def __init__(
        self, n_image: int, n_text: int, n_classes: int, n_bits: int, *, width: int = 1024, n_layers: int = 4
    ) -> None:
        super().__init__()
        positive_int("n_classes", n_classes)
        if positive_int("n_layers", n_layers) < 2:
            raise ValueError(f"n_layers must be at least 2, the own first layer and a shared one, got {n_layers}")
        self.image_tower, self.text_tower = (
            HashTower(n_features, n_bits, width=width, n_layers=n_layers, activation="gelu")
            for n_features in (n_image, n_text)
        )
        for tower in (self.image_tower, self.text_tower):  # a row of length 1 then enters at the scale of a label
            nn.init.normal_(next(tower.parameters()))
        for number in range(1, len(self.image_tower)):
            self.text_tower[number] = self.image_tower[number]
        self.label_embedding = nn.Parameter(torch.randn(n_classes, width))

    @property
    def n_bits(self) -> int:
        """D, the bits of a code."""
        return self.image_tower.n_bits

    def image(self, image: Tensor) -> Tensor:
        """Real outputs of image features."""
        out: Tensor = self.image_tower(image)
        return out

    def text(self, text: Tensor) -> Tensor:
        """Real outputs of text features."""
        out: Tensor = self.text_tower(text)
        return out

    def label(self, label: Tensor) -> Tensor:
        """Real outputs of multi-hot labels."""
        two_dimensional("label", label.reshape(-1, label.shape[-1]), len(self.label_embedding))
        out = mean_embedding(label, self.label_embedding)
        for layer in list(self.image_tower)[1:]:
            out = layer(out)
        return out
