"""What every optimizer of a code table must do; a new one joins by a line in ``tests/optim/kit.py``."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch

import ucch.optim
from tests.optim.kit import CASES, Case
from ucch.optim import CodeBank, TableOptimizer, deposit
from ucch.optim.deposits import is_observed

pytestmark = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def new_bank(seed: int = 0) -> CodeBank:
    return CodeBank(8, 6, generator=torch.Generator().manual_seed(seed))


def run(case: Case, bank: CodeBank, optimizer: TableOptimizer, steps: range) -> None:
    for step in steps:
        case.observe(bank, optimizer, step)
        optimizer.step()
        if step % 2:
            case.settle(bank, optimizer)


def test_no_optimizer_is_missing_from_the_table(case: Case) -> None:
    public = [value for value in vars(ucch.optim).values() if inspect.isclass(value)]
    optimizers = {one for one in public if issubclass(one, TableOptimizer)} - {TableOptimizer}
    assert optimizers == {case.build for case in CASES.values()}


@pytest.mark.parametrize("which", ["worked", "tie"])
def test_steps_worked_by_hand_and_an_exact_tie(case: Case, which: str) -> None:
    options, start, moves = getattr(case, which)
    assert len(moves) >= 3 or which == "tie"
    bank = CodeBank(1, 2)
    with torch.no_grad():
        bank.latent.copy_(torch.tensor([start]))
    optimizer = case.build(bank.parameters(), **options)
    for values, codes, flips in moves:
        case.move(bank, optimizer, values)
        assert bank.codes().tolist() == [list(codes)]
        assert int(optimizer.state[bank.latent]["flips"]) == flips


def test_codes_stay_exactly_binary_and_something_moves(case: Case) -> None:
    bank = new_bank()
    before = bank.codes()
    optimizer = case.build(bank.parameters(), **case.options)
    run(case, bank, optimizer, range(12))
    codes = bank.codes()
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    assert not torch.equal(codes, before)
    state = optimizer.state[bank.latent]
    assert int(state["step"]) == 12
    assert int(state["flips"]) >= int((codes != before).sum())
    assert int(state["rows"]) > 0


def test_without_a_gradient_nothing_changes(case: Case) -> None:
    bank = new_bank()
    before = bank.latent.detach().clone()
    optimizer = case.build(bank.parameters(), **case.options)
    optimizer.step()
    assert torch.equal(bank.latent, before)
    assert not optimizer.state[bank.latent]


def test_a_zero_gradient_changes_nothing(case: Case) -> None:
    bank = new_bank()
    before = bank.latent.detach().clone()
    optimizer = case.build(bank.parameters(), **case.options)
    deposit(bank.latent, torch.tensor([1, 4]), torch.zeros(2, 6))
    optimizer.step()
    assert torch.equal(bank.latent, before)
    assert int(optimizer.state[bank.latent]["flips"]) == 0


def test_a_step_uses_the_gradient_up(case: Case) -> None:
    bank = new_bank()
    optimizer = case.build(bank.parameters(), **case.options)
    case.observe(bank, optimizer, 3)
    optimizer.step()
    after = bank.latent.detach().clone()
    assert not is_observed(bank.latent)
    optimizer.step()
    assert torch.equal(bank.latent, after)


def test_options_belong_to_their_group(case: Case) -> None:
    alone, first, second = (new_bank() for _ in range(3))
    single = case.build(alone.parameters(), **case.options)
    both = case.build([{"params": first.parameters(), **case.options}, {"params": second.parameters()}])
    for step in range(6):
        for bank, optimizer in ((alone, single), (first, both), (second, both)):
            case.observe(bank, optimizer, step)
        single.step()
        both.step()
        case.settle(alone, single)
        case.settle(first, both)
        case.settle(second, both)
    assert torch.equal(first.latent, alone.latent)
    own_state = [both.state[bank.latent] for bank in (first, second)]
    differs = [not torch.equal(own_state[0][name], own_state[1][name]) for name in case.dtypes]
    assert any(differs) or not torch.equal(second.latent, first.latent)


def test_a_reload_goes_on_as_if_never_stopped(case: Case) -> None:
    through, stopped, resumed = (new_bank() for _ in range(3))
    optimizer = case.build(through.parameters(), **case.options)
    run(case, through, optimizer, range(8))
    half = case.build(stopped.parameters(), **case.options)
    run(case, stopped, half, range(4))
    again = case.build(resumed.parameters())
    again.load_state_dict(copy.deepcopy(half.state_dict()))
    resumed.load_state_dict(stopped.state_dict())
    run(case, resumed, again, range(4, 8))
    assert torch.equal(resumed.latent, through.latent)
    ours, theirs = again.state[resumed.latent], optimizer.state[through.latent]
    assert ours.keys() == theirs.keys() == case.dtypes.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_reload_keeps_every_dtype(case: Case) -> None:
    bank = new_bank()
    optimizer, again = (case.build(bank.parameters(), **case.options) for _ in range(2))
    run(case, bank, optimizer, range(2))
    bank.to(torch.float64)  # torch.optim would cast the state to the parameter's dtype
    again = case.build(bank.parameters(), **case.options)
    again.load_state_dict(optimizer.state_dict())
    assert {name: value.dtype for name, value in again.state[bank.latent].items()} == case.dtypes


def test_state_of_an_older_version_without_an_option_loads(case: Case) -> None:
    bank = new_bank()
    state = case.build(bank.parameters(), **case.options).state_dict()
    name, default = case.late
    state["param_groups"][0].pop(name)
    optimizer = case.build(bank.parameters())
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0][name] == default


def test_a_copy_goes_on_by_itself(case: Case) -> None:
    bank = new_bank()
    optimizer = case.build(bank.parameters(), **case.options)
    run(case, bank, optimizer, range(3))
    other_bank, other = copy.deepcopy((bank, optimizer))
    run(case, bank, optimizer, range(3, 6))
    assert int(other.state[other_bank.latent]["step"]) == 3
    run(case, other_bank, other, range(3, 6))
    assert torch.equal(other_bank.latent, bank.latent)


def test_it_prints_its_options(case: Case) -> None:
    text = repr(case.build(new_bank().parameters(), **case.options))
    assert text.startswith(case.build.__name__)  # type: ignore[attr-defined]
    for name, value in case.options.items():
        assert f"{name}: {value}" in text


def test_wrong_options_are_refused_for_all_and_for_one_group(case: Case) -> None:
    with pytest.raises(ValueError, match=case.message):
        case.build(new_bank().parameters(), **case.wrong)
    with pytest.raises(ValueError, match=case.message):
        case.build([{"params": new_bank().parameters(), **case.wrong}])


def test_a_gradient_of_a_loss_is_refused(case: Case) -> None:
    bank = new_bank()
    bank.latent.sum().backward()
    with pytest.raises(TypeError, match=r"got a gradient in \.grad; keep the table out of the loss"):
        case.build(bank.parameters(), **case.options).step()


def test_closure_runs_with_gradients_and_its_loss_is_returned(case: Case) -> None:
    bank = new_bank()
    optimizer = case.build(bank.parameters(), **case.options)
    enabled = []

    def closure() -> float:
        enabled.append(torch.is_grad_enabled())
        case.observe(bank, optimizer, 0)
        return 2.5

    assert optimizer.step(closure) == 2.5
    assert enabled == [True]
    assert int(optimizer.state[bank.latent]["step"]) == 1
