"""What every optimizer of a code table shares: torch.optim's contract, with a state that keeps its dtypes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, overload

import torch
from torch import Tensor
from torch.optim import Optimizer

from .observed import forget, is_observed

__all__ = ["TableOptimizer"]


class TableOptimizer(Optimizer):
    """Step over the tables that were observed since the last step.

    A subclass says in :meth:`_update` how one table moves. The step uses up the gradients that
    :meth:`CodeBank.observe <ucch.optim.CodeBank.observe>` deposited, so that a loop needs no ``zero_grad`` for the
    table. Loading a state keeps every dtype as it was saved; torch.optim would turn counters into floats.

    Shape:
        - every parameter: (N, D), with a sparse gradient on the observed rows.

    Reference:
        pytorch/pytorch issue 43706 (optimizer state changes dtype on reload).
    """

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move the observed rows and clear what was observed.

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
            for table in group["params"]:
                if is_observed(table):
                    self._update(table, group)
                    forget(table)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget what was observed since the last step."""
        for group in self.param_groups:
            for table in group["params"]:
                forget(table)

    @abstractmethod
    def _update(self, table: Tensor, group: dict[str, Any]) -> None:
        """Move the rows of ``table`` that have a gradient, by the options of ``group``."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state, tensors in the dtype they were saved in."""
        super().load_state_dict(state_dict)
        numbers = [number for group in state_dict["param_groups"] for number in group["params"]]
        tables = [table for group in self.param_groups for table in group["params"]]
        for number, table in zip(numbers, tables, strict=True):
            for name, value in state_dict["state"].get(number, {}).items():
                if isinstance(value, Tensor):
                    self.state[table][name] = value.detach().to(self.state[table][name].device, copy=True)
