"""While latent values are lent, an optimizer sees them and nothing of ours; then everything is as it was."""

from __future__ import annotations

import torch

from ucch.optim.binary.latent_loan import LatentLoan


def lent() -> tuple[torch.Tensor, torch.Tensor, torch.optim.Adam, LatentLoan]:
    weight = torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    weight.grad = torch.full((2,), 0.5, dtype=torch.bfloat16)
    other = torch.nn.Parameter(torch.ones(3))
    base = torch.optim.Adam([other, weight], lr=0.1)
    latent = torch.tensor([0.25, -0.25])
    base.state[weight].update(latent=latent, scale=torch.tensor(2.0))
    return weight, latent, base, LatentLoan(base, [weight])


def test_the_base_sees_latent_values_gradients_and_a_state_of_its_own() -> None:
    _, latent, base, _ = lent()
    assert base.param_groups[0]["params"][1] is latent
    assert latent.grad is not None
    assert latent.grad.dtype == torch.float32
    assert base.state == {}


def test_in_the_end_everything_is_in_its_place() -> None:
    weight, latent, base, loan = lent()
    gradient = weight.grad
    base.step()
    loan.end()
    assert base.param_groups[0]["params"][1] is weight
    assert list(base.state) == [weight]
    assert set(base.state[weight]) == {"step", "exp_avg", "exp_avg_sq", "latent", "scale"}
    assert base.state[weight]["latent"] is latent
    assert base.state[weight]["exp_avg"].dtype == torch.float32
    torch.testing.assert_close(latent, torch.tensor([0.15, -0.35]))
    assert latent.grad is None
    assert weight.grad is gradient
    assert torch.equal(weight.detach(), torch.ones(2, dtype=torch.bfloat16))


def test_it_can_begin_again() -> None:
    weight, latent, base, loan = lent()
    loan.end()
    weight.grad = None
    loan.begin()
    assert latent.grad is None
    base.step()
    loan.end()
    assert set(base.state[weight]) == {"latent", "scale"}
