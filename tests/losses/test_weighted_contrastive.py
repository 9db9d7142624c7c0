"""The weighted contrastive loss against a loop written from the reconstruction."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tests.losses.kit import log_sum_exp, unit_rows
from ucch.losses import WeightedContrastiveLoss, compact_label_similarity, weighted_contrastive_loss

LABELS = torch.tensor([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 1, 0]])


def loop_direction(query: Tensor, key: Tensor, similarity: Tensor, temperature: float, bandwidth: float) -> list[float]:
    """Linear and non-linear part of one direction, row by row."""
    parts = []
    for linear in (True, False):
        rows = []
        for i in range(len(query)):
            cosines = [float(query[i] @ k / (query[i].norm() * k.norm())) for k in key]
            scores = cosines if linear else [math.exp((c - 1) / bandwidth) for c in cosines]
            logits = [score / temperature for score in scores]
            share = [float(s) for s in similarity[i]]
            weights = share if linear else [(math.exp(s) - 1) / (math.e - 1) for s in share]
            if sum(weights) > 0:
                log_all = log_sum_exp(logits)
                rows.append(
                    -sum(w * (logit - log_all) for w, logit in zip(weights, logits, strict=True)) / sum(weights)
                )
        parts.append(sum(rows) / max(1, len(rows)))
    return parts


@pytest.mark.parametrize("nonlinear_weight", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_direction_equals_a_loop(temperature: float, nonlinear_weight: float) -> None:
    query, key = 3 * unit_rows(4, 6, 0), unit_rows(5, 6, 1)
    similarity = compact_label_similarity(LABELS[:4], LABELS)
    linear, nonlinear = loop_direction(query, key, similarity, temperature, 0.5)
    loss = weighted_contrastive_loss(query, key, similarity, temperature=temperature, nonlinear_weight=nonlinear_weight)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(linear + nonlinear_weight * nonlinear, abs=1e-6)  # similarities are float32


def test_module_adds_both_directions_over_the_labelled_rows() -> None:
    h_image, h_text = unit_rows(5, 6, 0), unit_rows(5, 6, 1)
    kept = torch.tensor([0, 1, 2, 4])
    similarity = compact_label_similarity(LABELS[kept], LABELS[kept])
    expected = sum(
        sum(loop_direction(query[kept], key[kept], similarity, 0.2, 0.5))
        for query, key in ((h_image, h_text), (h_text, h_image))
    )
    assert WeightedContrastiveLoss()(h_image, h_text, LABELS).item() == pytest.approx(expected, abs=1e-6)


def test_a_row_without_a_label_neither_asks_nor_answers() -> None:
    h_image, h_text = unit_rows(5, 6, 0).requires_grad_(), unit_rows(5, 6, 1).requires_grad_()
    WeightedContrastiveLoss()(h_image, h_text, LABELS).backward()
    for h in (h_image, h_text):
        assert h.grad is not None
        assert h.grad[3].abs().max().item() == 0.0
        assert h.grad[[0, 1, 2, 4]].abs().sum(dim=1).min().item() > 0.0


def test_closed_form_where_all_outputs_are_alike() -> None:
    h = torch.ones(4, 3)
    loss = WeightedContrastiveLoss(nonlinear_weight=0.5)(h, h, torch.eye(4))
    assert loss.item() == pytest.approx(2 * 1.5 * math.log(4), abs=1e-6)


def test_with_one_class_each_the_linear_part_is_plain_contrastive_learning() -> None:
    h_image, h_text = unit_rows(4, 6, 0), unit_rows(4, 6, 1)
    loss = WeightedContrastiveLoss(temperature=0.2, nonlinear_weight=0.0)(h_image, h_text, torch.eye(4))
    logits, own = h_image @ h_text.T / 0.2, torch.arange(4)
    expected = torch.nn.functional.cross_entropy(logits, own) + torch.nn.functional.cross_entropy(logits.T, own)
    torch.testing.assert_close(loss, expected, atol=1e-7, rtol=0)


def test_length_of_the_outputs_and_order_of_the_modalities_do_not_matter() -> None:
    h_image, h_text = unit_rows(5, 6, 0), unit_rows(5, 6, 1)
    loss = WeightedContrastiveLoss()
    torch.testing.assert_close(loss(h_image, h_text, LABELS), loss(7 * h_text, 3 * h_image, LABELS))


def test_gradient_agrees_with_finite_differences() -> None:
    h_image, h_text = unit_rows(5, 4, 0).requires_grad_(), unit_rows(5, 4, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: WeightedContrastiveLoss()(a, b, LABELS), (h_image, h_text))


@pytest.mark.parametrize("n_rows", [0, 3])
def test_no_labelled_row_costs_nothing(n_rows: int) -> None:
    h = torch.ones(n_rows, 4, requires_grad=True)
    loss = WeightedContrastiveLoss()(h, h, torch.zeros(n_rows, 2))
    loss.backward()
    assert loss.item() == 0.0


def test_float32_under_bfloat16_autocast() -> None:
    h_image, h_text = unit_rows(5, 16, 0, torch.float32), unit_rows(5, 16, 1, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = WeightedContrastiveLoss()(h_image, h_text, LABELS)
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(WeightedContrastiveLoss()(h_image, h_text, LABELS).item(), rel=2e-2)


def test_refuses_options_and_shapes() -> None:
    with pytest.raises(ValueError, match="temperature must be a finite number above 0, got 0.0"):
        WeightedContrastiveLoss(0.0)
    with pytest.raises(ValueError, match="bandwidth must be a finite number above 0, got -1.0"):
        WeightedContrastiveLoss(bandwidth=-1.0)
    with pytest.raises(ValueError, match=r"nonlinear_weight must lie in \[0.0, inf\), got -0.5"):
        WeightedContrastiveLoss(nonlinear_weight=-0.5)
    h = torch.zeros(3, 4)
    with pytest.raises(ValueError, match="h_image, h_text and label must have one row per pair, got 3, 3 and 2 rows"):
        WeightedContrastiveLoss()(h, h, torch.ones(2, 5))
    with pytest.raises(
        ValueError, match=r"similarity must have one row per query and one column per key, \(3, 2\), got shape \(2, 3\)"
    ):
        weighted_contrastive_loss(h, h[:2], torch.zeros(2, 3))


def test_repr() -> None:
    expected = "WeightedContrastiveLoss(temperature=0.2, bandwidth=0.5, nonlinear_weight=1.0)"
    assert repr(WeightedContrastiveLoss()) == expected
