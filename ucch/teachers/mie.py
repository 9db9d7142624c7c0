"""The modality-interaction similarity generator: an image and its text together make one row."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from .._checks import interval, one_of, positive_int

__all__ = ["FORMS", "MieGenerator", "bag_tokens"]

FORMS = ("product", "transformer")
MOST_TOKENS = 32


def bag_tokens(text: Tensor, embedding: Tensor, most: int = MOST_TOKENS) -> tuple[Tensor, Tensor]:
    """Turn bags of words into tokens: the embeddings of the words a text holds, times their counts.

    Args:
        text: (B, V), a row's words above 0.
        embedding: (V, E).
        most: tokens of a text, the largest entries of its row.

    Returns:
        (B, T, E) tokens, T at most ``most``, and the bool mask (B, T) of the padding.
    """
    values, words = text.topk(min(most, text.shape[1]), dim=1)
    padding = values <= 0
    return embedding[words] * values.clamp(min=0).unsqueeze(2), padding


class MieGenerator(nn.Module):
    """Let both modalities of a pair interact and give the pair one nearly binary row, whose cosines are similarities.

    ``form = "transformer"``: a class token, the image token and the text tokens, each kind with a vector of its own,
    go through a transformer encoder as one sequence; ``r = tanh(W z_class)``. ``form = "product"``, cheap:
    ``r = tanh(W [v * t ; v ; t])`` with v and t the projected modalities.

    A view of a pair, while training, lacks some of it: tokens, or entries of features where a modality has one token
    only. Both modalities never vanish together.

    Args:
        n_image, n_text: widths of the features.
        n_outputs: d, numbers of a row; 128.
        form: one of ``FORMS``.
        width: E, of tokens and projections; 512.
        n_layers, n_heads, dropout: of the transformer.
        token_dropout: share of what a view lacks, in [0, 1).
        bag: whether texts are bags of words, so that the transformer sees up to 32 words as tokens.

    Shape:
        - (B, n_image) and (B, n_text), scaled features; a bag as it is, unscaled. Output (B, n_outputs) in (-1, 1).

    Note:
        **A reconstruction**, every line. Of UCHM's generator the abstract says that image and text interact in it and
        that it is trained before hashing.

    Reference:
        Tu, Jiang, Lin, Cai, Tian, Wang and Liu, "Unsupervised Cross-Modal Hashing With Modality-Interaction", IEEE
        TCSVT 33, 2023 (idea).

    Example:
        >>> generator = MieGenerator(20, 10, n_outputs=8, width=16)
        >>> generator(torch.zeros(3, 20), torch.zeros(3, 10)).shape
        torch.Size([3, 8])
    """

    def __init__(
        self,
        n_image: int,
        n_text: int,
        *,
        n_outputs: int = 128,
        form: str = "product",
        width: int = 512,
        n_layers: int = 2,
        n_heads: int = 8,
        dropout: float = 0.1,
        token_dropout: float = 0.2,
        bag: bool = False,
    ) -> None:
        super().__init__()
        sizes = {"n_image": n_image, "n_text": n_text, "n_outputs": n_outputs, "width": width}
        for name, size in {**sizes, "n_layers": n_layers, "n_heads": n_heads}.items():
            positive_int(name, size)
        self.form = one_of("form", form, FORMS)
        interval("dropout", dropout, 0.0, 1.0, open_high=True)
        self.token_dropout = interval("token_dropout", token_dropout, 0.0, 1.0, open_high=True)
        self.bag = bag
        self.image_projection, self.text_projection = nn.Linear(n_image, width), nn.Linear(n_text, width)
        if form == "product":
            self.head = nn.Linear(3 * width, n_outputs)
            return
        if width % n_heads:
            raise ValueError(f"width must be a multiple of n_heads, got {width} and {n_heads}")
        self.start = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.kind = nn.Parameter(0.02 * torch.randn(2, width))
        layer = nn.TransformerEncoderLayer(width, n_heads, 4 * width, dropout, "gelu", batch_first=True)
        self.trunk = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        row: Tensor = torch.tanh(
            self.head(self._product(image, text) if self.form == "product" else self._class(image, text))
        )
        return row

    def _product(self, image: Tensor, text: Tensor) -> Tensor:
        v, t = self.image_projection(self._fewer(image)), self.text_projection(self._fewer(text))
        return torch.cat([v * t, v, t], dim=1)

    def _class(self, image: Tensor, text: Tensor) -> Tensor:
        if self.bag:
            words, padding = bag_tokens(text, self.text_projection.weight.T)
            if self.training and self.token_dropout > 0:
                lost = torch.rand(padding.shape, device=padding.device) < self.token_dropout
                padding = padding | lost
        else:
            words = self.text_projection(self._fewer(text)).unsqueeze(1)
            padding = torch.zeros(len(text), 1, dtype=torch.bool, device=text.device)
        picture = self.image_projection(self._fewer(image)).unsqueeze(1)
        tokens = torch.cat([self.start.expand(len(image), 1, -1), picture + self.kind[0], words + self.kind[1]], dim=1)
        seen = torch.zeros(len(image), 2, dtype=torch.bool, device=image.device)
        out: Tensor = self.trunk(tokens, src_key_padding_mask=torch.cat([seen, padding], dim=1))[:, 0]
        return out

    def _fewer(self, features: Tensor) -> Tensor:
        return dropout(features, self.token_dropout, self.training)
