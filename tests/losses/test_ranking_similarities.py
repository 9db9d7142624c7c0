"""A batch cut into parts: the parts' losses add up to the whole one, in value and gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ucch.losses import (
    Among,
    CrossModalRankingLoss,
    MaxMarginRankingLoss,
    cross_modal_ranking_loss,
    max_margin_ranking_loss,
)
from ucch.losses.ranking_similarities import ranking_similarities

LOSSES: list[Callable[..., Tensor]] = [
    partial(cross_modal_ranking_loss, shift=0.3, kappa=0.5),
    partial(max_margin_ranking_loss, margin=0.4),
    CrossModalRankingLoss(),
    MaxMarginRankingLoss(0.5),
]


def queries(generator: torch.Generator) -> list[Tensor]:
    return [
        normalize(torch.randn(7, 5, generator=generator, dtype=torch.float64), dim=1).requires_grad_() for _ in range(2)
    ]


@pytest.mark.parametrize("loss", LOSSES)
def test_parts_weighted_by_their_size_add_up_to_the_whole(
    loss: Callable[..., Tensor], generator: torch.Generator
) -> None:
    image, text = queries(generator)
    whole = loss(image, text)
    expected = torch.autograd.grad(whole, [image, text])
    parts = [
        loss(image[part], text[part], among=Among(image, text, part.start)) * (part.stop - part.start) / 7
        for part in (slice(0, 3), slice(3, 4), slice(4, 7))
    ]
    total = torch.stack(parts).sum()
    torch.testing.assert_close(total, whole)
    torch.testing.assert_close(torch.autograd.grad(total, [image, text]), expected)


def test_partners_stand_where_they_are_said_to(generator: torch.Generator) -> None:
    image, text = (part.detach() for part in queries(generator))
    by_image, by_text, first = ranking_similarities(image[2:5], text[2:5], Among(image, text, 2))
    similarity = image @ text.T
    torch.testing.assert_close(by_image, similarity[2:5])
    torch.testing.assert_close(by_text, similarity.T[2:5])
    assert torch.equal(by_image.diagonal(first), by_text.diagonal(first))


def test_a_part_outside_its_batch_is_refused(generator: torch.Generator) -> None:
    image, text = queries(generator)
    with pytest.raises(ValueError, match=r"among\.first must place 3 pairs in a batch of 7, got 5"):
        ranking_similarities(image[:3], text[:3], Among(image, text, 5))
    with pytest.raises(ValueError, match=r"among\.image and among\.text must have the same shape"):
        ranking_similarities(image[:3], text[:3], Among(image, text[:5], 0))
