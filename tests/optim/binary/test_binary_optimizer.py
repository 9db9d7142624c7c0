"""The wrapper: who is binary, when, in which precision, and that everybody else's machinery works on it."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.optim.binary.kit import BASES, MAPS, wrap
from tests.processes import Processes
from ucch.collectives import World
from ucch.optim import (
    BinaryMap,
    BinaryOptimizer,
    BinaryRelaxMap,
    ClipRule,
    HysteresisMap,
    MapChain,
    MomentumRows,
    PiecewiseAffineMap,
    SignMap,
)


def weight_of(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> nn.Parameter:
    return nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype))


def gradient(weight: Tensor, step: int) -> None:
    generator = torch.Generator().manual_seed(100 + step)
    weight.grad = torch.randn(weight.shape, generator=generator).to(weight.dtype)


def steps(optimizer: BinaryOptimizer, weights: list[nn.Parameter], numbers: range) -> None:
    for number in numbers:
        for weight in weights:
            gradient(weight, number)
        optimizer.step()


def test_parameters_are_binary_from_the_start_and_others_are_left_alone() -> None:
    weight, real = weight_of(3, 4), weight_of(5, seed=1)
    before = [each.detach().clone() for each in (weight, real)]
    optimizer = wrap("SGD", SignMap(scale="row"), [weight], [real])
    torch.testing.assert_close(weight.abs(), before[0].abs().mean(dim=1, keepdim=True).expand(3, 4))
    assert torch.equal(real, before[1])
    assert torch.equal(optimizer.state[weight]["latent"], before[0])
    assert "latent" not in optimizer.state[real]


def test_real_parameters_go_as_with_the_base_alone() -> None:
    together, alone = weight_of(4, 3), weight_of(4, 3)
    weight = weight_of(2, 2, seed=2)
    both = wrap("Adam", SignMap(), [weight], [together])
    base = torch.optim.Adam([alone], lr=0.1, fused=True)
    for number in range(5):
        for each in (weight, together, alone):
            gradient(each, number)
        both.step()
        base.step()
    assert torch.equal(together, alone)


def test_latent_values_go_as_the_base_would_move_them() -> None:
    weight, alone = weight_of(4, 3), weight_of(4, 3)
    both = wrap("AdamW", SignMap(), [weight])
    base = torch.optim.AdamW([alone], lr=0.1, foreach=True)
    for number in range(5):
        for each in (weight, alone):
            gradient(each, number)
        both.step()
        base.step()
        assert torch.equal(both.state[weight]["latent"], alone)
        assert torch.equal(weight, torch.where(alone >= 0, 1.0, -1.0))


def test_a_group_may_have_a_map_a_warmup_and_a_period_of_its_own() -> None:
    first, second, third = (weight_of(2, 3, seed=seed) for seed in range(3))
    base = torch.optim.SGD(
        [
            {"params": [first], "binary": True},
            {"params": [second], "binary": SignMap(scale=0.25), "binary_warmup": 2, "binary_period": 3},
            {"params": [third], "binary": False},
        ],
        lr=0.1,
    )
    optimizer = BinaryOptimizer(base, SignMap(scale=0.5), warmup=1)
    seen = []
    for number in range(3):
        steps(optimizer, [first, second, third], range(number, number + 1))
        seen.append([len(each.detach().abs().unique()) for each in (first, second, third)])
    assert seen == [[1, 6, 6], [1, 1, 6], [1, 1, 6]]
    assert (float(first[0, 0].detach().abs()), float(second[0, 0].detach().abs())) == (0.5, 0.25)
    assert optimizer.param_groups[1]["binary_period"] == 3
    assert optimizer.param_groups[2]["binary"] is False


def test_during_the_warmup_parameters_are_the_bases() -> None:
    weight, alone = weight_of(3, 3), weight_of(3, 3)
    optimizer = wrap("SGD", MapChain(ClipRule(0.01), SignMap()), [weight], warmup=3)
    base = torch.optim.SGD([alone], lr=0.2, momentum=0.9)
    assert torch.equal(weight, alone)
    for number in range(3):
        gradient(weight, number)
        gradient(alone, number)
        optimizer.step()
        base.step()
        assert torch.equal(optimizer.state[weight]["latent"], alone)
        assert torch.equal(weight, alone if number < 2 else torch.where(alone >= 0, 1.0, -1.0))
    steps(optimizer, [weight], range(3, 4))
    assert optimizer.state[weight]["latent"].abs().max() <= 0.01  # the rule begins after the warm-up


def test_annealing_begins_after_the_warmup() -> None:
    weight = weight_of(4, 4)
    optimizer = wrap("SGD", BinaryRelaxMap(steps=2), [weight], warmup=2)
    n_values = []
    for number in range(4):
        steps(optimizer, [weight], range(number, number + 1))
        n_values.append(len(weight.detach().unique()))
    assert n_values == [16, 16, 16, 2]


def test_a_scale_is_measured_every_period() -> None:
    weight = weight_of(4, 4)
    optimizer = wrap("SGD", SignMap(scale="tensor"), [weight], period=3)
    lengths = [float(weight[0, 0].detach().abs())]
    for number in range(6):
        steps(optimizer, [weight], range(number, number + 1))
        lengths.append(float(weight[0, 0].detach().abs()))
    assert lengths[0] == lengths[1] == lengths[2] != lengths[3] == lengths[4] == lengths[5] != lengths[6]
    assert lengths[6] == pytest.approx(float(optimizer.state[weight]["latent"].abs().mean()))


@pytest.mark.parametrize("base", BASES)
def test_evaluation_shows_binary_values_and_training_goes_on_as_if_never_shown(base: str) -> None:
    watched, alone = weight_of(3, 5), weight_of(3, 5)
    optimizer, other = (wrap(base, PiecewiseAffineMap(steps=20, scale="row"), [each]) for each in (watched, alone))
    for number in range(6):
        steps(optimizer, [watched], range(number, number + 1))
        steps(other, [alone], range(number, number + 1))
        shown = watched.detach().clone()
        optimizer.eval()
        assert all(len(row.abs().unique()) == 1 for row in watched.detach())
        optimizer.train()
        torch.testing.assert_close(watched.detach(), shown)
    torch.testing.assert_close(watched, alone)


def test_evaluation_shows_the_averages_of_a_schedule_free_base() -> None:
    weight = weight_of(3, 5)
    optimizer = wrap("schedule-free", SignMap(scale="tensor"), [weight])
    steps(optimizer, [weight], range(5))
    before = optimizer.state[weight]["latent"].clone()
    optimizer.eval()
    latent = optimizer.state[weight]["latent"]
    assert not torch.equal(latent, before)
    torch.testing.assert_close(weight.detach(), torch.where(latent >= 0, 1.0, -1.0) * latent.abs().mean())


def test_a_step_in_evaluation_is_refused() -> None:
    weight = weight_of(2, 2)
    optimizer = wrap("SGD", SignMap(), [weight])
    optimizer.eval()
    with pytest.raises(RuntimeError, match=r"step must follow train\(\), got a step after eval\(\); call"):
        optimizer.step()
    optimizer.train()
    steps(optimizer, [weight], range(1))


def test_a_step_that_fails_leaves_everything_in_its_place() -> None:
    weight = weight_of(2, 2)
    optimizer = wrap("schedule-free", SignMap(), [weight])
    steps(optimizer, [weight], range(1))
    optimizer.base.eval()  # its step raises now
    latent = optimizer.state[weight]["latent"]
    with pytest.raises(Exception, match="train mode"):
        optimizer.step()
    assert optimizer.param_groups[0]["params"][0] is weight
    assert optimizer.state[weight]["latent"] is latent
    assert optimizer.param_groups[0]["binary_step"] == 1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_parameters_have_latent_values_in_float32(dtype: torch.dtype) -> None:
    """Steps too small for the parameter's precision add up."""
    weight = nn.Parameter(torch.full((1, 4), 1.0, dtype=dtype))
    base = torch.optim.SGD([{"params": [weight], "binary": True}], lr=1e-4)
    optimizer = BinaryOptimizer(base, SignMap(scale="row"))
    for _ in range(50):
        weight.grad = torch.ones_like(weight)
        optimizer.step()
    assert weight.dtype == dtype
    latent = optimizer.state[weight]["latent"]
    assert latent.dtype == torch.float32
    torch.testing.assert_close(latent, torch.full((1, 4), 0.995))
    assert weight.grad is not None
    assert weight.grad.dtype == dtype


def test_float64_parameters_stay_so() -> None:
    weight = weight_of(2, 3, dtype=torch.float64)
    optimizer = wrap("Adam", SignMap(scale="row"), [weight])
    steps(optimizer, [weight], range(2))
    assert weight.dtype == optimizer.state[weight]["latent"].dtype == torch.float64


def test_a_closure_sees_what_the_base_has_made_of_the_latent_values() -> None:
    """L-BFGS asks several times a step; each time the parameter shows the latent values of that time."""
    weight, target = weight_of(1, 6), torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0, -1.0]])
    base = torch.optim.LBFGS([{"params": [weight], "binary": True}], lr=0.5, max_iter=5)
    optimizer = BinaryOptimizer(base, PiecewiseAffineMap(steps=2, shape="linear"))
    seen = []

    def closure() -> float:
        optimizer.zero_grad()
        assert torch.is_grad_enabled()
        assert optimizer.param_groups[0]["params"][0] is weight
        loss = (weight - target).square().sum()
        loss.backward()
        seen.append(weight.detach().clone())
        return float(loss.detach())

    first = optimizer.step(closure)
    assert len(seen) > 1
    assert all(not torch.equal(seen[0], other) for other in seen[1:])
    assert float(first) > float((weight.detach() - target).square().sum())
    optimizer.step(closure)
    assert torch.equal(weight.detach(), target)


def test_schedulers_set_the_rate_of_the_base() -> None:
    weight, alone = weight_of(3, 3), weight_of(3, 3)
    optimizer = wrap("SGD", SignMap(), [weight])
    base = torch.optim.SGD([alone], lr=0.2, momentum=0.9)
    schedulers = [torch.optim.lr_scheduler.StepLR(each, 1, gamma=0.5) for each in (optimizer, base)]
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    for number in range(3):
        gradient(weight, number)
        gradient(alone, number)
        optimizer.step()
        base.step()
        for scheduler in schedulers:
            scheduler.step()
    assert torch.equal(optimizer.state[weight]["latent"], alone)
    assert optimizer.base.param_groups[0]["lr"] == 0.2 / 8
    plateau.step(1.0)
    plateau.step(2.0)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.2 / 80)


def test_hooks_of_steps_and_states_are_called_with_the_wrapper() -> None:
    weight = weight_of(2, 2)
    optimizer = wrap("SGD", SignMap(), [weight])
    calls: list[tuple[str, Any]] = []
    optimizer.register_step_pre_hook(lambda one, args, kwargs: calls.append(("before", one)))
    optimizer.register_step_post_hook(lambda one, args, kwargs: calls.append(("after", one)))
    optimizer.register_state_dict_pre_hook(lambda one: calls.append(("saving", one)))
    optimizer.register_state_dict_post_hook(lambda one, state: {**state, "note": 1})
    optimizer.register_load_state_dict_pre_hook(lambda one, state: calls.append(("loading", state["note"])))
    optimizer.register_load_state_dict_post_hook(lambda one: calls.append(("loaded", one)))
    steps(optimizer, [weight], range(1))
    optimizer.load_state_dict(optimizer.state_dict())
    assert [name for name, _ in calls] == ["before", "after", "saving", "loading", "loaded"]
    assert all(one is optimizer or one == 1 for _, one in calls)


def test_a_gradient_scaler_skips_what_overflowed() -> None:
    weight, alone = weight_of(2, 3), weight_of(2, 3)
    optimizer = wrap("Adam", SignMap(), [weight])  # fused: the base alone would unscale by itself
    base = torch.optim.Adam([alone], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for number in range(4):
        gradient(alone, number)
        loss = (weight * alone.grad).sum()
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        if number == 1:
            assert weight.grad is not None
            weight.grad[0, 0] = torch.inf
        else:
            base.step()
        scaler.step(optimizer)
        scaler.update()
    assert scaler.get_scale() == 512.0
    assert optimizer.param_groups[0]["binary_step"] == 3
    torch.testing.assert_close(optimizer.state[weight]["latent"], alone.detach())


def test_groups_may_be_added() -> None:
    first, second, third = weight_of(2, 2), weight_of(3, 3, seed=1), weight_of(2, 2, seed=2)
    optimizer = wrap("SGD", BinaryRelaxMap(steps=2), [first])
    steps(optimizer, [first], range(3))
    optimizer.add_param_group({"params": second, "binary": True, "lr": 0.3})
    optimizer.add_param_group({"params": iter([third])})
    assert [group["lr"] for group in optimizer.base.param_groups] == [0.2, 0.3, 0.2]
    before = third.detach().clone()
    steps(optimizer, [first, second, third], range(1))
    assert [group.get("binary_step") for group in optimizer.param_groups] == [4, 1, None]
    assert [len(each.detach().unique()) for each in (first, second)] == [2, 9]
    assert not torch.equal(third, before)
    with pytest.raises(TypeError, match=r"a binary parameter must be of a floating dtype, got torch.int64"):
        optimizer.add_param_group({"params": [torch.ones(2, dtype=torch.int64)], "binary": True})
    assert len(optimizer.param_groups) == 3


def test_parameters_with_names_keep_them() -> None:
    layer = nn.Linear(3, 2)
    base = torch.optim.SGD([{"params": list(layer.named_parameters()), "binary": True}], lr=0.1)
    optimizer = BinaryOptimizer(base)
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    optimizer.add_param_group({"params": [("more", weight_of(2, 2))], "binary": True})
    assert optimizer.param_groups[1]["param_names"] == ["more"]


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_copy_of_model_and_optimizer_goes_on_by_itself(how: str) -> None:
    model = nn.Linear(3, 2)
    base = torch.optim.Adam([{"params": [model.weight], "binary": True}, {"params": [model.bias]}])
    pair = (model, BinaryOptimizer(base, HysteresisMap(threshold=0.01)))
    steps(pair[1], list(model.parameters()), range(2))
    other = copy.deepcopy(pair) if how == "deepcopy" else pickle.loads(pickle.dumps(pair))
    steps(pair[1], list(model.parameters()), range(2, 5))
    assert other[1].param_groups[0]["binary_step"] == 2
    steps(other[1], list(other[0].parameters()), range(2, 5))
    assert torch.equal(other[0].weight, model.weight)
    assert torch.equal(other[1].state[other[0].weight]["latent"], pair[1].state[model.weight]["latent"])


@pytest.mark.parametrize("binary_map", [SignMap(), SignMap(scale="row"), MAPS["momentum rows, sign"]], ids=repr)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_memory_is_what_the_docstring_says(binary_map: BinaryMap, dtype: torch.dtype) -> None:
    weight, alone = weight_of(50, 20, dtype=dtype), weight_of(50, 20, dtype=torch.promote_types(dtype, torch.float32))
    optimizer = wrap("AdamW", binary_map, [weight], period=2)
    base = torch.optim.AdamW([alone], foreach=True)
    steps(optimizer, [weight], range(3))
    gradient(alone, 0)
    base.step()

    def size(state: dict[str, Any]) -> int:
        return sum(value.numel() * value.element_size() for value in state.values())

    beside = size(optimizer.state[weight]) - size(base.state[alone])
    assert beside == (8 if dtype == torch.float64 else 4) * (1000 + (50 if binary_map.scale == "row" else 0))


def test_sparse_gradients_reach_the_base() -> None:
    table = nn.Embedding(6, 3, sparse=True)
    before = table.weight.detach().clone()
    base = torch.optim.SparseAdam([{"params": [table.weight], "binary": True}], lr=0.5)
    optimizer = BinaryOptimizer(base, SignMap())
    table(torch.tensor([1, 4])).sum().backward()
    optimizer.step()
    moved = (optimizer.state[table.weight]["latent"] != before).any(dim=1)
    assert moved.tolist() == [False, True, False, False, True, False]


def test_a_compiled_step_is_the_step() -> None:
    plain, compiled = ([weight_of(3, 4), weight_of(4)] for _ in range(2))
    first, second = (wrap("AdamW", MAPS["clip, sign"], each[:1], each[1:]) for each in (plain, compiled))
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    step = torch.compile(second.step, backend="aot_eager")  # inductor would need a compiler
    for number in range(4):
        for each in (*plain, *compiled):
            gradient(each, number)
        first.step()
        step()
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] > 0
    for one, other in zip(plain, compiled, strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(first.state[plain[0]]["latent"], second.state[compiled[0]]["latent"])


def _parallel(world: World, name: str) -> dict[str, Tensor]:
    from torch.nn.parallel import DistributedDataParallel

    torch.manual_seed(0)
    dtype = torch.bfloat16 if name == "bfloat16" else torch.float32
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).to(dtype)
    wrapped = DistributedDataParallel(model)
    optimizer = wrap("Adam", MAPS["binary relax, row"], [model[0].weight], list(model[2].parameters()))
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        x = torch.randn(6, 4, generator=generator).to(dtype)
        optimizer.zero_grad()
        wrapped(x[world.rank :: world.size]).square().mean().backward()
        optimizer.step()
    return {**model.state_dict(), "latent": optimizer.state[model[0].weight]["latent"]}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_several_processes_hold_the_same_values(processes: Processes, name: str) -> None:
    first, *others = processes.run(_parallel, name)
    assert all(torch.equal(value, other[key]) for other in others for key, value in first.items())
    alone = _alone(name)
    if name == "float32":
        for key, value in first.items():
            torch.testing.assert_close(value, alone[key], rtol=1e-4, atol=1e-5)


def _alone(name: str) -> dict[str, Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
    optimizer = wrap("Adam", MAPS["binary relax, row"], [model[0].weight], list(model[2].parameters()))
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        optimizer.zero_grad()
        model(torch.randn(6, 4, generator=generator)).square().mean().backward()
        optimizer.step()
    return {**model.state_dict(), "latent": optimizer.state[model[0].weight]["latent"]}


def _base(**group: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD([{"params": [weight_of(2, 2)], **group}], lr=0.1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: BinaryOptimizer(SignMap()),
            TypeError,
            "base must be a torch.optim.Optimizer .* got SignMap",
        ),
        (lambda: BinaryOptimizer(BinaryOptimizer(_base(binary=True))), TypeError, "binary yet, got BinaryOptimizer"),
        (lambda: BinaryOptimizer(_base()), ValueError, "no param group of base is binary; mark one or more: {'params'"),
        (lambda: BinaryOptimizer(_base(binary=False)), ValueError, "no param group of base is binary"),
        (
            lambda: BinaryOptimizer(_base(binary="sign")),
            TypeError,
            "a binary map must be one such as .* 'sign'",
        ),
        (
            lambda: BinaryOptimizer(_base(binary=True), MomentumRows()),
            TypeError,
            "a binary map must be .* MomentumRows",
        ),
        (
            lambda: BinaryOptimizer(_base(binary=True), warmup=-1),
            ValueError,
            "warmup must be an int of at least 0, got -",
        ),
        (
            lambda: BinaryOptimizer(_base(binary=True), period=0),
            ValueError,
            "period must be an int of at least 1",
        ),
        (
            lambda: BinaryOptimizer(_base(binary=True, binary_warm_up=3)),
            ValueError,
            "options of a binary group are binary, .*binary_warmup, got binary_warm_up",
        ),
        (
            lambda: BinaryOptimizer(_base(binary=True, binary_warmup=1.5)),
            ValueError,
            "warmup must be an int of at least 0, got 1.5",
        ),
    ],
)
def test_what_cannot_be_made_binary_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_refusal_leaves_the_base_as_it_was() -> None:
    base = _base(binary=True, binary_period=0)
    before = base.param_groups[0]["params"][0].detach().clone()
    with pytest.raises(ValueError, match="period"):
        BinaryOptimizer(base)
    assert torch.equal(base.param_groups[0]["params"][0], before)
    assert base.state == {}


def test_it_prints_its_groups() -> None:
    text = repr(wrap("SGD", SignMap(scale="row"), [weight_of(2, 2)]))
    assert text.startswith("BinaryOptimizer (")
    assert "binary: SignMap(scale='row')" in text
    assert "lr: 0.2" in text


class Breaks(torch.optim.SGD):
    """Moves what it has, then fails."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        super().step(closure)
        raise RuntimeError("out of memory")


def test_a_parameter_lent_as_memory_shows_its_signs_again_when_the_base_fails() -> None:
    weight = weight_of(3, 4)
    optimizer = BinaryOptimizer(
        Breaks([{"params": [weight], "binary": True}], lr=0.5), MapChain(MomentumRows(), SignMap(scale=0.5))
    )
    gradient(weight, 0)
    with pytest.raises(RuntimeError, match="out of memory"):
        optimizer.step()
    assert set(weight.unique().tolist()) == {-0.5, 0.5}
    assert torch.equal(weight >= 0, optimizer.state[weight]["latent"] >= 0)


def test_rules_see_the_same_values_before_wherever_the_copy_lies() -> None:
    """In the parameter, or, with a closure, in memory of its own."""
    weights = [weight_of(3, 4), weight_of(3, 4)]
    lent, own = (wrap("SGD", MapChain(MomentumRows(), SignMap()), [weight]) for weight in weights)
    for number in range(4):
        for weight in weights:
            gradient(weight, number)
        lent.step()
        own.step(lambda: 0.0)
        assert torch.equal(lent.state[weights[0]]["latent"], own.state[weights[1]]["latent"])
        assert torch.equal(*weights)


def test_maps_that_read_the_parameter_are_known_by_it() -> None:
    assert [SignMap().reads_parameter, HysteresisMap().reads_parameter] == [False, True]
    assert [MapChain(MomentumRows(), each).reads_parameter for each in (SignMap(), HysteresisMap())] == [False, True]
