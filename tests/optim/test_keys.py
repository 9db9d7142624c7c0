"""Keys: what queries are compared with."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import normalize

from ucch.codes import sign
from ucch.optim import CodeBank, Keys, in_batch_keys
from ucch.optim import keys as keys_module
from ucch.optim.keys import drawn_similarities, mean_view


def test_similarities_are_cosines_with_the_positive_first(generator: torch.Generator) -> None:
    h = normalize(torch.randn(3, 8, generator=generator, dtype=torch.float64), dim=1)
    positives, negatives = (sign(torch.randn(n, 8, generator=generator, dtype=torch.float64)) for n in (3, 5))
    similarities = Keys(positives, negatives, norm=math.sqrt(8)).similarities(h)
    assert similarities.shape == (3, 6)
    for i in range(3):
        for j, key in enumerate([positives[i], *negatives]):
            cosine = torch.cosine_similarity(h[i], key, dim=0).item()
            assert similarities[i, j].item() == pytest.approx(cosine, abs=1e-12)


@pytest.mark.parametrize("chunk", [1, 2**22])
@pytest.mark.parametrize("n_rows", [20, 1000])
def test_drawn_similarities_equal_a_gather_in_value_and_gradient(
    n_rows: int, chunk: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_module, "_CHUNK_ELEMENTS", chunk)  # 1: one anchor at a time; else all at once
    table = sign(torch.randn(n_rows, 6, generator=generator, dtype=torch.float64))
    columns = torch.randint(n_rows, (7, 5), generator=generator)
    h = torch.randn(7, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(7, 5, generator=generator, dtype=torch.float64)
    plain = torch.einsum("bd,bkd->bk", h, table[columns])
    (expected,) = torch.autograd.grad((plain * weight).sum(), h)
    ours = drawn_similarities(h, table, columns)
    (gradient,) = torch.autograd.grad((ours * weight).sum(), h)
    torch.testing.assert_close(ours, plain, atol=1e-12, rtol=0)
    torch.testing.assert_close(gradient, expected, atol=1e-12, rtol=0)


def test_both_ways_of_drawn_similarities_are_reached() -> None:
    columns = torch.zeros(2, 3, dtype=torch.int64)
    h = torch.ones(2, 4, requires_grad=True)
    names = [type(drawn_similarities(h, torch.ones(n_rows, 4), columns).grad_fn).__name__ for n_rows in (48, 49)]
    assert names == ["GatherBackward0", "_GatheredProductsBackward"]


def test_excluding_adds_up_with_weights() -> None:
    keys = Keys(torch.ones(1, 2), torch.ones(3, 2), norm=1.0, log_weights=torch.tensor([[0.5, 1.0, 2.0]]))
    excluded = keys.excluding(torch.tensor([[True, False, True]]))
    assert excluded.log_weights is not None
    assert excluded.log_weights.tolist() == [[-math.inf, 1.0, -math.inf]]
    assert keys.log_weights is not None
    assert keys.log_weights.tolist() == [[0.5, 1.0, 2.0]]


def test_in_batch_keys_are_signs_of_the_mean_view_and_leave_the_own_out() -> None:
    h_image = torch.tensor([[0.9, -0.1], [0.1, 0.5], [-0.2, -0.3]])
    h_text = torch.tensor([[-0.1, -0.4], [-0.1, -0.9], [0.2, 0.1]])
    keys = in_batch_keys(h_image, h_text)
    assert keys.positives.tolist() == [[1, -1], [1, -1], [1, -1]]  # zero means: +1
    assert keys.negatives.tolist() == keys.positives.tolist()
    assert keys.log_weights is not None
    assert torch.equal(keys.log_weights == -math.inf, torch.eye(3, dtype=torch.bool))
    assert keys.norm == math.sqrt(2)


def test_in_batch_keys_carry_no_gradient() -> None:
    h = torch.ones(2, 3, requires_grad=True)
    assert not in_batch_keys(h, h).positives.requires_grad


@pytest.mark.parametrize("n_views", [1, 2, 3])
def test_mean_view_takes_any_number_of_views(n_views: int) -> None:
    views = [torch.full((2, 2), float(value)) for value in range(n_views)]
    assert mean_view(*views).tolist() == [[sum(range(n_views)) / n_views] * 2] * 2


def test_mean_view_of_half_precision_is_float32() -> None:
    assert mean_view(torch.ones(1, 2, dtype=torch.bfloat16)).dtype == torch.float32


def test_mean_view_refuses_none_and_two_shapes() -> None:
    with pytest.raises(ValueError, match=r"views must hold at least one \(B, D\) tensor, got none"):
        mean_view()
    with pytest.raises(
        ValueError, match=r"views\[0\] and views\[1\] must have the same shape, got \(2, 2\) and \(3, 2\)"
    ):
        mean_view(torch.ones(2, 2), torch.ones(3, 2))


def test_unit_rows_instead_of_signs() -> None:
    bank = CodeBank(5, 4)
    with torch.no_grad():
        bank.latent.copy_(torch.arange(20.0).reshape(5, 4) + 1)
    keys = bank.keys(torch.tensor([3]), n_negatives=5, binarize=False)
    assert keys.norm == 1.0
    torch.testing.assert_close(keys.negatives, normalize(bank.latent.detach(), dim=1))
    torch.testing.assert_close(keys.similarities(keys.positives)[0, 0], torch.tensor(1.0))


def test_keys_move_with_all_their_parts() -> None:
    keys = CodeBank(5, 8).keys(torch.tensor([1, 2]), n_negatives=3, negatives="per_anchor")
    moved = keys.to("meta")
    assert moved.norm == keys.norm
    for name in ("positives", "negatives", "columns", "log_weights"):
        assert getattr(moved, name).device.type == "meta", name


def test_mean_view_of_the_views_that_are_seen() -> None:
    views = torch.tensor([[1.0, 3.0], [5.0, 7.0]]), torch.tensor([[3.0, 5.0], [9.0, 9.0]])
    seen = [torch.tensor([True, True]), torch.tensor([True, False])]
    assert mean_view(*views, seen=seen).tolist() == [[2.0, 4.0], [5.0, 7.0]]
    whole = [torch.tensor([True, True])] * 2
    assert torch.equal(mean_view(*views, seen=whole), mean_view(*views))


def test_mean_view_weighs_the_views_that_are_seen() -> None:
    views = torch.tensor([[1.0, 3.0], [5.0, 7.0]]), torch.tensor([[3.0, 5.0], [9.0, 9.0]])
    seen, weights = [torch.tensor([True, True]), torch.tensor([True, False])], [torch.tensor(0.3), torch.tensor(0.1)]
    torch.testing.assert_close(mean_view(*views, seen=seen, weights=weights), torch.tensor([[1.5, 3.5], [5.0, 7.0]]))
    torch.testing.assert_close(mean_view(*views, weights=weights), torch.tensor([[1.5, 3.5], [6.0, 7.5]]))
    alike = [torch.tensor(0.2)] * 2
    torch.testing.assert_close(mean_view(*views, weights=alike), mean_view(*views))
    nobody = mean_view(*views, seen=[torch.tensor([True, False])] * 2, weights=weights)
    assert nobody[1].tolist() == [0.0, 0.0]
