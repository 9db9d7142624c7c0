"""The terms of the hash-similarity-friendly loss, each against a loop."""

from __future__ import annotations

import math

import pytest
import torch

from tests.teachers.kit import as_matrix, cosine, cosine_matrix, features
from ucch.teachers import MieWeights, anchor_similarity, mie_loss
from ucch.teachers.mie_loss import anchor_term, balance_term, binary_term, view_term


def test_view_term_by_loop() -> None:
    a, b = features()[0], features(seed=1)[0]
    total = 0.0
    for x, y in ((a, b), (b, a)):
        for i in range(7):
            weights = [math.exp(cosine(x[i], y[j]) / 0.2) for j in range(7)]
            total -= math.log(weights[i] / sum(weights)) / 7
    assert view_term(a, b, 0.2).item() == pytest.approx(total / 2)


def test_anchor_by_loop() -> None:
    image, text = features()
    ci, ct = cosine_matrix(image), cosine_matrix(text)
    expected = [[2 * (0.6 * max(0, ci[i][j]) + 0.4 * max(0, ct[i][j])) - 1 for j in range(7)] for i in range(7)]
    anchor = anchor_similarity(image, text)
    torch.testing.assert_close(anchor, as_matrix(expected))
    row = features(seed=3)[0]
    cr, total = cosine_matrix(row), 0.0
    for i in range(7):
        order = sorted(range(7), key=lambda j: anchor[i, j].item())
        for j in {*order[:4], *order[6:]}:  # ceil(.5 * 7) smallest, ceil(.05 * 7) largest
            total += (cr[i][j] - anchor[i, j].item()) ** 2 / 49
    assert anchor_term(row, anchor).item() == pytest.approx(total)


def test_codes_that_are_balanced_cost_nothing_but_the_views() -> None:
    codes = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    assert binary_term(codes).item() == 0.0
    assert balance_term(codes).item() == 0.0
    assert binary_term(0.5 * codes).item() == 0.25
    assert balance_term(codes[:1]).item() == 1.0


def test_weights_add_the_terms_up() -> None:
    a, b = features()[0], features(seed=1)[0]
    anchor = anchor_similarity(*features())
    whole = mie_loss(a, b, anchor, MieWeights(2.0, 3.0, 4.0, 5.0, 0.5)).item()
    parts = (view_term(a, b, 0.5), anchor_term(a, anchor), binary_term(a), balance_term(a))
    assert whole == pytest.approx(sum(w * part.item() for w, part in zip((2, 3, 4, 5), parts, strict=True)))
    assert mie_loss(a, b, anchor, MieWeights(0.0, 0.0, 0.0, 0.0)).item() == 0.0


def test_gradcheck() -> None:
    a, b = (rows.requires_grad_() for rows in (features()[0], features(seed=1)[0]))
    anchor = anchor_similarity(*features())
    assert torch.autograd.gradcheck(lambda x, y: mie_loss(x, y, anchor, MieWeights()), (a, b))


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"anchor must have shape \(3, 3\), got \(2, 2\)"):
        mie_loss(torch.ones(3, 2), torch.ones(3, 2), torch.ones(2, 2), MieWeights())
