"""One transformer for the tokens of images, texts and labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .._checks import interval, positive_int, two_dimensional

__all__ = ["UnifiedTokenEncoder", "label_tokens"]

_KINDS = ("image", "text", "label")


def label_tokens(label: Tensor) -> tuple[Tensor, Tensor]:
    """List the classes of multi-hot labels, padded to the longest.

    Args:
        label: (B, C), bool or 0/1.

    Returns:
        int64 class numbers, (B, T), ascending in each row and 0 where there is none, and the bool mask (B, T) of the
        padding; T is the most classes in a row.

    Example:
        >>> label_tokens(torch.tensor([[0, 1, 1], [1, 0, 0]]))
        (tensor([[1, 2],
                [0, 0]]), tensor([[False, False],
                [False,  True]]))
    """
    hot = two_dimensional("label", label) > 0
    counts = hot.sum(dim=1)
    longest = int(counts.max()) if len(counts) else 0
    classes = hot.to(torch.uint8).argsort(dim=1, descending=True, stable=True)[:, :longest]
    padding = torch.arange(longest, device=label.device) >= counts[:, None]
    return classes.masked_fill(padding, 0), padding


class UnifiedTokenEncoder(nn.Module):
    """Encode token sequences of images, of texts, and of labels by one transformer and one hash head.

    Tokens are region or patch features of an image, word features of a text, the classes of a label. Each kind enters
    by a projection (a label by an embedding per class) plus a learnt vector that says which kind it is; a transformer
    encoder without positions runs over each sequence by itself, the mean of its outputs goes through the head.

    Args:
        n_image, n_text: widths of an image token and of a text token.
        n_classes: C, columns of the labels.
        n_bits: D, outputs.
        width: E, of the transformer, a multiple of ``n_heads``; 256.
        n_layers: of the transformer; 2.
        n_heads: of each layer; 4.
        dropout: in [0, 1) inside the transformer; .1.

    Shape:
        - :meth:`image`: (B, R, n_image) to (B, D); :meth:`text`: (B, S, n_text) to (B, D), each with an optional bool
          mask (B, R) or (B, S), True on padding; :meth:`label`: multi-hot (..., C), bool or 0/1, to (..., D).
        - Cost O(B T (T + E) E) for sequences of T tokens.

    Raises:
        TypeError, ValueError: a size is not as above, an input does not fit, or a sequence has no token.

    Note:
        **A reconstruction**, small and trained from nothing; UniHash fine-tunes a BERT-base of a vision-language
        model. Padding is left out of the attention and of the mean; the published code keeps it in both for labels and
        in the mean for all.

    Reference:
        Wu et al., "Contrastive Label Correlation Enhanced Unified Hashing Encoder for Cross-modal Retrieval", CIKM
        2022 (one encoder for both modalities and for labels).

    Example:
        >>> encoder = UnifiedTokenEncoder(20, 10, 5, 8, width=16)
        >>> encoder.image(torch.zeros(3, 7, 20)).shape, encoder.label(torch.eye(5)).shape
        (torch.Size([3, 8]), torch.Size([5, 8]))
    """

    def __init__(
        self,
        n_image: int,
        n_text: int,
        n_classes: int,
        n_bits: int,
        *,
        width: int = 256,
        n_layers: int = 2,
        n_heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        sizes = {"n_image": n_image, "n_text": n_text, "n_classes": n_classes, "n_bits": n_bits, "width": width}
        for name, size in {**sizes, "n_layers": n_layers, "n_heads": n_heads}.items():
            positive_int(name, size)
        if width % n_heads:
            raise ValueError(f"width must be a multiple of n_heads, got {width} and {n_heads}")
        interval("dropout", dropout, 0.0, 1.0, open_high=True)
        self.n_bits = n_bits
        self.image_projection, self.text_projection = nn.Linear(n_image, width), nn.Linear(n_text, width)
        self.label_embedding = nn.Embedding(n_classes, width)
        self.kind = nn.Parameter(0.02 * torch.randn(len(_KINDS), width))
        layer = nn.TransformerEncoderLayer(width, n_heads, 4 * width, dropout, "gelu", batch_first=True)
        self.trunk = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, n_bits)

    def image(self, tokens: Tensor, padding: Tensor | None = None) -> Tensor:
        """Real outputs of image tokens."""
        return self._encode("image", self.image_projection(tokens), padding)

    def text(self, tokens: Tensor, padding: Tensor | None = None) -> Tensor:
        """Real outputs of text tokens."""
        return self._encode("text", self.text_projection(tokens), padding)

    def label(self, label: Tensor) -> Tensor:
        """Real outputs of multi-hot labels."""
        rows = two_dimensional("label", label.reshape(-1, label.shape[-1]), self.label_embedding.num_embeddings)
        classes, padding = label_tokens(rows)
        return self._encode("label", self.label_embedding(classes), padding).reshape(*label.shape[:-1], self.n_bits)

    def _encode(self, kind: str, tokens: Tensor, padding: Tensor | None) -> Tensor:
        n_rows, n_tokens = tokens.shape[:2]
        if padding is None:
            padding = torch.zeros(n_rows, n_tokens, dtype=torch.bool, device=tokens.device)
        if padding.shape != (n_rows, n_tokens):
            raise ValueError(f"padding must have shape ({n_rows}, {n_tokens}), got shape {tuple(padding.shape)}")
        without = padding.all(dim=1)
        if without.any():
            raise ValueError(f"every {kind} must have a token, but row {int(without.nonzero()[0])} has none")
        out = self.trunk(tokens + self.kind[_KINDS.index(kind)], src_key_padding_mask=padding)  # (B, T, E)
        kept = (~padding).to(out.dtype).unsqueeze(2)
        outputs: Tensor = self.head((out * kept).sum(dim=1) / kept.sum(dim=1))
        return outputs
