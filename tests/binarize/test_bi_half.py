"""Bi-half codes: balance, ties, gradients by hand, and the threshold that encoding keeps."""

from __future__ import annotations

import copy

import pytest
import torch

from ucch.binarize import BiHalfQuery, batch_threshold, bi_half


@pytest.mark.parametrize(("n_rows", "expected"), [(2, 0), (64, 0), (7, -1), (65, -1)])
def test_every_bit_splits_the_batch(n_rows: int, expected: int, generator: torch.Generator) -> None:
    codes = bi_half(torch.randn(n_rows, 12, generator=generator) + 3.0)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    assert codes.sum(dim=0).tolist() == [expected] * 12


def test_ties_are_split_in_batch_order() -> None:
    assert bi_half(torch.zeros(4, 1)).T.tolist() == [[1, 1, -1, -1]]
    assert bi_half(torch.tensor([[0.0], [5.0], [0.0], [0.0]])).T.tolist() == [[1, 1, -1, -1]]


def test_gradient_by_hand() -> None:
    """dL/du = dL/dB + gamma (U - B) / (B D), here 6 / (2 * 2)."""
    u = torch.tensor([[3.0, 0.5], [1.0, 2.0]], requires_grad=True)
    weight = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    (bi_half(u, gamma=6.0) * weight).sum().backward()
    codes = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    assert u.grad is not None
    torch.testing.assert_close(u.grad, weight + 1.5 * (u.detach() - codes))


@pytest.mark.parametrize("n_rows", [2, 5, 64])
def test_threshold_separates_the_halves(n_rows: int, generator: torch.Generator) -> None:
    u = torch.randn(n_rows, 6, generator=generator)
    level = batch_threshold(u)
    assert torch.equal(torch.where(u > level, 1.0, -1.0)[u != level], bi_half(u)[u != level])
    assert (u > level).sum(dim=0).tolist() == [n_rows // 2] * 6 or n_rows % 2


def test_each_view_with_its_own_threshold_is_balanced_exactly(generator: torch.Generator) -> None:
    query = BiHalfQuery(8, shared=False)
    image, text = query(torch.randn(32, 8, generator=generator) + 5, torch.randn(32, 8, generator=generator) - 5)
    for h in (image, text):
        assert h.abs().unique().tolist() == pytest.approx([8**-0.5])
        assert (h > 0).sum(dim=0).tolist() == [16] * 8


def test_a_shared_threshold_splits_the_mean(generator: torch.Generator) -> None:
    u = [torch.randn(32, 8, generator=generator) for _ in range(2)]
    query = BiHalfQuery(8, shared=True)
    h = query(*u)
    level = batch_threshold((u[0] + u[1]) / 2)
    for view, out in zip(u, h, strict=True):
        assert torch.equal(out > 0, view >= level)
    assert torch.equal(query.threshold, level.expand(2, -1))


def test_running_threshold_follows_the_medians_and_encoding_uses_it() -> None:
    query = BiHalfQuery(1, n_views=1, rate=0.25)
    for low, expected in ((2.0, 3.0), (4.0, 4.0), (6.0, 5.0), (8.0, 6.0), (14.0, 8.25)):
        query(torch.tensor([[low], [low + 2.0]]))  # median low + 1; plain mean of four, then a quarter of the newest
        assert float(query.threshold) == pytest.approx(expected)
    query.eval()
    codes = query(torch.tensor([[8.25], [8.0], [9.0]]))[0]
    assert codes.T.tolist() == [[1, -1, 1]]  # equal to the threshold is +1
    assert float(query.threshold) == pytest.approx(8.25)  # evaluation does not move it


def test_state_is_saved_and_copied(generator: torch.Generator) -> None:
    query, other = BiHalfQuery(4), BiHalfQuery(4)
    query(torch.randn(8, 4, generator=generator), torch.randn(8, 4, generator=generator))
    other.load_state_dict(query.state_dict())
    assert torch.equal(other.threshold, query.threshold)
    assert int(other.n_batches) == 1
    assert torch.equal(copy.deepcopy(query).threshold, query.threshold)


def test_wrong_options_and_views_are_refused() -> None:
    with pytest.raises(ValueError, match=r"gamma must lie in \[0\.0, inf\), got -1"):
        BiHalfQuery(4, gamma=-1)
    with pytest.raises(ValueError, match=r"rate must lie in \[0\.0, 1\.0\], got 2"):
        BiHalfQuery(4, rate=2)
    with pytest.raises(ValueError, match="forward must get 2 views, as n_views says, got 1"):
        BiHalfQuery(4)(torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"u\[0\] and u\[1\] must have the same shape"):
        BiHalfQuery(4)(torch.zeros(2, 4), torch.zeros(3, 4))
    assert "n_bits=4, n_views=2, gamma=6.0" in repr(BiHalfQuery(4))
