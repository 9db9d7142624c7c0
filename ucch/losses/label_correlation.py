"""The contrastive label correlation loss: labels as a bridge that both modalities are pulled to."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .._checks import one_of, positive, same_shape, two_dimensional

__all__ = ["LabelCorrelationLoss", "label_correlation_loss"]

REDUCTIONS = ("mean", "sum")


def label_correlation_loss(
    h_image: Tensor,
    h_text: Tensor,
    own_label: Tensor,
    negative_labels: Tensor,
    *,
    temperature: float = 0.05,
    reduction: str = "mean",
) -> Tensor:
    """Contrast each output with the own label's and with other labels' outputs; see :class:`LabelCorrelationLoss`."""
    _check_shapes(h_image, h_text, own_label, negative_labels)
    wide = torch.promote_types(h_image.dtype, torch.float32)
    total = h_image.new_zeros((), dtype=wide)
    own = torch.zeros(len(h_image), dtype=torch.int64, device=h_image.device)
    labels = torch.cat([own_label[:, None], negative_labels], dim=1)  # (B, 1 + N, D)
    among_labels = torch.einsum("bd,bnd->bn", own_label, negative_labels).to(wide)  # (B, N)
    for h in (h_image, h_text):
        to_label = torch.einsum("bd,bnd->bn", h, labels).to(wide)  # (B, 1 + N)
        total = total + cross_entropy(torch.sigmoid(0.5 * to_label) / temperature, own, reduction="sum")
        from_label = torch.cat([to_label[:, :1], among_labels], dim=1)
        total = total + cross_entropy(from_label, own, reduction="sum")
    return total / max(1, len(h_image)) if reduction == "mean" else total


class LabelCorrelationLoss(nn.Module):
    """Pull image and text to the output of their own label, and away from those of labels without a shared class.

    With g the label encoder's outputs of the own label l_0 and of N negative labels l_1 ... l_N, and G_i all of them,
    each modality m adds two cross-entropies whose answer is the own label:

    * to the label: logits ``sigmoid(0.5 G_i h_i^m) / T``;
    * from the label: logits ``<g(l_0), [h_i^m, g(l_1), ..., g(l_N)]>``, without a temperature.

    Args:
        temperature: T above 0; .05 as published.
        reduction: ``"mean"`` (default) over the batch; ``"sum"`` as published. A pair costs the same in any batch.

    Shape:
        - ``h_image``, ``h_text``, ``own_label``: (B, D), entries in [-1, 1] as tanh gives them, not unit rows.
        - ``negative_labels``: (B, N, D), N >= 1; :class:`~ucch.data.NegativeLabelGenerator` draws the labels.
        - output: scalar, float32 or wider; an empty batch costs 0. Cost O(B N D).

    Raises:
        ValueError: an option is outside its range, or shapes do not fit.

    Note:
        The logits to the label lie in [0, 1/T]: at T = .05 an output that the sigmoid has saturated stops learning
        from this term, which happens the sooner the more bits there are (the entries of G h reach D). The way back has
        no such bound and goes on.

    Reference:
        Wu et al., "Contrastive Label Correlation Enhanced Unified Hashing Encoder for Cross-modal Retrieval", CIKM
        2022, as its code has it.

    Example:
        >>> h = torch.tensor([[1.0, 1.0]])
        >>> loss = LabelCorrelationLoss()(h, h, h, -h[None])
        >>> round(loss.item(), 4)  # 2 (ln(1 + exp(-9.24)) + ln(1 + exp(-4)))
        0.0365
    """

    def __init__(self, temperature: float = 0.05, reduction: str = "mean") -> None:
        super().__init__()
        self.temperature = positive("temperature", temperature)
        self.reduction = one_of("reduction", reduction, REDUCTIONS)

    def forward(self, h_image: Tensor, h_text: Tensor, own_label: Tensor, negative_labels: Tensor) -> Tensor:
        return label_correlation_loss(
            h_image, h_text, own_label, negative_labels, temperature=self.temperature, reduction=self.reduction
        )

    def extra_repr(self) -> str:
        return f"temperature={self.temperature}, reduction={self.reduction!r}"


def _check_shapes(h_image: Tensor, h_text: Tensor, own_label: Tensor, negative_labels: Tensor) -> None:
    two_dimensional("h_image", h_image)
    same_shape("h_image", h_image, "h_text", h_text)
    same_shape("h_image", h_image, "own_label", own_label)
    n_rows, n_bits = h_image.shape
    fits = negative_labels.dim() == 3 and negative_labels.shape[0] == n_rows and negative_labels.shape[2] == n_bits
    if not fits or negative_labels.shape[1] == 0:
        raise ValueError(
            f"negative_labels must have shape ({n_rows}, N, {n_bits}) with N of at least 1,"
            f" got shape {tuple(negative_labels.shape)}"
        )
