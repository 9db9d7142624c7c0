"""UCCH's losses of a batch: by their formulas for one view and more, guided, and where items lack a view."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from tests.training.kit import small_recipe
from ucch.collectives import World
from ucch.losses import contrastive_hashing_logits, cross_modal_ranking_loss, max_margin_ranking_loss
from ucch.optim import CodeBank
from ucch.training.strategies import Batch
from ucch.training.teacher.guide import Guidance
from ucch.training.ucch_losses import UcchLosses

NAMES = ("image", "text", "sound")
INDEX = torch.arange(6)


def made(n_views: int = 2) -> tuple[dict[str, Tensor], Guidance]:
    drawn = torch.Generator().manual_seed(0)
    h = {name: normalize(torch.randn(6, 12, generator=drawn), dim=1) for name in NAMES[:n_views]}
    keys = CodeBank(20, 12, generator=drawn).keys(INDEX, n_negatives=8, generator=drawn)
    return h, Guidance(keys, None, None)


@pytest.mark.parametrize("n_views", [1, 2, 3])
def test_views_are_added_at_the_weight_of_two_and_every_two_are_ranked(n_views: int) -> None:
    h, guidance = made(n_views)
    contrastive, ranking = UcchLosses(small_recipe(), World())(Batch(INDEX, {}, h, h), guidance)
    each = [
        -contrastive_hashing_logits(view, guidance.keys, temperature=0.9).log_softmax(1)[:, 0] for view in h.values()
    ]
    torch.testing.assert_close(contrastive, 2 / n_views * torch.stack(each).mean(dim=1).sum())
    twos = [cross_modal_ranking_loss(one, other) for one, other in combinations(h.values(), 2)]
    torch.testing.assert_close(ranking, torch.stack(twos).mean() if twos else torch.zeros(()))


def test_the_recipe_names_temperature_and_ranking_loss() -> None:
    h, guidance = made()
    losses = UcchLosses(small_recipe("temperature=0.3", "ranking=max_margin", "margin=0.4"), World())
    contrastive, ranking = losses(Batch(INDEX, {}, h, h), guidance)
    each = [
        -contrastive_hashing_logits(view, guidance.keys, temperature=0.3).log_softmax(1)[:, 0] for view in h.values()
    ]
    torch.testing.assert_close(contrastive, torch.stack(each).mean(dim=1).sum())
    torch.testing.assert_close(ranking, max_margin_ranking_loss(h["image"], h["text"], margin=0.4))


def test_a_guides_targets_reach_both_losses() -> None:
    h, plain = made()
    losses, batch = UcchLosses(small_recipe(), World()), Batch(INDEX, {}, h, h)
    in_batch = torch.full((6, 6), 0.1).fill_diagonal_(0.0)
    guided = Guidance(plain.keys, torch.full((6, 8), 0.05), in_batch)
    pairs = zip(losses(batch, guided), losses(batch, plain), strict=True)
    assert all(not torch.allclose(one, other) for one, other in pairs)


def test_items_that_lack_a_view_do_not_count() -> None:
    h, guidance = made()
    losses = UcchLosses(small_recipe(), World())
    seen = {"image": torch.tensor([1, 1, 1, 0, 1, 1]).bool(), "text": torch.tensor([0, 1, 1, 1, 1, 1]).bool()}
    spoilt = {name: torch.where(seen[name][:, None], view, torch.ones(12)) for name, view in h.items()}
    found, other = (losses(Batch(INDEX, {}, views, views, seen=seen), guidance) for views in (h, spoilt))
    torch.testing.assert_close(found, other)
    both = seen["image"] & seen["text"]
    torch.testing.assert_close(found[1], cross_modal_ranking_loss(h["image"][both], h["text"][both]))
    nobody = {**seen, "text": ~seen["image"]}
    assert losses.ranking(Batch(INDEX, {}, h, h, seen=nobody), guidance) == 0


def test_it_has_no_state_that_a_checkpoint_would_miss() -> None:
    assert UcchLosses(small_recipe(), World()).state_dict() == {}
