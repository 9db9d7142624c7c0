"""What users of torch.optim, its scalers and its schedulers expect of a table optimizer, and what a bad row may do."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize
from torch.nn.utils import clip_grad_norm_
from torch.optim import lr_scheduler

from tests.optim.kit import CASES, Case
from ucch.binarize import straight_through, tanh_query
from ucch.codes import pack, sign
from ucch.collectives import World
from ucch.optim import Bop, CodeBank, DiscreteCodes, Keys, MomentumBinary, ShardedCodeBank, TableOptimizer
from ucch.optim.deposits import pending

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
every_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8], ids=str)


def bank_of(n_codes: int = 12, n_bits: int = 16, dtype: torch.dtype = torch.float32, seed: int = 0) -> CodeBank:
    return CodeBank(n_codes, n_bits, dtype=dtype, generator=torch.Generator().manual_seed(seed))


# --- dtypes ---------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("build", [MomentumBinary, DiscreteCodes])
def test_at_momentum_0_signs_are_those_observed_whatever_the_dtype(
    build: Callable[..., TableOptimizer], dtype: torch.dtype
) -> None:
    bank = bank_of(4000, 64, dtype)
    views = torch.randn(4000, 64, generator=torch.Generator().manual_seed(1))
    optimizer = build(bank.parameters(), momentum=0.0)
    bank.observe(torch.arange(4000), views)
    optimizer.step()
    held = optimizer.state[bank.latent]["memory"] if build is DiscreteCodes else bank.codes()
    assert int((sign(held).float() != sign(views)).sum()) == 0


@pytest.mark.parametrize("n_bits", range(1, 513))
def test_bop_takes_a_new_int8_table_of_any_width(n_bits: int) -> None:
    bank = bank_of(3, n_bits, torch.int8)
    assert Bop(bank.parameters()).param_groups[0]["params"][0] is bank.latent


def test_bop_flips_an_int8_row_and_back() -> None:
    bank = bank_of(3, 9, torch.int8)
    before = bank.latent.detach().clone()
    optimizer = Bop(bank.parameters())
    for sign_of_views in (-1, 1):
        optimizer.overwrite(bank.latent, torch.tensor([1]), sign_of_views * bank.values(torch.tensor([1])))
    assert int(optimizer.state[bank.latent]["rows"]) == 2
    optimizer.overwrite(bank.latent, torch.tensor([1]), -bank.values(torch.tensor([1])))
    optimizer.overwrite(bank.latent, torch.tensor([1]), -bank.values(torch.tensor([1])))
    again = Bop(bank.parameters())  # still binary
    assert torch.equal(bank.latent[[0, 2]], before[[0, 2]])
    assert again.param_groups


@every_case
@every_dtype
def test_a_table_of_every_dtype_moves_as_a_float64_one(case: Case, dtype: torch.dtype) -> None:
    small, wide = bank_of(dtype=dtype), bank_of(dtype=torch.float64)
    with torch.no_grad():
        wide.latent.copy_(small.values())
    moved = case.build(small.parameters(), **case.options), case.build(wide.parameters(), **case.options)
    case.observe(small, moved[0], 3)
    case.observe(wide, moved[1], 3)
    for optimizer in moved:
        optimizer.step()
    rtol, atol = {torch.float32: (1e-6, 1e-7), torch.bfloat16: (2**-8, 0.0), torch.int8: (0.0, 1 / 64 / 4)}[dtype]
    torch.testing.assert_close(small.values().double(), wide.values(), rtol=rtol, atol=1.001 * atol)  # rounded once


# --- scalers, clipping, schedulers ------------------------------------------------------------------------------------


@every_case
def test_a_grad_scaler_changes_nothing(case: Case) -> None:
    plain, scaled = bank_of(8, 6), bank_of(8, 6)
    alone, under = (case.build(bank.parameters(), **case.options) for bank in (plain, scaled))
    weight = torch.nn.Parameter(torch.ones(2))
    adam, scaler = torch.optim.Adam([weight]), torch.amp.GradScaler("cpu", init_scale=2.0**16)
    for step in range(3):
        case.observe(plain, alone, step)
        case.observe(scaled, under, step)
        alone.step()
        scaler.scale(weight.square().sum()).backward()
        scaler.step(adam)
        scaler.step(under)
        scaler.update()
    assert torch.equal(plain.latent, scaled.latent)


def test_a_step_that_the_scaler_skipped_can_skip_the_table() -> None:
    bank = bank_of()
    before = bank.latent.detach().clone()
    weight = torch.nn.Parameter(torch.ones(2))
    adam, scaler = torch.optim.Adam([weight]), torch.amp.GradScaler("cpu", init_scale=2.0**16)
    binary = MomentumBinary(bank.parameters())
    scaler.scale(weight.sum() * float("inf")).backward()
    bank.observe(torch.tensor([1]), torch.ones(1, 16))
    scale = scaler.get_scale()
    scaler.step(adam)
    scaler.update()
    if scaler.get_scale() < scale:  # docs/plug_in.md
        binary.zero_grad()
    binary.step()
    assert torch.equal(bank.latent, before)


def test_clipping_all_gradients_does_not_touch_what_was_observed() -> None:
    bank, clipped = bank_of(), bank_of()
    for one in (bank, clipped):
        one.observe(torch.tensor([2, 5]), 100 * torch.ones(2, 16))
    clip_grad_norm_(clipped.parameters(), 1e-3)
    for one in (bank, clipped):
        MomentumBinary(one.parameters(), normalize=False).step()
    assert torch.equal(bank.latent, clipped.latent)


SCHEDULERS: dict[str, dict[str, Any]] = {
    "LambdaLR": {"lr_lambda": lambda epoch: 0.5**epoch},
    "MultiplicativeLR": {"lr_lambda": lambda epoch: 0.5},
    "StepLR": {"step_size": 1},
    "MultiStepLR": {"milestones": [1]},
    "ConstantLR": {},
    "LinearLR": {},
    "ExponentialLR": {"gamma": 0.5},
    "CosineAnnealingLR": {"T_max": 3},
    "PolynomialLR": {},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
    "CyclicLR": {"base_lr": 0.1, "max_lr": 1.0, "cycle_momentum": False},
    "OneCycleLR": {"max_lr": 1.0, "total_steps": 4, "cycle_momentum": False},
    "ReduceLROnPlateau": {"patience": 0},
}


@every_case
@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_of_torch_drives_lr(case: Case, name: str) -> None:
    bank = bank_of(8, 6)
    optimizer = case.build(bank.parameters(), **case.options)
    assert optimizer.param_groups[0]["lr"] == 1.0
    scheduler = getattr(lr_scheduler, name)(optimizer, **SCHEDULERS[name])
    rates = []
    for step in range(3):
        case.observe(bank, optimizer, step)
        optimizer.step()
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
    assert len({*rates, optimizer.param_groups[0]["lr"]}) > 1 or name == "ConstantLR"


def test_no_scheduler_of_torch_is_missing() -> None:
    known = {*SCHEDULERS, "LRScheduler", "ChainedScheduler", "SequentialLR", "SWALR"}
    found = {name for name in lr_scheduler.__all__ if inspect.isclass(getattr(lr_scheduler, name))}
    assert found <= known


@every_case
def test_an_option_that_was_changed_since_is_refused_before_anything_moves(case: Case) -> None:
    for options, message in ((case.wrong, case.message), ({"lr": float("nan")}, "lr must be a finite number")):
        bank = bank_of(8, 6)
        optimizer = case.build(bank.parameters(), **case.options)
        case.observe(bank, optimizer, 0)
        before, right = bank.latent.detach().clone(), dict(optimizer.param_groups[0])
        optimizer.param_groups[0].update(options)
        with pytest.raises(ValueError, match=message):
            optimizer.step()
        assert torch.equal(bank.latent, before)
        optimizer.param_groups[0].update(right)
        optimizer.step()  # what was observed still waits
        assert int(optimizer.state[bank.latent]["step"]) == 1


def test_schedulers_that_move_momentum_too_are_held_to_its_range() -> None:
    bank = bank_of()
    binary = MomentumBinary(bank.parameters())
    lr_scheduler.CyclicLR(binary, 0.1, 1.0, base_momentum=0.9, max_momentum=1.5)
    bank.observe(torch.tensor([3]), torch.ones(1, 16))
    with pytest.raises(ValueError, match=r"momentum must lie in \[0\.0, 1\.0\), got 1\.5"):
        binary.step()


def test_lr_multiplies_the_gradient_before_the_rule() -> None:
    """Without normalisation a step is v - (1 - momentum) lr (v - t)."""
    bank = bank_of(dtype=torch.float64)
    before, target = bank.latent.detach().clone(), torch.randn(2, 16, dtype=torch.float64)
    index = torch.tensor([3, 7])
    binary = MomentumBinary(bank.parameters(), momentum=0.25, normalize=False)
    binary.param_groups[0]["lr"] = 0.5
    bank.observe(index, target)
    binary.step()
    expected = before[index] - 0.75 * 0.5 * (before[index] - target)
    torch.testing.assert_close(bank.latent.detach()[index], expected)
    binary.param_groups[0]["lr"] = 0.0
    before = bank.latent.detach().clone()
    bank.observe(index, target)
    binary.step()
    assert torch.equal(bank.latent, before)


@every_case
@pytest.mark.parametrize("lr", [-1.0, float("nan"), float("inf")])
def test_options_are_refused_wherever_groups_come_in(case: Case, lr: float) -> None:
    optimizer = case.build(bank_of().parameters(), **case.options)
    other = bank_of(seed=1)
    for options, message in ((case.wrong, case.message), ({"lr": lr}, "lr must be a finite number of at least 0")):
        with pytest.raises(ValueError, match=message):
            optimizer.add_param_group({"params": other.parameters(), **options})
        assert len(optimizer.param_groups) == 1
        state = optimizer.state_dict()
        state["param_groups"][0] = {**state["param_groups"][0], **options}
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(state)
        assert optimizer.param_groups[0]["lr"] == 1.0


# --- rows that are no finite numbers ----------------------------------------------------------------------------------


@every_case
@every_dtype
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_bad_row_stays_as_it_was_and_is_counted(case: Case, dtype: torch.dtype, value: float) -> None:
    bank, healthy = bank_of(dtype=dtype), bank_of(dtype=dtype)
    before = bank.latent.detach().clone()
    optimizer, other = (case.build(one.parameters(), **case.options) for one in (bank, healthy))
    views = torch.randn(3, 16, generator=torch.Generator().manual_seed(1))
    bad = views.clone()
    bad[1, 4] = value
    index = torch.tensor([7, 8, 9])
    bank.observe(index, bad)
    with pytest.warns(UserWarning, match=r"1 of 3 observed rows are no finite numbers and stay as they were: rows 8;"):
        optimizer.step()
    healthy.observe(index[[0, 2]], views[[0, 2]])
    other.step()
    assert torch.equal(bank.latent, healthy.latent)
    assert torch.equal(bank.latent[8], before[8])
    state = optimizer.state[bank.latent]
    assert int(state["nonfinite"]) == 1
    assert all(bool(kept.isfinite().all()) for kept in state.values())
    bank.observe(index, bad)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # said once
        optimizer.step()
    assert int(state["nonfinite"]) == 2


@every_case
def test_strict_refuses_a_bad_row_by_name_and_moves_nothing(case: Case) -> None:
    bank = bank_of()
    before = bank.latent.detach().clone()
    optimizer = case.build(bank.parameters(), **case.options, strict=True)
    bank.observe(torch.tensor([3, 5]), torch.tensor([[1.0] * 16, [float("nan")] * 16]))
    with pytest.raises(ValueError, match=r"must be finite numbers, got others for 1 of 2 rows: 5; nothing was moved"):
        optimizer.step()
    assert torch.equal(bank.latent, before)


@every_case
@every_dtype
def test_a_row_that_would_become_no_finite_number_stays_too(case: Case, dtype: torch.dtype) -> None:
    """What is observed is finite, but not what ``lr`` makes of it."""
    bank = bank_of(dtype=dtype)
    before = bank.latent.detach().clone()
    optimizer = case.build(bank.parameters(), **case.options)
    optimizer.param_groups[0]["lr"] = 1e10
    bank.observe(torch.tensor([5, 6]), torch.tensor([[1e30], [0.1]]).expand(2, 16))
    with pytest.warns(UserWarning, match=r"1 of 2 observed rows .*: rows 5;"):
        optimizer.step()
    assert torch.equal(bank.latent[5], before[5])
    state = optimizer.state[bank.latent]
    assert (int(state["step"]), int(state["nonfinite"])) == (1, 1)
    assert all(bool(kept.isfinite().all()) for kept in [bank.latent, *state.values()])
    optimizer.param_groups[0].update(strict=True)
    bank.observe(torch.tensor([5]), torch.full((1, 16), 1e30))
    with pytest.raises(ValueError, match="rows: 5; nothing was moved"):
        optimizer.step()
    assert int(state["step"]) == 1


def test_bits_that_bop_overwrites_by_bad_views_stay() -> None:
    bank = bank_of()
    before, views = bank.codes(), torch.ones(3, 16)
    views[1, 4] = float("nan")
    optimizer = Bop(bank.parameters())
    with pytest.warns(UserWarning, match="1 of 3 observed rows are no finite numbers .*: rows 8;"):
        optimizer.overwrite(bank.latent, torch.tensor([7, 8, 9]), views)
    assert torch.equal(bank.codes(torch.tensor([7, 9])), torch.ones(2, 16))
    assert torch.equal(bank.codes(torch.tensor([8])), before[[8]])
    assert int(optimizer.state[bank.latent]["nonfinite"]) == 1
    with pytest.raises(ValueError, match="table must be one of the tables"):
        optimizer.overwrite(bank_of().latent, torch.tensor([7]), views[:1])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_refresh_towards_bad_targets_is_refused_before_any_code_changes(value: float) -> None:
    bank = bank_of()
    optimizer = DiscreteCodes(bank.parameters())
    before, target = bank.latent.detach().clone(), torch.ones(12, 3)
    target[[4, 6], 1] = value
    with pytest.raises(ValueError, match="target must be finite numbers, got others in 2 of 12 rows, the first 4; not"):
        optimizer.refresh(bank.latent, target)
    assert torch.equal(bank.latent, before)


def test_a_bad_row_of_a_table_cut_by_rows_stays_too() -> None:
    bank = ShardedCodeBank(12, 16, world=World())
    before = bank.latent.detach().clone()
    bank.observe(torch.tensor([4]), torch.full((1, 16), float("nan")))
    with pytest.warns(UserWarning, match="rows 4;"):
        MomentumBinary(bank.parameters()).step()
    assert torch.equal(bank.latent, before)


# --- compiled, autocast, odd numbers ----------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
@pytest.mark.parametrize("n_negatives", [5, 50])
def test_keys_do_not_break_a_compiled_graph(dtype: torch.dtype, negatives: str, n_negatives: int) -> None:
    bank = bank_of(dtype=dtype)
    index, h = torch.tensor([3, 7]), normalize(torch.randn(2, 16), dim=1)

    def similarities(index: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return bank.keys(index, n_negatives=n_negatives, negatives=negatives).similarities(h)

    torch.compiler.reset()
    compiled = torch.compile(similarities, fullgraph=True, backend="eager")
    torch.manual_seed(0)
    eager = similarities(index, h)
    torch.manual_seed(0)
    torch.testing.assert_close(compiled(index, h), eager)


def test_positives_and_negatives_are_of_one_precision_under_autocast() -> None:
    codes = sign(torch.randn(9, 64, generator=torch.Generator().manual_seed(0)))
    h = normalize(torch.randn(9, 64, generator=torch.Generator().manual_seed(1)), dim=1)
    keys = Keys(codes, codes, norm=8.0)  # a pair's positive is one of its negatives
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = keys.similarities(h)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found[:, 0], found[:, 1:].diagonal(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("form", ["clipped", "identity", "soft"])
def test_an_infinite_output_is_a_code_and_nan_stays_nan(form: str) -> None:
    u = torch.tensor([float("inf"), -float("inf"), 0.5, float("nan")], requires_grad=True)
    b = straight_through(u, form=form)
    assert b[:3].tolist() == [1.0, -1.0, 1.0]
    assert b[3].isnan()
    b[:3].sum().backward()
    assert u.grad is not None
    assert u.grad[:2].tolist() == [0.0, 0.0]
    assert u.grad[2] > 0


def test_a_row_of_zeros_has_a_query_of_zeros_and_a_bounded_gradient() -> None:
    u = torch.tensor([[0.0, 0.0], [3.0, -4.0]], requires_grad=True)
    (tanh_query(u) * torch.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert tanh_query(u)[0].tolist() == [0.0, 0.0]
    assert u.grad is not None
    assert u.grad.abs().max() <= 5


# --- advice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outputs",
    [
        [[0.5, -1.0, 0.0]],
        np.array([[0.5, -1.0, 0.0]], np.float32),
        np.array([[3, -2, 0]], np.int8),
        torch.tensor([[0.5, -1.0, 0.0]]),
        torch.tensor([[0.5, -1.0, 0.0]], dtype=torch.bfloat16),
        torch.tensor([[3, -2, 0]], dtype=torch.int8),
    ],
    ids=["lists", "float32", "int8", "tensor", "bfloat16", "int8 tensor"],
)
def test_the_advice_of_pack_works(outputs: Any) -> None:
    if not isinstance(outputs, list):
        assert sign(outputs).dtype == outputs.dtype
    assert pack(sign(outputs)).tolist() == [[0b10100000]]
    if np.asarray(pack(sign(outputs))).size and not isinstance(outputs, list):
        with pytest.raises(ValueError, match="codes must be"):
            pack(outputs * 2 + 3)


@pytest.mark.parametrize(
    ("packed", "advice"),
    [
        (np.array([[-128, 127]], np.int8), lambda codes: (codes.astype(np.int16) + 128).astype("uint8")),
        (np.array([[2**63 + 5]], np.uint64), lambda codes: codes.view(np.uint8)),
    ],
    ids=["int8", "uint64"],
)
def test_codes_that_are_packed_are_told_so(packed: np.ndarray[Any, Any], advice: Any) -> None:
    with pytest.raises(ValueError, match=r"codes must be \+-1, 0/1 or boolean, got .*packed"):
        pack(packed)
    assert advice(packed).dtype == np.uint8


def test_text_has_no_sign() -> None:
    with pytest.raises(TypeError, match="x must be an array of real numbers, got <U1"):
        sign(["a"])


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
def test_keys_take_rows_and_observe_takes_views_of_another_device(negatives: str) -> None:
    bank = CodeBank(12, 16, device="meta")  # of a device that holds no numbers, any machine has one
    index = torch.tensor([3, 7])
    keys = bank.keys(index, n_negatives=5, negatives=negatives)
    assert {tensor.device.type for tensor in vars(keys).values() if isinstance(tensor, torch.Tensor)} == {"meta"}
    bank.observe(index, torch.ones(2, 16))
    waiting = pending(bank.latent)
    assert waiting is not None
    assert [part.device.type for part in waiting] == ["meta", "meta"]
