"""Views weigh by how far feature neighbours tell their codes; the correlation against a loop, and its edges."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from tests.training.test_hashing_step import recipe_of, step_of, stream
from ucch.training import HashingStep
from ucch.training.strategies.view_weights import neighbor_correlation, view_weights


def drawn(n: int = 40, width: int = 5, bits: int = 8, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Features, and queries that follow them in part."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(n, width, generator=generator)
    u = features @ torch.randn(width, bits, generator=generator) + torch.randn(n, bits, generator=generator)
    return features, normalize(u + 1, dim=1)


def by_hand(features: Tensor, h: Tensor) -> float:
    near = []
    for i, row in enumerate(features):
        apart = [float((row - other).square().sum()) for other in features]
        near.append(min((d, j) for j, d in enumerate(apart) if j != i and d > 1e-9)[1])
    alike = sum(float(h[i] @ h[j]) for i, j in enumerate(near)) / len(h)
    shared = float(h.mean(dim=0).square().sum())
    return (alike - shared) / (1 - shared)


def test_it_is_the_correlation_with_the_nearest_other_item() -> None:
    features, h = drawn()
    r = float(neighbor_correlation(features, h))
    assert r == pytest.approx(by_hand(features, h), abs=1e-5)
    assert 0.1 < r < 0.9


def test_it_stays_where_features_are_moved_turned_and_scaled_and_codes_turned() -> None:
    features, h = drawn()
    turn = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1)))[0]
    other = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(2)))[0]
    r = neighbor_correlation(features, h)
    torch.testing.assert_close(neighbor_correlation(7 * features @ turn + 2, h @ other), r)


def test_codes_that_know_nothing_of_the_features_do_not_correlate() -> None:
    features, h = drawn(2000)
    shuffled = h[torch.randperm(2000, generator=torch.Generator().manual_seed(1))]
    assert abs(float(neighbor_correlation(features, shuffled))) < 0.1
    assert float(neighbor_correlation(features, h)) > 0.3


def test_the_same_item_again_is_no_neighbour() -> None:
    """Each image four times with its captions: its own copies would tell its code always."""
    features, h = drawn(30)
    again = features.repeat(4, 1), h.repeat(4, 1)
    torch.testing.assert_close(neighbor_correlation(*again), neighbor_correlation(features, h), atol=1e-5, rtol=0)


def test_what_is_not_seen_is_not_looked_at() -> None:
    features, h = drawn()
    seen = torch.arange(40) % 3 != 0
    r = neighbor_correlation(features[seen], h[seen])
    noise = torch.where(seen[:, None], features, 100.0), torch.where(seen[:, None], h, -1.0)
    torch.testing.assert_close(neighbor_correlation(*noise, seen), r, atol=1e-5, rtol=0)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_of_one_item_over_and_over_or_one_code_nothing_is_known(n: int) -> None:
    features, h = drawn(n)
    assert float(neighbor_correlation(torch.ones(n, 3), h)) == 0
    assert float(neighbor_correlation(features, h[:1].expand(n, -1))) == pytest.approx(0, abs=0.01)


def test_weights_are_squares_and_none_is_zero() -> None:
    features, h = drawn()
    weights = view_weights({"image": features, "text": torch.ones(40, 3)}, {"image": h, "text": h})
    torch.testing.assert_close(weights["image"], neighbor_correlation(features, h).square())
    assert weights["text"].item() == pytest.approx(1e-6)


def test_rows_follow_the_weighted_mean_of_a_batch() -> None:
    index, views = next(stream())
    step = step_of(2, "optimizer=rotation", "rotation.weights=neighbors", "momentum=0")
    out = step(index, views)
    step.after_step()
    h = {name: query.detach() for name, query in out.queries.items()}
    weights = view_weights(views, h)
    assert weights["image"] != weights["text"]
    mean = sum(weights[name] * h[name] for name in h)
    torch.testing.assert_close(step.bank.values(index), normalize(mean, dim=1))
    torch.testing.assert_close(out.keys.positives, mean.sign())


@pytest.mark.parametrize(("weights", "shape"), [("equal", (32, -1)), ("neighbors", (32, -1, 1))])
def test_rows_follow_all_alike_where_asked_to_and_where_inputs_are_no_rows(
    weights: str, shape: tuple[int, ...]
) -> None:
    index, views = next(stream())
    towers = {name: nn.Sequential(nn.Flatten(), nn.Linear(rows.shape[1], 12)) for name, rows in views.items()}
    step = HashingStep(towers, 96, recipe_of("optimizer=rotation", "momentum=0", f"rotation.weights={weights}"))
    out = step(index, {name: rows.view(shape) for name, rows in views.items()})
    step.after_step()
    mean = sum(query.detach() for query in out.queries.values())
    torch.testing.assert_close(step.bank.values(index), normalize(mean, dim=1))
