"""Any optimizer of torch made binary: it moves latent values, parameters show what a map makes of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, overload

import torch
from torch import Tensor
from torch.optim import Optimizer

from .binary_map import BinaryMap
from .group_options import group_options
from .latent_loan import LatentLoan
from .row_blocks import row_blocks
from .saved_state import base_part, restore_tensors
from .sign_map import SignMap
from .signs import code_scale

__all__ = ["BinaryOptimizer"]

ITERATES = ("latent", "z")  # z of schedule-free optimizers is where their steps lead; latent values run behind it


class BinaryOptimizer(Optimizer):
    """Make parameters of any optimizer binary, without a change to the model or the loop.

    Parameters of groups marked ``"binary"`` get latent values v, which the base optimizer moves by the gradients of the
    parameters w: ``v <- base(v, dL/dw)``, then ``w <- map(v)``. Other groups are the base's alone. Options, schedulers,
    hooks, ``add_param_group``, gradient scaling and accumulation work as with the base, whose groups and state these
    are.

    Args:
        base: an optimizer of torch's kind. A group says ``"binary": True`` for ``binary_map``, or has a map of its
            own there; a group without it, or with False, is left alone.
        binary_map: the map of groups that say True; :class:`SignMap` by default.
        warmup: steps during which parameters are their latent values, at least 0 (default).
        period: steps between two measurements of a scale ``"row"`` or ``"tensor"``, at least 1 (default). A group may
            have a ``"binary_warmup"`` and a ``"binary_period"`` of its own.

    Shape:
        - binary parameters: any, of a floating dtype.

    Attributes:
        base: the optimizer given, in charge of latent values.
        state: the base's, with ``latent`` for each binary parameter, of its shape, in float32 or wider, and ``scale``
            where one is measured every few steps. Memory beside the base's: 4 N bytes for N binary values (8 N of
            float64 parameters), 4 for each scale kept, and during a step as much as the latent values again where a
            rule asks for those before and the parameter cannot hold them: it is of another dtype, its map reads it, or
            there is a closure. The base's own tensors are as wide as the latent values.

    Raises:
        TypeError: ``base`` is no optimizer or is binary already, a map is none, a binary parameter is not floating.
        ValueError: no group is binary, or an option is unknown or outside its range.
        RuntimeError: at :meth:`step` after :meth:`eval` without :meth:`train`.

    Note:
        :meth:`eval` shows exactly +-s, :meth:`train` what training computes with; a new optimizer is in training. Both
        reach the base, so that schedule-free optimizers show their averages. A state dict holds maps by name and
        options, and loading it runs no code from it. Loading leaves parameters alone, as in torch.optim: load the
        model's state too. Rules hold on the ``z`` of schedule-free bases too, their other copy of the latent values,
        and leave parameters without a gradient alone. A sparse gradient reaches the base as it is, but every value is
        written at every step. Under DistributedDataParallel all processes hold the same latent values; FSDP, which cuts
        parameters, is not supported. Cost: the base's step, and for signs two passes over the parameters;
        ``benchmarks/bench_binary_optimizer.py`` has the ratios.

    Reference:
        Courbariaux et al., "BinaryConnect", NeurIPS 2015, for latent values; Jin et al., "PARQ", ICML 2025, whose code
        wraps an optimizer in this way. Unlike there, the map is in the state, parameters of low precision have latent
        values in float32, and parameters are binary from the start.

    Example:
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Linear(4, 2))
        >>> binary = {"params": [model[0].weight], "binary": True}
        >>> base = torch.optim.Adam([binary, {"params": [model[0].bias, *model[1].parameters()]}])
        >>> optimizer = BinaryOptimizer(base, SignMap(scale=0.5))
        >>> model(torch.randn(3, 8)).square().mean().backward()
        >>> optimizer.step()
        >>> model[0].weight.unique().tolist()
        [-0.5, 0.5]
    """

    def __init__(
        self, base: Optimizer, binary_map: BinaryMap | None = None, *, warmup: int = 0, period: int = 1
    ) -> None:
        if not isinstance(base, Optimizer) or isinstance(base, BinaryOptimizer):
            raise TypeError(f"base must be a torch.optim.Optimizer that is not binary yet, got {type(base).__name__}")
        self.base, self.training = base, True
        self.binary_map = SignMap() if binary_map is None else binary_map
        self.warmup, self.period = warmup, period
        options = [self._options(group) for group in self.param_groups]
        if not any(options):
            raise ValueError("no param group of base is binary; mark one or more: {'params': ..., 'binary': True}")
        Optimizer.__setstate__(self, {})  # hooks and profiling; groups, state and defaults are the base's
        for group, found in zip(self.param_groups, options, strict=True):
            self._begin(group, found)

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The groups of the base."""
        return self.base.param_groups

    @property
    def state(self) -> dict[Tensor, Any]:  # type: ignore[override]
        """The state of the base, with latent values."""
        return self.base.state

    @property
    def defaults(self) -> dict[str, Any]:  # type: ignore[override]
        """The default options of the base."""
        return self.base.defaults

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Let the base move the latent values by the gradients of the parameters, then write the parameters.

        Args:
            closure: recomputes the loss; sees the parameters that the map makes of the latent values at that time.

        Returns:
            What the base's step returns.
        """
        if not self.training:
            raise RuntimeError("step must follow train(), got a step after eval(); call train() first")
        before = self._before(scratch=closure is None)
        loan = self._loan()
        try:
            loss = self.base.step() if closure is None else self.base.step(self._shown_to(closure, loan))
        except BaseException:
            loan.end()
            for group in self._binary_groups():
                if group["binary"].needs_before and not group["binary"].reads_parameter:  # it was scratch memory
                    self._write(group)
            raise
        loan.end()
        for group in self._binary_groups():
            self._advance(group, before)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Reset the gradients of all parameters."""
        self.base.zero_grad(set_to_none)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group to the base; one that is binary starts its warm-up and its annealing now."""
        params = param_group["params"]
        group = {**param_group, "params": [params] if isinstance(params, Tensor) else list(params)}
        found = self._options(group)
        self.base.add_param_group(group)
        self._begin(self.param_groups[-1], found)

    @torch.no_grad()
    def eval(self) -> None:
        """Show the values of evaluation: exactly +-s, of the base's averages where it has an ``eval`` of its own."""
        self._base_view("eval")
        self.training = False
        for group in self._binary_groups():
            for parameter in group["params"]:
                self._show(parameter, group, group["binary"].write_binary)

    @torch.no_grad()
    def train(self) -> None:
        """Show the values of training again."""
        self._base_view("train")
        if not self.training:
            self.training = True
            for group in self._binary_groups():
                self._write(group)

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def state_dict(self) -> dict[str, Any]:
        """The base's state dict with latent values; maps stand in the groups, by name and options."""
        for before in self._optimizer_state_dict_pre_hooks.values():
            before(self)
        saved: dict[str, Any] = self.base.state_dict()
        for group in saved["param_groups"]:
            if isinstance(group.get("binary"), BinaryMap):
                group["binary"] = group["binary"].spec()
        for after in self._optimizer_state_dict_post_hooks.values():
            changed = after(self, saved)
            saved = saved if changed is None else changed
        return saved

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options, maps and state, every tensor in the dtype it was saved in.

        Raises:
            ValueError: the state is not of these binary groups and shapes, or names a map or an option that is unknown;
                nothing has changed then.
        """
        saved = dict(state_dict)
        for before in self._optimizer_load_state_dict_pre_hooks.values():
            changed = before(self, saved)
            saved = saved if changed is None else changed
        of_base = base_part(saved, self.param_groups)
        loan = self._loan()
        try:
            self.base.load_state_dict(of_base)
        finally:
            loan.end()
        restore_tensors(saved, self.param_groups, self.state)
        for after in self._optimizer_load_state_dict_post_hooks.values():
            after(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in ("base", "training", "binary_map", "warmup", "period")}

    def _options(self, group: dict[str, Any]) -> dict[str, Any] | None:
        return group_options(group, self.binary_map, warmup=self.warmup, period=self.period)

    @torch.no_grad()
    def _begin(self, group: dict[str, Any], options: dict[str, Any] | None) -> None:
        if options is None:
            return
        group.update(options)
        for parameter in group["params"]:
            dtype = torch.promote_types(parameter.dtype, torch.float32)
            self.state[parameter]["latent"] = parameter.detach().to(dtype, copy=True)
            if not group["binary_warmup"]:
                self._show(parameter, group, group["binary"].start)

    def _binary_groups(self) -> list[dict[str, Any]]:
        return [group for group in self.param_groups if isinstance(group.get("binary"), BinaryMap)]

    def _loan(self) -> LatentLoan:
        return LatentLoan(self.base, [each for group in self._binary_groups() for each in group["params"]])

    def _shown_to(self, closure: Callable[[], float], loan: LatentLoan) -> Callable[[], float]:
        """The closure as the base may call it: with parameters in their places, and up to date."""
        calls = 0

        def evaluate() -> float:
            nonlocal calls
            loan.end()
            try:
                for group in self._binary_groups() if calls else ():
                    self._write(group)
                calls += 1
                with torch.enable_grad():
                    return closure()
            finally:
                loan.begin()

        return evaluate

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def _before(self, *, scratch: bool) -> dict[Tensor, dict[str, Tensor]]:
        """Copies of the latent values, where a rule asks for them.

        They lie in the parameter itself where that is about to be written anyway: new memory costs as much as six
        copies into old.
        """
        found: dict[Tensor, dict[str, Tensor]] = {}
        for group in self._binary_groups():
            shown = group["binary"]
            if not shown.needs_before or group["binary_step"] < group["binary_warmup"]:
                continue
            for parameter in group["params"]:
                state = self.state[parameter]
                copies = {name: state[name].clone() for name in ITERATES[1:] if name in state}
                if scratch and not shown.reads_parameter and parameter.dtype == state["latent"].dtype:
                    copies["latent"] = parameter.detach().copy_(state["latent"])
                else:
                    copies["latent"] = state["latent"].clone()
                found[parameter] = copies
        return found

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    @torch.no_grad()
    def _advance(self, group: dict[str, Any], before: dict[Tensor, dict[str, Tensor]]) -> None:
        """Count a step of the base, let the rules move the latent values, and write the parameters."""
        group["binary_step"] += 1
        step = group["binary_step"] - group["binary_warmup"]
        for parameter in group["params"]:
            if step > 0 and parameter.grad is not None:
                self._move(group["binary"], self.state[parameter], before.get(parameter))
            if step == 0:
                self._show(parameter, group, group["binary"].start)
        if step:
            self._write(group)

    @torch.no_grad()
    def _write(self, group: dict[str, Any]) -> None:
        """Write the parameters of a group as training sees them."""
        step = group["binary_step"] - group["binary_warmup"]
        for parameter in group["params"]:
            if step < 0:
                parameter.copy_(self.state[parameter]["latent"])
            else:
                self._show(parameter, group, partial(group["binary"].write, step=step))

    def _show(self, parameter: Tensor, group: dict[str, Any], write: Callable[..., None]) -> None:
        state, scale = self.state[parameter], group["binary"].scale
        length = state.get("scale")
        if length is None or (group["binary_step"] - group["binary_warmup"]) % group["binary_period"] == 0:
            free = not group["binary"].reads_parameter and parameter.dtype == state["latent"].dtype
            length = code_scale(state["latent"], scale, scratch=parameter.detach() if free else None)
        if isinstance(scale, str) and group["binary_period"] > 1:
            state["scale"] = length
        if isinstance(length, Tensor):
            for block in row_blocks(state["latent"], parameter.detach(), length):
                write(block[1], block[0], block[2])
        else:
            for latent, shown in row_blocks(state["latent"], parameter.detach()):
                write(shown, latent, length)

    def _move(self, shown: BinaryMap, state: dict[str, Tensor], before: dict[str, Tensor] | None) -> None:
        """Hold the rules of a map on the latent values, and on what else the base keeps of their kind."""
        for name in ITERATES:
            if name in state:
                old = None if before is None else before.get(name, before["latent"])
                whole = state[name].dim() < 2  # a vector is one row
                tensors = [state[name]] if old is None else [state[name], old]
                for block in [tuple(tensors)] if whole else row_blocks(*tensors):
                    shown.move(*block) if old is not None else shown.move(block[0], None)

    def _base_view(self, name: str) -> None:
        change = getattr(self.base, name, None)
        if callable(change):
            loan = self._loan()
            try:
                change()
            finally:
                loan.end()
