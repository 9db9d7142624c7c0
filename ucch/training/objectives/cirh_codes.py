"""Target codes of CIRH: a graph autoencoder over both modalities."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...codes import sign
from ...data import FeatureScaler
from ...recipe.reconstruction_sections import CirhSection
from ...teachers import cirh_similarity
from .rebuilding import rebuilding_errors

__all__ = ["GraphAutoencoder", "cirh_codes"]


class GraphAutoencoder(nn.Module):
    """Three graph convolutions, over images, over texts, and over both, make outputs that rebuild the features.

    Features are mixed with those of the two most similar others (.7, .2, .1) and embedded; ``H_m = tanh(G E_m W_m)``
    with G the similarity, rows at an absolute sum of 1; the joint graph ``[[G, I], [I, G]]`` gives a row per modality
    and item; ``H = tanh(BN(fc [H_I, H_J, H_T]))``.

    Args:
        n_image, n_text: widths of the features.
        n_bits: D.
        width: of the embeddings.

    Note:
        **Reconstructed**: layer sizes, the embedding and its ReLU, the normalisation of G, and that the features are
        rebuilt from H by one linear layer each.
    """

    def __init__(self, n_image: int, n_text: int, n_bits: int, *, width: int) -> None:
        super().__init__()
        self.embed_image, self.embed_text = nn.Linear(n_image, width), nn.Linear(n_text, width)
        self.image, self.text, self.joint = (nn.Linear(width, n_bits) for _ in range(3))
        self.fuse = nn.Linear(4 * n_bits, n_bits)
        self.norm = nn.BatchNorm1d(n_bits)
        self.decode_image, self.decode_text = nn.Linear(n_bits, n_image), nn.Linear(n_bits, n_text)

    def forward(self, image: Tensor, text: Tensor, similarity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Outputs H_I, H_T and H, (B, D) each, of features (B, dx), (B, dy) and their (B, B) similarity."""
        graph = similarity / similarity.abs().sum(dim=1, keepdim=True).clamp(min=1e-12)
        nearest = similarity.topk(min(3, len(similarity)), dim=1).indices
        e_image = torch.relu(self.embed_image(_mixed(image, nearest)))
        e_text = torch.relu(self.embed_text(_mixed(text, nearest)))
        h_image, h_text = torch.tanh(self.image(graph @ e_image)), torch.tanh(self.text(graph @ e_text))
        joint = torch.tanh(
            self.joint(
                torch.cat([graph @ e_image + e_text, e_image + graph @ e_text], dim=1).reshape(len(image), 2, -1)
            )
        ).flatten(1)
        return h_image, h_text, torch.tanh(self.norm(self.fuse(torch.cat([h_image, joint, h_text], dim=1))))

    def cost(self, image: Tensor, text: Tensor, similarity: Tensor) -> Tensor:
        """``10 (|x' - x|^2 + |y' - y|^2) + sum over H_I, H_T, H of |cos - S|^2 + |H - sign(H)|^2``, means."""
        h_image, h_text, h = self(image, text, similarity)
        rebuilt = (self.decode_image(h) - image).square().mean() + (self.decode_text(h) - text).square().mean()
        by_image, _, by_text = rebuilding_errors(h_image, h_text, similarity)
        together = rebuilding_errors(h, h, similarity)[0]
        total: Tensor = 10 * rebuilt + by_image + by_text + together + (h - sign(h)).square().mean()
        return total


def cirh_codes(
    image: Tensor, text: Tensor, n_bits: int, section: CirhSection, *, seed: int, generator: torch.Generator
) -> Tensor:
    """Train a graph autoencoder and take the signs of its outputs, batch by batch.

    Args:
        image: (n, dx) unscaled features; text: (n, dy), the same items; n at least 2.
        n_bits: D.
        section: widths, steps and weights.
        seed: of the network's start.
        generator: draws the batches.

    Returns:
        (n, D) of +-1, float32. O(steps B (B + d) width).
    """
    scaled = [FeatureScaler.fit(rows.numpy(), "auto")(rows) for rows in (image, text)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = GraphAutoencoder(image.shape[1], text.shape[1], n_bits, width=section.graph_width)
    adam = torch.optim.Adam(network.parameters(), lr=section.graph_learning_rate)
    size = min(section.graph_batch, len(image))

    def batch(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return scaled[0][rows], scaled[1][rows], batch_similarity(image[rows], text[rows], section)

    order = torch.randperm(len(image), generator=generator)
    place = 0
    for _ in range(section.graph_steps):
        if place + size > len(order):
            order, place = torch.randperm(len(image), generator=generator), 0
        adam.zero_grad()
        torch.autograd.backward(network.cost(*batch(order[place : place + size])))
        adam.step()
        place += size
    network.eval()
    with torch.no_grad():
        return sign(torch.cat([network(*batch(rows))[2] for rows in torch.split(torch.arange(len(image)), size)]))


def batch_similarity(image: Tensor, text: Tensor, section: CirhSection) -> Tensor:
    """:func:`~ucch.teachers.cirh_similarity` with the options of a section, float32."""
    return cirh_similarity(
        image,
        text,
        image_weight=section.image_weight,
        kept_share=section.kept_share,
        graph_share=section.graph_share,
    ).float()


def _mixed(rows: Tensor, nearest: Tensor) -> Tensor:
    weights = torch.tensor([0.7, 0.2, 0.1], dtype=rows.dtype)[: nearest.shape[1]]
    return (rows[nearest] * weights[None, :, None]).sum(dim=1)
