"""UCCH's momentum binary optimizer: steps worked by hand, the published figures, and torch.optim's contract."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from ucch.optim import CodeBank, MomentumBinary, momentum_binary
from ucch.optim.deposits import collected, forget, is_observed
from ucch.optim.momentum import momentum_binary_


def bank_of(rows: list[list[float]], dtype: torch.dtype = torch.float64) -> CodeBank:
    bank = CodeBank(len(rows), len(rows[0]), dtype=dtype)
    with torch.no_grad():
        bank.latent.copy_(torch.tensor(rows))
    return bank


def test_three_steps_worked_by_hand() -> None:
    """Momentum 0.5. Unit lengths come from 3-4-5 triangles, so every figure below is exact arithmetic."""
    bank = bank_of([[1.0, 0.0], [0.0, 1.0]])
    binary = MomentumBinary(bank.parameters(), momentum=0.5)
    index = torch.tensor([0])

    # Step 1: mean view (6, 8)/10, unit (.6, .8); .5 (1, 0) + .5 (.6, .8) = (.8, .4), unit (2, 1)/sqrt 5.
    bank.observe(index, torch.tensor([[1.2, 0.6]]), torch.tensor([[0.0, 1.0]]))
    binary.step()
    torch.testing.assert_close(bank.latent[0], torch.tensor([2.0, 1.0], dtype=torch.float64) / 5**0.5)
    assert bank.codes(index).tolist() == [[1, 1]]

    # Step 2: the view points to (-2, -1): .5 v - .5 v = 0 exactly opposite; a zero row stays zero, its code +1.
    bank.observe(index, -bank.latent[:1].detach())
    binary.step()
    assert bank.latent[0].tolist() == pytest.approx([0.0, 0.0], abs=1e-15)

    # Step 3: from a zero row the view decides alone: (-.6, .8), the first bit flips.
    with torch.no_grad():
        bank.latent[0] = 0.0
    bank.observe(index, torch.tensor([[-3.0, 4.0]]))
    binary.step()
    torch.testing.assert_close(bank.latent[0], torch.tensor([-0.6, 0.8], dtype=torch.float64))
    assert bank.codes().tolist() == [[-1, 1], [1, 1]]
    assert bank.latent[1].tolist() == [0.0, 1.0]  # never observed, never moved
    state = binary.state[bank.latent]
    assert (int(state["step"]), int(state["rows"]), int(state["flips"])) == (3, 3, 1)


def test_equation_5_as_written_by_hand() -> None:
    bank = bank_of([[0.5, -0.5]])
    binary = MomentumBinary(bank.parameters(), momentum=0.25, normalize=False)
    bank.observe(torch.tensor([0]), torch.tensor([[1.0, 1.0]]), torch.tensor([[0.0, 1.0]]))
    binary.step()
    assert bank.latent[0].tolist() == [0.5, 0.625]  # .25 (.5, -.5) + .75 (.5, 1)


def test_normalisation_and_equation_5_can_differ_in_sign() -> None:
    """A short mean view, from modalities that disagree, moves its row less in Eq. 5."""
    row, target = torch.tensor([[1.0, 0.0]]), torch.tensor([[-0.1, 0.1]])
    published = momentum_binary(row, target, momentum=0.4, normalize=True)
    written = momentum_binary(row, target, momentum=0.4, normalize=False)
    assert published[0, 0] < 0 < written[0, 0]


@pytest.mark.parametrize(("stage", "momentum"), [("contrastive", 0.4), ("warmup", 0.0)])
def test_published_implementation_table_update(stage: str, momentum: float, published_step: dict[str, Tensor]) -> None:
    bank = bank_of(published_step["table"].tolist(), dtype=torch.float32)
    binary = MomentumBinary(bank.parameters(), momentum=momentum)
    bank.observe(published_step["index"], published_step["h_image"], published_step["h_text"])
    binary.step()
    torch.testing.assert_close(bank.latent.detach(), published_step[f"{stage}_table_after"], atol=1e-6, rtol=0)


def test_class_applies_the_function(generator: torch.Generator) -> None:
    bank = CodeBank(6, 4, generator=generator, dtype=torch.float64)
    index, views = torch.tensor([5, 2]), torch.randn(2, 4, generator=generator, dtype=torch.float64)
    expected = momentum_binary(bank.latent.detach()[index], views, momentum=0.4, normalize=True)
    bank.observe(index, views)
    MomentumBinary(bank.parameters()).step()
    torch.testing.assert_close(bank.latent.detach()[index], expected)


def test_without_normalisation_it_is_sparse_gradient_descent(generator: torch.Generator) -> None:
    ours, theirs = (CodeBank(6, 4, generator=generator.manual_seed(1), dtype=torch.float64) for _ in range(2))
    binary = MomentumBinary(ours.parameters(), momentum=0.3, normalize=False)
    descent = torch.optim.SGD(theirs.parameters(), lr=0.7)
    for step in range(3):
        index, views = torch.tensor([step, 5]), torch.randn(2, 4, generator=generator, dtype=torch.float64)
        ours.observe(index, views)
        theirs.observe(index, views)
        rows, gradient, _ = collected(theirs.latent)
        forget(theirs.latent)
        theirs.latent.grad = torch.zeros(6, 4, dtype=torch.float64).index_put((rows,), gradient)
        binary.step()
        descent.step()
        descent.zero_grad()
    torch.testing.assert_close(ours.latent, theirs.latent)


def test_a_row_observed_twice_moves_to_the_mean() -> None:
    bank = bank_of([[0.0, 1.0]])
    binary = MomentumBinary(bank.parameters(), momentum=0.0, normalize=False)
    bank.observe(torch.tensor([0, 0]), torch.tensor([[1.0, 0.0], [3.0, 2.0]]))
    binary.step()
    assert bank.latent[0].tolist() == [2.0, 1.0]


def test_no_gradient_and_zero_gradient_change_nothing(generator: torch.Generator) -> None:
    bank = CodeBank(6, 4, generator=generator)
    with torch.no_grad():
        bank.latent.mul_(0.37)  # not of unit length: normalisation would show
    before = bank.latent.detach().clone()
    binary = MomentumBinary(bank.parameters())
    binary.step()
    bank.observe(torch.tensor([1, 4]), before[[1, 4]])
    binary.step()
    assert torch.equal(bank.latent.detach(), before)


def test_a_step_uses_up_what_was_observed() -> None:
    bank = bank_of([[1.0, 0.0]])
    binary = MomentumBinary(bank.parameters())
    bank.observe(torch.tensor([0]), torch.tensor([[0.0, 1.0]]))
    binary.step()
    after = bank.latent.detach().clone()
    assert not is_observed(bank.latent)
    binary.step()
    assert torch.equal(bank.latent.detach(), after)


def test_zero_grad_drops_what_was_observed() -> None:
    bank = bank_of([[1.0, 0.0]])
    binary = MomentumBinary(bank.parameters())
    bank.observe(torch.tensor([0]), torch.tensor([[0.0, 1.0]]))
    binary.zero_grad()
    binary.step()
    assert bank.latent[0].tolist() == [1.0, 0.0]


def test_closure_runs_with_gradients_and_its_loss_is_returned() -> None:
    bank = bank_of([[1.0, 0.0]])
    binary = MomentumBinary(bank.parameters(), momentum=0.0)
    enabled = []

    def closure() -> float:
        enabled.append(torch.is_grad_enabled())
        bank.observe(torch.tensor([0]), torch.tensor([[0.0, 1.0]]))
        return 2.5

    assert binary.step(closure) == 2.5
    assert enabled == [True]
    assert bank.latent[0].tolist() == [0.0, 1.0]


def test_hooks_of_torch_run() -> None:
    bank = bank_of([[1.0, 0.0]])
    binary = MomentumBinary(bank.parameters())
    calls = []
    binary.register_step_pre_hook(lambda *_: calls.append("pre"))
    binary.register_step_post_hook(lambda *_: calls.append("post"))
    binary.step()
    assert calls == ["pre", "post"]


def test_options_belong_to_their_group() -> None:
    first, second = bank_of([[1.0, 0.0]]), bank_of([[1.0, 0.0]])
    groups: list[dict[str, Any]] = [
        {"params": first.parameters(), "momentum": 0.0},
        {"params": second.parameters(), "momentum": 0.75, "normalize": False},
    ]
    binary = MomentumBinary(groups)
    for bank in (first, second):
        bank.observe(torch.tensor([0]), torch.tensor([[0.0, 2.0]]))
    binary.step()
    assert first.latent[0].tolist() == [0.0, 1.0]
    assert second.latent[0].tolist() == [0.75, 0.5]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.int8])
def test_small_tables_move_as_float32_does_up_to_one_rounding(dtype: torch.dtype, generator: torch.Generator) -> None:
    small = CodeBank(6, 16, dtype=dtype, generator=generator)
    wide = bank_of(small.values().tolist(), torch.float32)
    index, views = torch.tensor([4, 0, 4]), torch.randn(2, 3, 16, generator=generator)
    for bank in (small, wide):
        binary = MomentumBinary(bank.parameters(), momentum=0.6)
        bank.observe(index, *views)
        binary.step()
    assert small.latent.dtype == dtype
    half_a_step = 1 / 4 / 64 if dtype == torch.int8 else 2 * 2**-8
    torch.testing.assert_close(small.values(), wide.values(), atol=1.001 * half_a_step, rtol=0)
    certain = wide.values().abs() > half_a_step
    assert torch.equal(small.codes().float()[certain], wide.codes()[certain])
    assert int(binary.state[wide.latent]["rows"]) == 2


def run(bank: CodeBank, binary: MomentumBinary, steps: range) -> None:
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        index = torch.randint(bank.n_codes, (3,), generator=generator)
        bank.observe(index, torch.randn(3, bank.n_bits, generator=generator).to(bank.latent.dtype))
        binary.step()


def test_a_reload_goes_on_as_if_never_stopped() -> None:
    through = CodeBank(8, 4, generator=torch.Generator().manual_seed(0))
    stopped = copy.deepcopy(through)
    binary = MomentumBinary(through.parameters(), momentum=0.6, normalize=False)
    run(through, binary, range(6))
    first_half = MomentumBinary(stopped.parameters(), momentum=0.6, normalize=False)
    run(stopped, first_half, range(3))
    resumed = CodeBank(8, 4)
    resumed.load_state_dict(stopped.state_dict())
    second_half = MomentumBinary(resumed.parameters())
    second_half.load_state_dict(first_half.state_dict())
    run(resumed, second_half, range(3, 6))
    assert torch.equal(resumed.latent, through.latent)
    ours, theirs = second_half.state[resumed.latent], binary.state[through.latent]
    assert {name: int(value) for name, value in ours.items()} == {name: int(v) for name, v in theirs.items()}
    assert all(value.dtype == torch.int64 for value in ours.values())


def test_state_of_an_older_version_without_an_option_loads() -> None:
    bank = bank_of([[1.0, 0.0]])
    state = MomentumBinary(bank.parameters(), momentum=0.3).state_dict()
    del state["param_groups"][0]["normalize"]
    binary = MomentumBinary(bank.parameters())
    binary.load_state_dict(state)
    assert binary.param_groups[0]["normalize"] is True
    assert binary.param_groups[0]["momentum"] == 0.3


def test_copies_and_prints() -> None:
    bank = bank_of([[1.0, 0.0]])
    binary = MomentumBinary(bank.parameters(), momentum=0.3)
    assert copy.deepcopy(binary).param_groups[0]["momentum"] == 0.3
    assert "MomentumBinary" in repr(binary)
    assert "momentum: 0.3" in repr(binary)


@pytest.mark.parametrize("momentum", [-0.1, 1.0, float("nan")])
def test_refuses_a_momentum_outside_its_range(momentum: float) -> None:
    bank = bank_of([[1.0, 0.0]])
    with pytest.raises(ValueError, match=rf"momentum must lie in \[0\.0, 1\.0\), got {momentum}"):
        MomentumBinary(bank.parameters(), momentum=momentum)
    with pytest.raises(ValueError, match=rf"momentum must lie in \[0\.0, 1\.0\), got {momentum}"):
        MomentumBinary([{"params": bank.parameters(), "momentum": momentum}])


def test_refuses_a_table_that_stands_in_the_loss() -> None:
    bank = bank_of([[1.0, 0.0]])
    bank.latent.sum().backward()
    with pytest.raises(TypeError, match=r"got a gradient in \.grad; keep the table out of the loss"):
        MomentumBinary(bank.parameters()).step()


@pytest.mark.parametrize("normalize", [True, False])
def test_written_over_the_target_it_is_the_same_rule(normalize: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    row, target = torch.randn(2, 7, 5, generator=generator)
    target[3] = 0.0
    expected = momentum_binary(row, target, momentum=0.4, normalize=normalize)
    momentum_binary_(row, target, momentum=0.4, normalize=normalize)
    torch.testing.assert_close(target, expected, atol=1e-6, rtol=0)
