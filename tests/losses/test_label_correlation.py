"""The label correlation loss against a loop written from its equations."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.losses.kit import log_sum_exp
from ucch.losses import LabelCorrelationLoss, label_correlation_loss


def outputs(*shape: int, seed: int, spread: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.tanh(spread * torch.randn(*shape, generator=generator, dtype=torch.float64))


def loop_loss(h_image: Tensor, h_text: Tensor, own: Tensor, negatives: Tensor, temperature: float) -> float:
    """L_xl + L_yl + L_lx + L_ly, summed over the batch, sample by sample."""
    total = 0.0
    for h in (h_image, h_text):
        for i in range(len(h)):
            labels = [own[i], *negatives[i]]
            to_label = [1 / (1 + math.exp(-0.5 * float(g @ h[i]))) / temperature for g in labels]
            total += log_sum_exp(to_label) - to_label[0]
            from_label = [float(own[i] @ other) for other in (h[i], *negatives[i])]
            total += log_sum_exp(from_label) - from_label[0]
    return total


@pytest.mark.parametrize("temperature", [0.05, 0.3])
@pytest.mark.parametrize("n_negatives", [1, 9])
def test_sum_equals_a_loop_and_mean_divides_it(temperature: float, n_negatives: int) -> None:
    h_image, h_text, own = (outputs(5, 8, seed=seed) for seed in range(3))
    negatives = outputs(5, n_negatives, 8, seed=3)
    expected = loop_loss(h_image, h_text, own, negatives, temperature)
    published = label_correlation_loss(h_image, h_text, own, negatives, temperature=temperature, reduction="sum")
    mean = LabelCorrelationLoss(temperature)(h_image, h_text, own, negatives)
    assert published.dtype == torch.float64
    assert published.item() == pytest.approx(expected, abs=1e-11)
    assert mean.item() == pytest.approx(expected / 5, abs=1e-11)


def test_closed_form_where_everything_is_orthogonal() -> None:
    zeros = torch.zeros(3, 4)
    loss = label_correlation_loss(zeros, zeros, zeros, torch.zeros(3, 9, 4))
    assert loss.item() == pytest.approx(4 * math.log(10), abs=1e-6)


def test_symmetric_in_the_modalities_and_in_the_order_of_negatives() -> None:
    h_image, h_text, own, negatives = (
        outputs(*shape, seed=seed) for seed, shape in enumerate([(4, 6), (4, 6), (4, 6), (4, 3, 6)])
    )
    one = label_correlation_loss(h_image, h_text, own, negatives)
    other = label_correlation_loss(h_text, h_image, own, negatives.flip(1))
    torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


def test_a_batch_twice_over_doubles_the_published_sum_and_leaves_the_mean() -> None:
    h, negatives = outputs(4, 6, seed=0), outputs(4, 3, 6, seed=1)
    for reduction, factor in (("sum", 2.0), ("mean", 1.0)):
        once = label_correlation_loss(h, h, h, negatives, reduction=reduction)
        three, twice = h.repeat(2, 1), negatives.repeat(2, 1, 1)
        doubled = label_correlation_loss(three, three, three, twice, reduction=reduction)
        assert doubled.item() == pytest.approx(factor * once.item(), rel=1e-12)


def test_gradient_agrees_with_finite_differences() -> None:
    inputs = (
        outputs(3, 5, seed=0).requires_grad_(),
        outputs(3, 5, seed=1).requires_grad_(),
        outputs(3, 5, seed=2).requires_grad_(),
        outputs(3, 4, 5, seed=3).requires_grad_(),
    )
    assert torch.autograd.gradcheck(lambda *h: label_correlation_loss(*h), inputs)


def test_finite_with_many_bits_and_saturated_outputs() -> None:
    h = torch.ones(2, 4096, requires_grad=True)
    loss = label_correlation_loss(h, -h, h, h[:, None].expand(2, 3, -1), temperature=1e-3)
    loss.backward()
    assert loss.isfinite()
    assert h.grad is not None
    assert h.grad.isfinite().all()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_empty_batch_costs_nothing(reduction: str) -> None:
    h = torch.zeros(0, 5, requires_grad=True)
    loss = label_correlation_loss(h, h, h, torch.zeros(0, 3, 5), reduction=reduction)
    loss.backward()
    assert loss.item() == 0.0


def test_float32_under_bfloat16_autocast() -> None:
    h, negatives = outputs(6, 16, seed=0).float(), outputs(6, 9, 16, seed=1).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = label_correlation_loss(h, h, h, negatives)
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(label_correlation_loss(h, h, h, negatives).item(), rel=0.05)


def test_refuses_options_and_shapes() -> None:
    with pytest.raises(ValueError, match="temperature must be a finite number above 0, got 0"):
        LabelCorrelationLoss(0)
    with pytest.raises(ValueError, match="reduction must be one of mean, sum, got 'none'"):
        LabelCorrelationLoss(reduction="none")
    h = torch.zeros(3, 4)
    with pytest.raises(ValueError, match=r"h_image and own_label must have the same shape, got \(3, 4\) and \(2, 4\)"):
        label_correlation_loss(h, h, h[:2], torch.zeros(3, 2, 4))
    for shape in ((3, 0, 4), (2, 5, 4), (3, 5, 3), (3, 4)):
        with pytest.raises(
            ValueError, match=r"negative_labels must have shape \(3, N, 4\) with N of at least 1, got shape"
        ):
            label_correlation_loss(h, h, h, torch.zeros(shape))


def test_repr() -> None:
    assert repr(LabelCorrelationLoss(0.1)) == "LabelCorrelationLoss(temperature=0.1, reduction='mean')"
