"""The one owner of a table's rows: it reads, decodes, checks, encodes and writes them; a rule says where they go."""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, overload

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..codes import sign
from .deposits import collected, forget, is_observed
from .table_rows import decode_rows, encode_rows

__all__ = ["TableOptimizer", "finite_rows"]

_COUNTS = ("step", "flips", "rows", "nonfinite")


class TableOptimizer(Optimizer):
    """Move the rows of code tables that wait for a step, by a rule that a subclass states.

    A subclass says in :meth:`rule` where rows go and in :meth:`check` which options it takes; one of about ten lines
    is in ``docs/add_an_optimizer.md``. Everything else about rows is here, so that a rule cannot get it wrong: each
    waiting row is decoded to float32 (whatever the table's dtype), what was deposited on it is averaged, rows that are
    no finite numbers, or would become none, are left out, and the new rows are encoded, rounding once.

    What :meth:`CodeBank.observe <ucch.optim.CodeBank.observe>` deposits stands beside the table and not in its
    ``.grad``. A step uses it up; several deposits before a step are one observation of each row, their mean. So
    ``clip_grad_norm_`` over all parameters does not touch the table, ``GradScaler.step(optimizer)`` is ``step()``
    (deposits are never scaled), and every scheduler of ``torch.optim.lr_scheduler`` finds the ``lr`` that it asks
    for. Loading a state keeps every dtype as it was saved; torch.optim would turn counters into floats.

    Args:
        params: parameters of one or more code tables, or param groups.
        defaults: the options of the rule. Every group has two more: ``lr``, 1.0, by which the deposited gradient is
            multiplied before the rule sees it, for schedulers: 1 is the rule as published, 0 leaves tables as they
            are; and ``strict``, False: whether a row that is no finite number is refused rather than left out.

    Shape:
        - every parameter: (N, D), a table of :class:`~ucch.optim.CodeBank`.

    Attributes:
        taken: None, or a bool scalar on the tables' device: whether :meth:`step` counts. Where it is false a step uses
            up what was deposited and changes nothing else; the host need not know.
        state: for every table the counts ``step``, ``flips`` (bits that changed sign), ``rows`` (rows moved) and
            ``nonfinite`` (rows left out), since the start, int64 on the table's device, and what the rule keeps per
            row.

    Raises:
        ValueError: an option is outside its range, wherever groups come in: here, in ``add_param_group`` and in
            ``load_state_dict``; at :meth:`step` where it was changed since, as by a scheduler, before a table of its
            group moves. At :meth:`step` under ``strict``: a deposited row is no finite number, or would become none;
            its table, and those after it, do not move.
        TypeError: at :meth:`step`, a table has a gradient of autograd.

    Note:
        Cost O(B D + B log B) for B deposited rows, whatever N; memory beside the table as the rule says in
        :meth:`row_state`. On an accelerator a step does not wait for the device unless ``strict`` asks it to; rows left
        out are then warned of when :meth:`counted` reads the counts.

    Reference:
        pytorch/pytorch issue 43706 (optimizer state changes dtype on reload).
    """

    total: ClassVar[bool] = False  # whether deposits on one row add up, as gradients do, or are averaged
    rests: ClassVar[bool] = True  # whether a row whose gradient is zero stays as it is
    counts: ClassVar[tuple[str, ...]] = ()  # what else is counted of a table
    taken: Tensor | None = None
    _said: frozenset[Tensor] = frozenset()  # tables whose left out rows were warned of
    _step_supports_amp_scaling = True  # GradScaler: step as ever; no deposit was ever scaled

    def __init__(self, params: Iterable[Tensor] | Iterable[dict[str, Any]], defaults: dict[str, Any]) -> None:
        super().__init__(params, {"lr": 1.0, "strict": False, **defaults})

    @abstractmethod
    def rule(self, old: Tensor, target: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        """Say where rows go, each by itself; one that was deposited on twice may stand there twice.

        Args:
            old: (R, D) latent values, float32 or wider; not to be changed in place.
            target: (R, D) what was observed of them: ``old`` less the deposited gradient.
            memory: what :meth:`row_state` keeps of these rows, by name, to be replaced entry by entry; and ``step``,
                the number of this step, from 1.
            options: of the param group.

        Returns:
            (R, D) new rows; ``old`` itself where the table stays.
        """

    def move(self, old: Tensor, gradient: Tensor, memory: dict[str, Tensor], options: dict[str, Any]) -> Tensor:
        """As :meth:`rule`, for one that thinks in gradients (R, D); by default the rule at ``old - gradient``."""
        return self.rule(old, old - gradient, memory, options)

    def check(self, options: dict[str, Any]) -> None:
        """Refuse options of a group that are out of range; a subclass adds its own."""

    def row_state(self, table: Tensor) -> dict[str, Tensor]:
        """Make what the rule remembers of every row of a table: tensors of N rows by name; nothing by default."""
        return {}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tables with options of their own; refuse options out of range."""
        super().add_param_group(param_group)
        try:
            self._checked(self.param_groups[-1])
            for table in self.param_groups[-1]["params"]:
                self.check_table(table)
        except Exception:
            self.param_groups.pop()
            raise

    def check_table(self, table: Tensor) -> None:
        """Refuse a table that the rule cannot move; takes any by default."""

    def _checked(self, options: dict[str, Any]) -> None:
        lr = options["lr"]
        if isinstance(lr, Tensor) or not (math.isfinite(lr) and lr >= 0):
            raise ValueError(f"lr must be a finite number of at least 0, 1 for the rule as published, got {lr!r}")
        self.check(options)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # of a state saved before an option was there
            for name in self.defaults.keys() - {"differentiable"}:  # torch's own, which groups do not have
                group.setdefault(name, self.defaults[name])

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move the rows that wait and use up what was deposited.

        Args:
            closure: recomputes the loss and observes; called with gradients enabled.

        Returns:
            The loss of ``closure``, or None.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._checked({**group, "lr": max(group["lr"], 0.0)})  # schedulers change it, and round below 0
            for table in group["params"]:
                if is_observed(table):
                    self._move(table, group)
                    forget(table)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget what was deposited since the last step."""
        for group in self.param_groups:
            for table in group["params"]:
                forget(table)

    def _move(self, table: Tensor, group: dict[str, Any]) -> None:
        rows, gradient, once = collected(table, total=self.total)
        fine = finite_rows(gradient)
        gradient = torch.where(fine[:, None], gradient, 0.0)
        if group["lr"] != 1.0:
            gradient = group["lr"] * gradient
        state = self.table_state(table)
        kept = {name: value for name, value in state.items() if value.dim()}  # per row
        before = {name: value[rows] for name, value in kept.items()}
        memory = {**before, "step": state["step"] + 1}
        old = decode_rows(table[rows])
        new = self.move(old, gradient, memory, group)
        fine = fine & finite_rows(new, *(memory[name] for name in kept))
        self.leave_out(table, rows, once & ~fine, n_rows=once, strict=group["strict"])
        moves = fine if self.taken is None else fine & self.taken
        state["step"] += 1 if self.taken is None else self.taken
        if self.rests:
            moves = moves & (gradient != 0).any(dim=1)
        for name, value in kept.items():
            value[rows] = _where(moves, memory[name], before[name]).to(value.dtype)
        if new is not old:
            self.write(table, rows, _where(moves, new, old), old=old, moved=moves, once=once)

    def write(
        self,
        table: Tensor,
        rows: Tensor | slice,
        new: Tensor,
        *,
        old: Tensor | None = None,
        moved: Tensor | None = None,
        once: Tensor | None = None,
    ) -> None:
        """Encode new rows (R, D) and put them into a table; counts flipped bits and the rows ``moved`` (R,), or all.

        A row that stands there more than once goes to one place, and counts where ``once`` (R,) is true.
        """
        old = decode_rows(table[rows]) if old is None else old
        state = self.table_state(table)
        flips = (sign(old) != sign(new)).sum(dim=1)
        counts = torch.ones_like(flips, dtype=torch.bool) if moved is None else moved
        if once is not None:
            flips, counts = flips * once, counts & once
        state["flips"] += flips.sum()
        state["rows"] += counts.sum()
        table[rows] = encode_rows(new, table.dtype)

    def group_of(self, table: Tensor) -> dict[str, Any]:
        """Find the param group of a table; ``ValueError`` where there is none."""
        for group in self.param_groups:
            if any(table is one for one in group["params"]):
                return group
        raise ValueError("table must be one of the tables this optimizer was given, got another tensor")

    def table_state(self, table: Tensor) -> dict[str, Tensor]:
        """The state of a table; made where there is none yet."""
        state: dict[str, Tensor] = self.state[table]
        if not state:
            state.update(self.row_state(table))
        elif short := [name for name, value in state.items() if value.dim() and len(value) < len(table)]:
            fresh = self.row_state(table)  # rows have joined the table
            for name in short:
                state[name] = torch.cat([state[name], fresh[name][len(state[name]) :]])
        for name in (*_COUNTS, *self.counts):
            if name not in state:
                state[name] = torch.zeros((), dtype=torch.int64, device=table.device)
        return state

    def leave_out(self, table: Tensor, rows: Tensor, bad: Tensor, *, n_rows: Tensor, strict: bool) -> None:
        """Count rows that are left out, (R,) marked ``bad`` among those marked ``n_rows``; refuse them if strict.

        They are warned of once: here where the table is on the CPU, else by :meth:`counted`.
        """
        if strict or table.device.type == "cpu":
            self._look(table, rows, bad, n_rows, strict)
        state = self.table_state(table)
        state["nonfinite"] += bad.sum() if self.taken is None else (bad & self.taken).sum()

    def _look(self, table: Tensor, rows: Tensor, bad: Tensor, n_rows: Tensor, strict: bool) -> None:
        n_bad = int(bad.sum())
        if not n_bad or (self.taken is not None and not bool(self.taken)):
            return
        named = ", ".join(map(str, sorted(rows[bad].tolist())[:8])) + (", ..." if n_bad > 8 else "")
        said = f"{n_bad} of {int(n_rows.sum())} rows"
        if strict:
            raise ValueError(
                f"what is observed must be finite numbers, got others for {said}: {named}; nothing"
                " was moved. Look at those pairs, or leave strict off to skip such rows"
            )
        if not int(self.table_state(table)["nonfinite"]):
            self._said |= {table}
            warnings.warn(
                f"{said.replace('rows', 'observed rows')} are no finite numbers and stay as they were: rows {named};"
                " further ones are counted in state[table]['nonfinite'] and not warned of",
                stacklevel=5,
            )

    def counted(self, table: Tensor) -> dict[str, int]:
        """The counts of a table as numbers of the host, which waits for them once; 0 before the first step."""
        state = self.state[table]
        names = [name for name in (*_COUNTS, *self.counts) if name in state]
        counts = (
            dict(zip(names, torch.stack([state[name] for name in names]).cpu().tolist(), strict=True)) if names else {}
        )
        if counts.get("nonfinite") and table.device.type != "cpu" and table not in self._said:
            self._said |= {table}
            warnings.warn(
                f"{counts['nonfinite']} observed rows were no finite numbers and stayed as they were; further ones are"
                " counted in state[table]['nonfinite'] and not warned of",
                stacklevel=2,
            )
        return {name: counts.get(name, 0) for name in (*_COUNTS, *self.counts)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state, tensors in the dtype they were saved in; refuse options out of range."""
        for group in state_dict["param_groups"]:
            self._checked({**self.defaults, **group})
        super().load_state_dict(state_dict)
        numbers = [number for group in state_dict["param_groups"] for number in group["params"]]
        tables = [table for group in self.param_groups for table in group["params"]]
        for number, table in zip(numbers, tables, strict=True):
            for name, value in state_dict["state"].get(number, {}).items():
                if isinstance(value, Tensor):
                    self.state[table][name] = value.detach().to(self.state[table][name].device, copy=True)


def _where(rows: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Take the marked rows (R,) of ``new`` and the others of ``old``."""
    return torch.where(rows.reshape(len(rows), *[1] * (old.dim() - 1)), new, old)


def finite_rows(*values: Tensor) -> Tensor:
    """Which rows are finite numbers in all of (R, D) or (R,) values: bool (R,)."""
    fine = [value.isfinite().all(dim=1) if value.dim() == 2 else value.isfinite() for value in values]
    return torch.stack(fine).all(dim=0)
