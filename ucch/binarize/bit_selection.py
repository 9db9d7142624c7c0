"""Unified codes of a pair out of two real outputs: which modality a bit is taken from."""

from __future__ import annotations

import torch
from torch import Tensor

from .._checks import one_of, positive_int, same_shape
from ..codes import sign

__all__ = ["SELECTIONS", "greedy_bits", "select_bits", "sum_bits", "vote_bits"]

SELECTIONS = ("greedy", "sum", "vote")


def sum_bits(h_image: Tensor, h_text: Tensor) -> Tensor:
    """``sign(h_image + h_text)``: bit by bit the sign of the larger of the two.

    Taking each bit from the modality with the larger magnitude is the very same rule, so magnitudes alone make no bit
    selection; the others use the similarity to other pairs.
    """
    same_shape("h_image", h_image, "h_text", h_text)
    return sign(h_image.detach() + h_text.detach())


def vote_bits(h_image: Tensor, h_text: Tensor, similarity: Tensor, *, n_votes: int = 16) -> Tensor:
    """Keep the bits on which both modalities agree; on the others the most alike pairs vote.

    ``vote_ik = sum over the n_votes largest S_ij, j != i, of max(0, S_ij) (h^image_jk + h^text_jk) / 2``; a vote of 0
    falls back to :func:`sum_bits`.

    Args:
        h_image, h_text: (B, D) real outputs.
        similarity: (B, B).
        n_votes: neighbours that vote; at most B - 1 do.

    Returns:
        (B, D) of +-1, constants.
    """
    _check(h_image, h_text, similarity)
    image, text = h_image.detach(), h_text.detach()
    total = image + text
    others = similarity.detach().to(total.dtype).clone().fill_diagonal_(float("-inf"))
    n_votes = min(positive_int("n_votes", n_votes), len(others) - 1)
    if n_votes < 1:
        vote = torch.zeros_like(total)
    else:
        nearest = others.topk(n_votes, dim=1)
        weight = torch.zeros_like(others).scatter_(1, nearest.indices, nearest.values.clamp(min=0))
        vote = weight @ total / 2
    decided = torch.where(vote == 0, total, vote)
    return sign(torch.where(sign(image) == sign(text), image, decided))


def greedy_bits(h_image: Tensor, h_text: Tensor, similarity: Tensor) -> Tensor:
    """Column by column, take the modality whose signs fit what the earlier columns leave of the similarity.

    For bit k the choice is between ``c = sign(h_image[:, k])`` and ``sign(h_text[:, k])``: the larger
    ``c^T (S - (1 / D) sum_{l < k} b_l b_l^T) c``; the image's on a tie.

    Args:
        h_image, h_text: (B, D) real outputs.
        similarity: (B, B).

    Returns:
        (B, D) of +-1, constants. O(B^2 D).
    """
    _check(h_image, h_text, similarity)
    image, text = sign(h_image.detach()), sign(h_text.detach())
    n_bits, rest = image.shape[1], similarity.detach().to(image.dtype).clone()
    columns = []
    for k in range(n_bits):
        by_image, by_text = image[:, k], text[:, k]
        column = by_image if by_image @ rest @ by_image >= by_text @ rest @ by_text else by_text
        rest -= torch.outer(column, column) / n_bits
        columns.append(column)
    return torch.stack(columns, dim=1)


def select_bits(
    h_image: Tensor, h_text: Tensor, similarity: Tensor, *, selection: str = "vote", n_votes: int = 16
) -> Tensor:
    """Unified codes of a batch by one of ``SELECTIONS``.

    Note:
        **A reconstruction**, every rule: UCHM's abstract only says that a bit-selection module makes unified codes
        from the interacting outputs of both modalities. ``"sum"`` is the simple combination it argues against.

    Reference:
        Tu et al., "Unsupervised Cross-Modal Hashing With Modality-Interaction", IEEE TCSVT 33, 2023 (idea).

    Example:
        >>> h_image, h_text = torch.tensor([[1.0, -2.0], [3.0, 1.0]]), torch.tensor([[2.0, 1.0], [1.0, 1.0]])
        >>> select_bits(h_image, h_text, torch.ones(2, 2))  # the pair's second bit is voted on by the other pair
        tensor([[1., 1.],
                [1., 1.]])
    """
    if one_of("selection", selection, SELECTIONS) == "vote":
        return vote_bits(h_image, h_text, similarity, n_votes=n_votes)
    return sum_bits(h_image, h_text) if selection == "sum" else greedy_bits(h_image, h_text, similarity)


def _check(h_image: Tensor, h_text: Tensor, similarity: Tensor) -> None:
    same_shape("h_image", h_image, "h_text", h_text)
    if similarity.shape != (len(h_image), len(h_image)):
        raise ValueError(
            f"similarity must have shape {(len(h_image), len(h_image))}, got shape {tuple(similarity.shape)}"
        )
