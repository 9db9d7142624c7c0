"""Unified codes out of two outputs."""

from __future__ import annotations

import pytest
import torch

from ucch.binarize import SELECTIONS, greedy_bits, select_bits, sum_bits, vote_bits
from ucch.codes import sign


def outputs(n: int = 9, d: int = 6) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image, text = torch.randn(2, n, d, generator=generator)
    rows = torch.randn(n, 4, generator=generator)
    return image, text, torch.nn.functional.normalize(rows @ rows.T, dim=1)


def test_the_larger_magnitude_is_the_plain_sum() -> None:
    """The trap: choosing per bit the modality that is surer of itself adds nothing to sign(h_image + h_text)."""
    image, text, _ = outputs(200, 32)
    chosen = torch.where(image.abs() >= text.abs(), sign(image), sign(text))
    assert torch.equal(chosen, sum_bits(image, text))
    assert not torch.equal(vote_bits(image, text, torch.rand(200, 200)), chosen)


def test_votes_by_hand() -> None:
    image = torch.tensor([[0.9, 0.2, -0.1], [0.5, -0.9, 0.4], [-0.8, -0.6, 0.2]])
    text = torch.tensor([[0.1, -0.1, 0.3], [0.3, -0.1, 0.2], [-0.2, 0.9, 0.2]])
    similarity = torch.tensor([[1.0, 0.5, -0.3], [0.5, 1.0, 0.8], [-0.3, 0.8, 1.0]])
    # Row 0: bit 0 agrees; bits 1 and 2 differ, of its 2 nearest row 1 votes with .5 and row 2, unlike it, with 0:
    # .5 (-.9 - .1) / 2 < 0 and .5 (.4 + .2) / 2 > 0. Row 2: bit 1 differs, row 1 votes .8 (-1) / 2, row 0 nothing.
    expected = torch.tensor([[1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]])
    assert torch.equal(vote_bits(image, text, similarity, n_votes=2), expected)
    assert sum_bits(image, text)[2].tolist() == [-1.0, 1.0, 1.0]  # where the vote decides otherwise


def test_votes_by_loop() -> None:
    image, text, similarity = outputs()
    expected = torch.empty_like(image)
    for i in range(9):
        near = sorted((j for j in range(9) if j != i), key=lambda j: -similarity[i, j].item())[:3]
        for k in range(6):
            if (image[i, k] >= 0) == (text[i, k] >= 0):
                expected[i, k] = 1.0 if image[i, k] >= 0 else -1.0
                continue
            vote = sum(max(0.0, similarity[i, j].item()) * (image[j, k] + text[j, k]).item() / 2 for j in near)
            vote = vote or (image[i, k] + text[i, k]).item()
            expected[i, k] = 1.0 if vote >= 0 else -1.0
    assert torch.equal(vote_bits(image, text, similarity, n_votes=3), expected)


def test_a_pair_without_others_falls_back_to_the_sum() -> None:
    image, text = torch.tensor([[0.5, -0.1]]), torch.tensor([[-0.9, 0.3]])
    assert vote_bits(image, text, torch.ones(1, 1)).tolist() == [[-1.0, 1.0]]
    assert vote_bits(torch.ones(3, 1), -2 * torch.ones(3, 1), -torch.ones(3, 3)).tolist() == [[-1.0]] * 3


def test_greedy_by_hand() -> None:
    """Bit 0: the image's column fits S exactly, the text's not. Bit 1: what is left of S prefers the other column."""
    similarity = torch.tensor([[1.0, 1.0], [1.0, 1.0]])
    image = torch.tensor([[1.0, 1.0], [1.0, -1.0]])
    text = torch.tensor([[1.0, -1.0], [-1.0, -1.0]])
    # k = 0: image (1, 1): 4; text (1, -1): 0. S - b b^T / 2 = .5 everywhere; k = 1: image (1, -1): 0, text (-1, -1): 2.
    assert greedy_bits(image, text, similarity).tolist() == [[1.0, -1.0], [1.0, -1.0]]


def test_greedy_by_loop() -> None:
    image, text, similarity = outputs()
    image, text, rest = sign(image), sign(text), similarity.clone()
    expected = []
    for k in range(6):
        fits = [sum((c[i, k] * rest[i, j] * c[j, k]).item() for i in range(9) for j in range(9)) for c in (image, text)]
        column = image[:, k] if fits[0] >= fits[1] else text[:, k]
        rest = rest - torch.outer(column, column) / 6
        expected.append(column)
    assert torch.equal(greedy_bits(*outputs()), torch.stack(expected, dim=1))


@pytest.mark.parametrize("selection", SELECTIONS)
def test_bits_on_which_both_agree_stay(selection: str) -> None:
    image, text, similarity = outputs()
    bits = select_bits(image.requires_grad_(), text, similarity, selection=selection)
    agree = sign(image) == sign(text)
    assert torch.equal(bits[agree], sign(image)[agree])
    assert set(bits.unique().tolist()) <= {-1.0, 1.0}
    assert not bits.requires_grad


def test_errors() -> None:
    image, text, similarity = outputs()
    with pytest.raises(ValueError, match="selection must be one of greedy, sum, vote, got 'loud'"):
        select_bits(image, text, similarity, selection="loud")
    with pytest.raises(ValueError, match=r"similarity must have shape \(9, 9\)"):
        vote_bits(image, text, similarity[:3])
    with pytest.raises(ValueError, match="same shape"):
        sum_bits(image, text[:3])
