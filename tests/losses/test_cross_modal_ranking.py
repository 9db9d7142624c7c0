"""The ranking loss against loops, closed forms, the max-margin loss it bounds, and the published figures."""

from __future__ import annotations

import math
import shutil

import pytest
import torch
from torch import Tensor

from tests.losses.kit import log_sum_exp, unit_rows
from ucch.binarize import tanh_query
from ucch.losses import CrossModalRankingLoss, cross_modal_ranking_loss


def loop_loss(h_image: Tensor, h_text: Tensor, margin: float, shift: float, kappa: float) -> float:
    """Eq. 8 and 14 with single numbers."""
    n, total = len(h_image), 0.0
    for asks, answers in ((h_image, h_text), (h_text, h_image)):
        for i in range(n):
            own = float(asks[i] @ answers[i])
            shifted = []
            for j in range(n):
                similarity = float(asks[i] @ answers[j])
                shifted.append(similarity if own - similarity <= margin else similarity - shift)
            total += (margin + kappa * log_sum_exp(s / kappa for s in shifted) - own) / n
    return total


@pytest.mark.parametrize(("margin", "shift", "kappa"), [(0.2, 0.1, 1.0), (0.0, 1.0, 0.3), (0.5, 0.0, 2.0)])
def test_equals_a_loop_over_pairs(margin: float, shift: float, kappa: float) -> None:
    h_image, h_text = unit_rows(6, 5, 0), unit_rows(6, 5, 1)
    loss = cross_modal_ranking_loss(h_image, h_text, margin=margin, shift=shift, kappa=kappa)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(loop_loss(h_image, h_text, margin, shift, kappa), abs=1e-12)
    assert CrossModalRankingLoss(margin, shift, kappa)(h_image, h_text).item() == loss.item()


@pytest.mark.parametrize("shift", [0.1, 1])
def test_published_implementation_loss_and_gradients(shift: float, published_step: dict[str, Tensor]) -> None:
    u_image, u_text = (published_step[f"u_{name}"].clone().requires_grad_() for name in ("image", "text"))
    loss = cross_modal_ranking_loss(tanh_query(u_image), tanh_query(u_text), margin=0.2, shift=shift)
    loss.backward()
    assert loss.item() == pytest.approx(published_step[f"ranking_shift{shift}_loss"].item(), abs=1e-6)
    for name, u in (("image", u_image), ("text", u_text)):
        torch.testing.assert_close(u.grad, published_step[f"ranking_shift{shift}_grad_{name}"], atol=1e-6, rtol=0)


def test_closed_form_of_unrelated_pairs() -> None:
    # M = identity: each direction is m + ln(e + (n - 1) exp(-shift)) - 1.
    expected = 2 * (0.2 + math.log(math.e + 3 * math.exp(-0.1)) - 1)
    assert cross_modal_ranking_loss(torch.eye(4), torch.eye(4)).item() == pytest.approx(expected, abs=1e-6)


def test_at_the_start_it_is_about_twice_log_batch_plus_margin() -> None:
    loss = cross_modal_ranking_loss(unit_rows(256, 64, 0), unit_rows(256, 64, 1))
    assert loss.item() == pytest.approx(2 * (math.log(256) + 0.2), rel=0.02)


def test_diagonal_stands_in_the_sum() -> None:
    h = torch.ones(1, 1)
    assert cross_modal_ranking_loss(h, h, margin=0.25).item() == 0.5  # one pair: m + log exp(1) - 1, twice


def test_bounds_the_hardest_violation_per_row() -> None:
    h_image, h_text, margin = unit_rows(7, 6, 4), unit_rows(7, 6, 5), 0.3
    similarity = h_image @ h_text.T
    own = similarity.diagonal()
    hardest = (margin + similarity - own[:, None]).fill_diagonal_(0).clamp(min=0).amax(1).mean()
    hardest += (margin + similarity - own[None, :]).fill_diagonal_(0).clamp(min=0).amax(0).mean()
    assert cross_modal_ranking_loss(h_image, h_text, margin=margin, shift=0.1).item() >= hardest.item()


def test_a_pair_exactly_at_the_margin_is_not_shifted() -> None:
    h_image = torch.tensor([[1.0, 0.0]])
    h_image, h_text = torch.cat([h_image, -h_image]), torch.tensor([[0.5, 0.0], [0.25, 0.0]])
    # Row 0: M_00 - M_01 = 0.25, exactly the margin.
    at = cross_modal_ranking_loss(h_image[:1].repeat(2, 1), h_text, margin=0.25, shift=9.0)
    free = cross_modal_ranking_loss(h_image[:1].repeat(2, 1), h_text, margin=0.25, shift=0.0)
    assert at.item() == free.item()


def test_symmetric_in_the_modalities_and_in_the_order_of_pairs() -> None:
    h_image, h_text, order = unit_rows(6, 5, 0), unit_rows(6, 5, 1), torch.tensor([3, 1, 5, 0, 2, 4])
    loss = cross_modal_ranking_loss(h_image, h_text)
    torch.testing.assert_close(loss, cross_modal_ranking_loss(h_text, h_image), atol=1e-12, rtol=0)
    torch.testing.assert_close(loss, cross_modal_ranking_loss(h_image[order], h_text[order]), atol=1e-12, rtol=0)


def test_gradient_agrees_with_finite_differences_away_from_the_margin() -> None:
    h_image, h_text = unit_rows(4, 5, 0).requires_grad_(), unit_rows(4, 5, 1).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda a, b: cross_modal_ranking_loss(a, b, shift=0.5, kappa=0.7), (h_image, h_text)
    )


def test_float32_under_bfloat16_autocast_and_finite_for_a_hard_maximum() -> None:
    h_image, h_text = (unit_rows(16, 32, seed, torch.float32).requires_grad_() for seed in (0, 1))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = cross_modal_ranking_loss(h_image, h_text)
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(cross_modal_ranking_loss(h_image, h_text).item(), rel=2e-3)
    cross_modal_ranking_loss(h_image, h_text, kappa=1e-4).backward()
    assert h_image.grad is not None
    assert h_image.grad.isfinite().all()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"margin": -0.1}, r"margin must lie in \[0\.0, inf\), got -0\.1"),
        ({"shift": math.inf}, r"shift must lie in \[0\.0, inf\), got inf"),
        ({"kappa": 0.0}, r"kappa must be a finite number above 0, got 0\.0"),
    ],
)
def test_refuses_options_outside_their_range(options: dict[str, float], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        CrossModalRankingLoss(**options)


def test_refuses_inputs_of_two_shapes() -> None:
    with pytest.raises(ValueError, match=r"h_image and h_text must have the same shape, got \(2, 3\) and \(3, 3\)"):
        cross_modal_ranking_loss(torch.zeros(2, 3), torch.zeros(3, 3))
    with pytest.raises(ValueError, match=r"h_image must have two dimensions, got shape \(3,\)"):
        cross_modal_ranking_loss(torch.zeros(3), torch.zeros(3))


def test_repr() -> None:
    assert repr(CrossModalRankingLoss()) == "CrossModalRankingLoss(margin=0.2, shift=0.1, kappa=1.0)"


def test_soft_targets_by_loop() -> None:
    h_image, h_text = unit_rows(6, 5, 0), unit_rows(6, 5, 1)
    targets = torch.rand(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) / 10
    expected = loop_loss(h_image, h_text, 0.2, 0.1, 1.0)
    for asks, answers in ((h_image, h_text), (h_text, h_image)):
        for i in range(6):
            mean = sum(targets[i, j].item() * float(asks[i] @ (answers[j] - answers[i])) for j in range(6))
            expected -= mean / 6
    found = CrossModalRankingLoss()(h_image, h_text, targets=targets)
    assert found.item() == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ValueError, match="targets and h_image h_text"):
        cross_modal_ranking_loss(h_image, h_text, targets=targets[:2])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")
def test_compiled_by_default_it_has_the_same_gradients() -> None:
    rows, found = [unit_rows(32, 12, seed).float() for seed in (0, 1)], []
    torch.compiler.reset()
    with torch._inductor.config.patch(compile_threads=1):
        for loss in (cross_modal_ranking_loss, torch.compile(cross_modal_ranking_loss)):
            inputs = [each.clone().requires_grad_() for each in rows]
            found.append(torch.autograd.grad(loss(*inputs), inputs))
    torch.testing.assert_close(*found)
