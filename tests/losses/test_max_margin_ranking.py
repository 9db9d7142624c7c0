"""The max-margin ranking loss against loops and closed forms."""

from __future__ import annotations

import pytest
import torch

from tests.losses.kit import unit_rows
from ucch.losses import MaxMarginRankingLoss, max_margin_ranking_loss


@pytest.mark.parametrize("margin", [0.1, 0.9])
def test_equals_a_loop_over_pairs(margin: float) -> None:
    h_image, h_text = unit_rows(5, 4, 0), unit_rows(5, 4, 1)
    similarity = (h_image @ h_text.T).tolist()
    expected = sum(
        max(0.0, margin + similarity[i][j] - similarity[i][i]) + max(0.0, margin + similarity[j][i] - similarity[i][i])
        for i in range(5)
        for j in range(5)
        if j != i
    )
    loss = max_margin_ranking_loss(h_image, h_text, margin=margin)
    assert loss.item() == pytest.approx(expected / 25, abs=1e-12)
    assert MaxMarginRankingLoss(margin)(h_image, h_text).item() == loss.item()


def test_closed_form_of_alike_and_of_separated_pairs() -> None:
    alike = torch.ones(4, 1)
    assert max_margin_ranking_loss(alike, alike, margin=0.5).item() == pytest.approx(2 * 12 * 0.5 / 16)
    assert max_margin_ranking_loss(torch.eye(4), torch.eye(4), margin=0.5).item() == 0.0


def test_symmetric_in_the_modalities_and_in_the_order_of_pairs() -> None:
    h_image, h_text, order = unit_rows(4, 5, 0), unit_rows(4, 5, 1), torch.tensor([3, 1, 0, 2])
    loss = max_margin_ranking_loss(h_image, h_text)
    torch.testing.assert_close(loss, max_margin_ranking_loss(h_text, h_image), atol=1e-12, rtol=0)
    torch.testing.assert_close(loss, max_margin_ranking_loss(h_image[order], h_text[order]), atol=1e-12, rtol=0)


def test_gradient_agrees_with_finite_differences() -> None:
    h_image, h_text = unit_rows(4, 5, 0).requires_grad_(), unit_rows(4, 5, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: max_margin_ranking_loss(a, b, margin=0.4), (h_image, h_text))


@pytest.mark.parametrize("n_pairs", [0, 1])
def test_no_other_pair_costs_nothing(n_pairs: int) -> None:
    h = torch.ones(n_pairs, 3)
    assert max_margin_ranking_loss(h, h).item() == 0.0


def test_float32_under_bfloat16_autocast() -> None:
    h_image, h_text = unit_rows(16, 32, 0, torch.float32), unit_rows(16, 32, 1, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = max_margin_ranking_loss(h_image, h_text)
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(max_margin_ranking_loss(h_image, h_text).item(), rel=2e-2)


def test_refuses_a_negative_margin_and_two_shapes() -> None:
    with pytest.raises(ValueError, match=r"margin must lie in \[0\.0, inf\), got -1"):
        MaxMarginRankingLoss(-1)
    with pytest.raises(ValueError, match=r"h_image and h_text must have the same shape, got \(2, 3\) and \(2, 4\)"):
        max_margin_ranking_loss(torch.zeros(2, 3), torch.zeros(2, 4))


def test_repr() -> None:
    assert repr(MaxMarginRankingLoss()) == "MaxMarginRankingLoss(margin=0.2)"
