"""What torch.optim promises, asked of every optimizer of a table and of every map round every base."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.optim.subjects import ALL, SHAPE, SUBJECTS, Subject, Trial

pytestmark = pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS.keys())
ANNEALED = 51  # steps after which every map shows two values


def tensors(trial: Trial) -> dict[str, Tensor]:
    """Parameters and everything that the state holds of them, copied."""
    found = {f"parameter {number}": each.detach() for number, each in enumerate(trial.parameters)}
    for number, each in enumerate(trial.parameters):
        for name, value in trial.optimizer.state[each].items():
            if isinstance(value, Tensor):
                found[f"{name} of {number}"] = value
    return {name: value.clone() for name, value in found.items()}


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_in_the_end_there_are_exactly_two_values(subject: Subject) -> None:
    trial = subject.build(0)
    trial.run(range(ANNEALED))
    for unit in trial.units():
        magnitudes = unit.abs().unique()
        assert len(magnitudes) == 1
        assert float(magnitudes) > 0
    assert len(torch.cat([unit.flatten() for unit in trial.units()]).sign().unique()) == 2


def test_something_moves(subject: Subject) -> None:
    trial = subject.build(0)
    before = tensors(trial)
    trial.run(range(6))
    assert not torch.equal(trial.binary, before["parameter 0"])
    assert all(bool(torch.isfinite(value).all()) for value in tensors(trial).values())


def test_equal_runs_are_equal_bit_for_bit(subject: Subject) -> None:
    trials = [subject.build(0) for _ in range(2)]
    for trial in trials:
        trial.run(range(6))
    assert equal(tensors(trials[0]), tensors(trials[1]))


def test_a_reload_goes_on_as_if_never_stopped(subject: Subject) -> None:
    """By way of a file that is read without unpickling code, into an optimizer and parameters of another seed."""
    through, stopped, resumed = subject.build(0), subject.build(0), subject.build(1)
    through.run(range(8))
    stopped.run(range(4))
    file = io.BytesIO()
    torch.save({"model": nn.ParameterList(stopped.parameters).state_dict(), "of": stopped.optimizer.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    nn.ParameterList(resumed.parameters).load_state_dict(saved["model"])
    resumed.optimizer.load_state_dict(saved["of"])
    assert equal(tensors(resumed), tensors(stopped))
    resumed.run(range(4, 8))
    assert equal(tensors(resumed), tensors(through))


def test_state_keeps_names_shapes_dtypes_and_devices(subject: Subject) -> None:
    trial = subject.build(0)

    def kinds() -> dict[str, Any]:
        return {name: (value.shape, value.dtype, value.device) for name, value in tensors(trial).items()}

    trial.run(range(2))
    early = kinds()
    trial.run(range(2, 8))
    assert kinds() == early
    assert all(name.startswith(("step", "parameter")) or len(kind[0]) <= 2 for name, kind in early.items())
    assert early["parameter 0"][0][1] == SHAPE[1]


def test_accumulating_parts_of_a_batch_is_one_step_on_all_of_it(subject: Subject) -> None:
    once, parts = (subject.build(0) for _ in range(2))
    for step in range(4):
        once.observe(step, ALL)
        parts.observe(step, slice(0, 3))
        parts.observe(step, slice(3, None))
        for trial in (once, parts):
            trial.optimizer.step()
            trial.optimizer.zero_grad()
    for name, value in tensors(once).items():
        torch.testing.assert_close(tensors(parts)[name], value, rtol=1e-4, atol=1e-5)


def test_a_closure_is_called_once_with_gradients_and_its_loss_returned(subject: Subject) -> None:
    plain, closed = (subject.build(0) for _ in range(2))
    enabled = []

    def closure() -> float:
        enabled.append(torch.is_grad_enabled())
        closed.optimizer.zero_grad()
        closed.observe(0, ALL)
        return 2.5

    plain.run(range(1))
    assert closed.optimizer.step(closure) == 2.5
    closed.optimizer.zero_grad()
    assert enabled == [True]
    assert equal(tensors(closed), tensors(plain))


def test_without_gradients_parameters_stay(subject: Subject) -> None:
    trial = subject.build(0)
    before = [each.detach().clone() for each in trial.parameters]
    kept = trial.optimizer.state[trial.binary].get("latent", trial.binary).clone()
    trial.optimizer.step()
    assert torch.equal(trial.optimizer.state[trial.binary].get("latent", trial.binary), kept)
    assert all(torch.equal(one, other) for one, other in zip(trial.parameters[1:], before[1:], strict=True))
    assert torch.equal(trial.binary.sign(), before[0].sign())


def test_zero_grad_forgets_what_was_observed(subject: Subject) -> None:
    trial, other = (subject.build(0) for _ in range(2))
    trial.observe(5, ALL)
    trial.optimizer.zero_grad()
    trial.run(range(2))
    other.run(range(2))
    assert equal(tensors(trial), tensors(other))


def test_a_copy_goes_on_by_itself(subject: Subject) -> None:
    """The copy has the generators of batches of the original, so it is driven by gradients and deposits of its own."""
    trial = subject.build(0)
    trial.run(range(3))
    model, optimizer = copy.deepcopy((nn.ParameterList(trial.parameters), trial.optimizer))
    other = Trial(list(model), optimizer, trial.observe, trial.units)
    kept = tensors(other)
    assert equal(kept, tensors(trial))
    trial.run(range(3, 5))
    assert equal(tensors(other), kept)
    assert not equal(tensors(trial), kept)


def test_an_unknown_option_is_refused(subject: Subject) -> None:
    error, message = subject.refusal
    with pytest.raises(error, match=message):
        subject.unknown()


def test_hooks_run_round_each_step(subject: Subject) -> None:
    trial, calls = subject.build(0), []
    trial.optimizer.register_step_pre_hook(lambda one, args, kwargs: calls.append(("before", one is trial.optimizer)))
    handle = trial.optimizer.register_step_post_hook(lambda one, *_: calls.append(("after", one is trial.optimizer)))
    trial.run(range(2))
    handle.remove()
    trial.run(range(2, 3))
    assert calls == [("before", True), ("after", True)] * 2 + [("before", True)]


def test_a_group_may_be_added(subject: Subject) -> None:
    trial = subject.build(0)
    trial.run(range(2))
    added = nn.Parameter(torch.full(SHAPE, 0.5))
    trial.optimizer.add_param_group({"params": [added], **subject.group})
    assert trial.optimizer.param_groups[-1]["params"] == [added]
    trial.run(range(2, 4))  # without a gradient of the new one
    assert torch.equal(added.sign(), torch.ones(SHAPE))
    state = trial.optimizer.state_dict()
    assert len(state["param_groups"]) == len(trial.optimizer.param_groups)


def test_it_prints_its_groups(subject: Subject) -> None:
    text = repr(subject.build(0).optimizer)
    assert "Parameter Group 0" in text
    for name, value in subject.group.items():
        assert f"{name}: {value}" in text
