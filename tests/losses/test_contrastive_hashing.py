"""The contrastive hashing loss against loops, closed forms and the published implementation's figures."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.losses.kit import log_sum_exp, unit_rows
from ucch.binarize import tanh_query
from ucch.codes import sign
from ucch.losses import ContrastiveHashingLoss, contrastive_hashing_logits, contrastive_hashing_loss
from ucch.losses.contrastive_hashing import own_code_loss
from ucch.optim import CodeBank, Keys, in_batch_keys


def loop_loss(h_image: Tensor, h_text: Tensor, positives: Tensor, negatives: list[Tensor], temperature: float) -> float:
    """Eq. 3-4 pair by pair; ``negatives[i]`` holds the keys that pair i is compared with."""
    total = 0.0
    for h in (h_image, h_text):
        for i in range(len(h)):
            keys = [positives[i], *negatives[i]]
            logits = [float(h[i] @ key) / (temperature * math.sqrt(h.shape[1])) for key in keys]
            total += (log_sum_exp(logits) - logits[0]) / len(h)
    return total


@pytest.mark.parametrize("temperature", [0.1, 0.9])
@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
@pytest.mark.parametrize("mask_own", [True, False])
def test_equals_a_loop_over_pairs_and_keys(temperature: float, negatives: str, mask_own: bool) -> None:
    bank = CodeBank(9, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    h_image, h_text = unit_rows(4, 6, 2), unit_rows(4, 6, 3)
    index = torch.tensor([2, 5, 0, 5])
    draw = torch.Generator().manual_seed(4)
    keys = bank.keys(index, n_negatives=7, negatives=negatives, mask_own=mask_own, generator=draw)
    drawn = torch.randint(9, (4, 7) if negatives == "per_anchor" else (7,), generator=draw.manual_seed(4))
    rows = drawn if negatives == "per_anchor" else drawn.expand(4, 7)
    compared = [bank.codes(row[row != index[i]] if mask_own else row) for i, row in enumerate(rows)]
    expected = loop_loss(h_image, h_text, bank.codes(index), compared, temperature)
    loss = contrastive_hashing_loss(h_image, h_text, keys, temperature=temperature)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(expected, abs=1e-12)
    assert ContrastiveHashingLoss(temperature)(h_image, h_text, keys).item() == loss.item()


def test_in_warm_up_equals_a_loop_over_the_batch() -> None:
    h_image, h_text = unit_rows(5, 8, 0), unit_rows(5, 8, 1)
    codes = sign((h_image + h_text) / 2)
    others = [codes[torch.arange(5) != i] for i in range(5)]
    loss = contrastive_hashing_loss(h_image, h_text, in_batch_keys(h_image, h_text), temperature=0.9)
    assert loss.item() == pytest.approx(loop_loss(h_image, h_text, codes, others, 0.9), abs=1e-12)


@pytest.mark.parametrize("stage", ["contrastive", "warmup"])
def test_published_implementation_loss_logits_and_gradients(stage: str, published_step: dict[str, Tensor]) -> None:
    step = published_step
    u_image, u_text = (step[f"u_{name}"].clone().requires_grad_() for name in ("image", "text"))
    h_image, h_text = tanh_query(u_image), tanh_query(u_text)
    torch.testing.assert_close(h_image, step["h_image"], atol=1e-6, rtol=0)
    torch.testing.assert_close(h_text, step["h_text"], atol=1e-6, rtol=0)
    if stage == "warmup":
        keys = in_batch_keys(h_image, h_text)
    else:
        table = sign(step["table"])
        keys = Keys(table[step["index"]], table, norm=math.sqrt(12), columns=step["negatives"][:, 1:])
    loss = contrastive_hashing_loss(h_image, h_text, keys, temperature=0.9)
    loss.backward()
    assert loss.item() == pytest.approx(step[f"{stage}_loss"].item(), abs=1e-6)
    for name, u, h in (("image", u_image, h_image), ("text", u_text, h_text)):
        torch.testing.assert_close(u.grad, step[f"{stage}_grad_{name}"], atol=1e-6, rtol=0)
        logits = contrastive_hashing_logits(h, keys, temperature=0.9)
        finite = logits[logits.isfinite()].reshape(8, -1)  # without the own row that warm-up leaves out
        torch.testing.assert_close(finite, step[f"{stage}_logits_{name}"], atol=1e-6, rtol=0)


def test_at_the_start_of_warm_up_it_is_about_twice_the_log_of_the_batch() -> None:
    h_image, h_text = unit_rows(256, 64, 0), unit_rows(256, 64, 1)
    loss = contrastive_hashing_loss(h_image, h_text, in_batch_keys(h_image, h_text), temperature=0.9)
    assert loss.item() == pytest.approx(2 * math.log(256), rel=0.2)
    assert loss.item() < 2 * math.log(256)  # the batch's own codes lean towards it


def test_closed_form_where_all_keys_are_alike() -> None:
    keys = Keys(torch.ones(3, 4), torch.ones(7, 4), norm=2.0)
    h = unit_rows(3, 4, 0, torch.float32)
    assert contrastive_hashing_loss(h, h, keys).item() == pytest.approx(2 * math.log(8), abs=1e-6)


def test_symmetric_in_the_modalities_and_in_the_order_of_negatives() -> None:
    h_image, h_text, negatives = unit_rows(4, 6, 0), unit_rows(4, 6, 1), sign(unit_rows(9, 6, 2))
    positives = sign(unit_rows(4, 6, 3))
    loss = contrastive_hashing_loss(h_image, h_text, Keys(positives, negatives, norm=6**0.5))
    swapped = contrastive_hashing_loss(h_text, h_image, Keys(positives, negatives.flip(0), norm=6**0.5))
    torch.testing.assert_close(loss, swapped, atol=1e-12, rtol=0)


def test_a_weight_counts_a_negative_that_often() -> None:
    h, positives, negatives = unit_rows(3, 5, 0), sign(unit_rows(3, 5, 1)), sign(unit_rows(2, 5, 2))
    twice = Keys(positives, torch.cat([negatives, negatives[:1]]), norm=5**0.5)
    weights = torch.tensor([2.0, 1.0], dtype=torch.float64).log().expand(3, 2)
    weighted = Keys(positives, negatives, norm=5**0.5, log_weights=weights)
    torch.testing.assert_close(contrastive_hashing_loss(h, h, twice), contrastive_hashing_loss(h, h, weighted))


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_gradient_agrees_with_finite_differences(negatives: str) -> None:
    bank = CodeBank(8, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    keys = bank.keys(torch.tensor([1, 2, 3]), n_negatives=6, negatives=negatives)
    h_image, h_text = unit_rows(3, 5, 2).requires_grad_(), unit_rows(3, 5, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: contrastive_hashing_loss(a, b, keys), (h_image, h_text))


def test_keys_receive_no_gradient() -> None:
    bank = CodeBank(8, 5)
    h = unit_rows(2, 5, 0, torch.float32).requires_grad_()
    contrastive_hashing_loss(h, h, bank.keys(torch.tensor([0, 1]), n_negatives=4)).backward()
    assert bank.latent.grad is None
    assert h.grad is not None


def test_a_single_pair_without_negatives_costs_nothing() -> None:
    h = unit_rows(1, 4, 0).requires_grad_()
    loss = contrastive_hashing_loss(h, h, in_batch_keys(h))
    loss.backward()
    assert loss.item() == 0.0
    assert h.grad is not None
    assert h.grad.abs().max().item() == 0.0


def test_float32_under_bfloat16_autocast_and_finite_at_a_sharp_temperature() -> None:
    bank = CodeBank(50, 64, generator=torch.Generator().manual_seed(0))
    keys = bank.keys(torch.arange(8), n_negatives=50)
    h = unit_rows(8, 64, 0, torch.float32).requires_grad_()
    exact = contrastive_hashing_loss(h, h, keys, temperature=1e-3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = contrastive_hashing_loss(h, h, keys, temperature=0.9)
    exact.backward()
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(contrastive_hashing_loss(h, h, keys).item(), rel=2e-3)
    assert h.grad is not None
    assert exact.isfinite()
    assert h.grad.isfinite().all()


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_refuses_a_temperature_that_is_not_above_zero(temperature: float) -> None:
    with pytest.raises(ValueError, match=f"temperature must be a finite number above 0, got {temperature}"):
        ContrastiveHashingLoss(temperature)


def test_refuses_queries_that_do_not_match_the_positives() -> None:
    keys = CodeBank(8, 5).keys(torch.tensor([0, 1]), n_negatives=4)
    with pytest.raises(ValueError, match=r"h and keys\.positives must have the same shape, got \(3, 5\) and \(2, 5\)"):
        contrastive_hashing_loss(torch.zeros(3, 5), torch.zeros(3, 5), keys)


def test_repr() -> None:
    assert repr(ContrastiveHashingLoss(0.5)) == "ContrastiveHashingLoss(temperature=0.5)"


def test_soft_targets_by_loop_and_in_the_limits() -> None:
    bank = CodeBank(9, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    h_image, h_text = unit_rows(4, 6, 2), unit_rows(4, 6, 3)
    keys = bank.keys(torch.tensor([2, 5, 0, 7]), n_negatives=9)  # each pair's own is left out
    targets = torch.rand(4, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(5)) / 20
    expected = 0.0
    for h in (h_image, h_text):
        logits = keys.similarities(h) / 0.9
        for i in range(4):
            weighted = [logits[i, 0].item(), *(logits[i, 1:] + keys.log_weights[i]).tolist()]
            total = log_sum_exp([x for x in weighted if x > -math.inf])
            own = (1 - targets[i].sum().item()) * (total - logits[i, 0].item())
            others = sum(targets[i, j].item() * (total - logits[i, 1 + j].item()) for j in range(9))
            expected += (own + others) / 4
    found = ContrastiveHashingLoss(0.9)(h_image, h_text, keys, targets)
    assert found.item() == pytest.approx(expected, abs=1e-12)
    plain = contrastive_hashing_loss(h_image, h_text, keys)
    none = contrastive_hashing_loss(h_image, h_text, keys, targets=torch.zeros_like(targets))
    assert none.item() == pytest.approx(plain.item(), abs=1e-12)


def test_targets_of_another_shape_are_refused() -> None:
    h = unit_rows(4, 6, 2)
    with pytest.raises(ValueError, match=r"targets must have one entry per query and negative, \(4, 4\), got \(4, 3\)"):
        contrastive_hashing_loss(h, h, in_batch_keys(h), targets=torch.zeros(4, 3))


@pytest.mark.parametrize("soft", [False, True])
def test_the_mean_is_over_the_rows_that_are_seen(soft: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    h = torch.nn.functional.normalize(torch.randn(6, 8, generator=generator), dim=1)
    keys = in_batch_keys(torch.randn(6, 8, generator=generator))
    targets = torch.full((6, 6), 0.05) if soft else None
    each = [own_code_loss(h, keys, targets=targets, seen=torch.arange(6) == row) for row in range(6)]
    torch.testing.assert_close(torch.stack(each).mean(), own_code_loss(h, keys, targets=targets))
    some = torch.tensor([True, False, True, False, False, True])
    torch.testing.assert_close(
        torch.stack([each[row] for row in (0, 2, 5)]).mean(), own_code_loss(h, keys, targets=targets, seen=some)
    )
    assert own_code_loss(h, keys, targets=targets, seen=some & ~some) == 0
