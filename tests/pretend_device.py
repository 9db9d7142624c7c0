"""An accelerator that is not there: its tensors compute on the host, and waits for it are counted.

A real accelerator runs behind the host until the host asks for a value, for a result whose size depends on values, or
for a copy that it waits for. :class:`PretendDevice` is a ``TorchDispatchMode`` that makes and moves such tensors and
counts those requests by name, so that a loop can be shown to make none, with the very numbers of the CPU. Autograd
knows the devices that were there at its first backward pass: what goes backward there needs a process of its own.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as tree
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

__all__ = ["PRETEND", "PretendDevice"]

PRETEND = "pretend"
_SIZED_BY_VALUES = {
    "_unique2",
    "bincount",
    "equal",
    "masked_select",
    "nonzero",
    "unique_consecutive",
    "unique_dim",
    "linalg_eigh",
    "_linalg_eigh",
    "_linalg_svd",
    "_linalg_solve_ex",
    "linalg_qr",
}
_COPIES = {"_to_copy", "copy_", "_copy_from", "copy"}
_INDEXED = {"index", "index_put", "index_put_", "_index_put_impl_"}
_ready: list[bool] = []


class _There(Tensor):
    """A tensor of the pretended device: its numbers are those of ``numbers``, on the CPU."""

    numbers: Tensor

    @staticmethod
    def __new__(cls, numbers: Tensor) -> _There:
        made: _There = Tensor._make_wrapper_subclass(
            cls,
            numbers.size(),
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype,
            device=torch.device(f"{PRETEND}:0"),
        )
        made.numbers = numbers
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        raise RuntimeError(f"{func} needs the mode PretendDevice, in which tensors of the device {PRETEND} live")


class PretendDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within it there is a device ``pretend``; ``waits`` counts what the host had to wait for, by name.

    Example:
        >>> with PretendDevice() as device:
        ...     total = torch.ones(3, device="pretend").sum()
        ...     _ = float(total)
        >>> dict(device.waits)
        {'_local_scalar_dense': 1}
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if not _ready:
            _setup_privateuseone_for_python_backend(PRETEND)
            backend = getattr(torch, PRETEND)
            backend.get_amp_supported_dtype = lambda: [torch.bfloat16]
            # torch.random.fork_rng asks the device for its generator; this one draws by the host's
            backend.get_rng_state = lambda device=PRETEND: torch.get_rng_state()
            backend.set_rng_state = lambda state, device=PRETEND: None
            _ready.append(True)
        self.waits: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree.tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        there = any(isinstance(one, _There) for one in tensors)
        if (what := _wait(func, tensors, args, kwargs)) is not None:
            self.waits[what] += 1
        device = kwargs.get("device")
        called = kwargs
        if device is not None:
            there = torch.device(device).type == PRETEND
            called = {**kwargs, "device": torch.device("cpu")}
        own_args, own_kwargs = tree.tree_map_only(_There, lambda one: one.numbers, (args, called))
        if _name(func) == "_to_copy":
            own_args = (own_args[0].clone(), *own_args[1:])  # another device is another tensor
        out = func(*own_args, **own_kwargs)
        if not there or not isinstance(out, (Tensor, tuple, list)):
            return out
        if _name(func) == "copy_" and not isinstance(args[0], _There):
            return args[0]
        out = tree.tree_map_only(Tensor, _There, out)
        return return_and_correct_aliasing(func, args, kwargs, out)  # type: ignore[no-untyped-call]


def _name(func: Any) -> str:
    return str(func).split(".")[1]


def _wait(func: Any, tensors: list[Tensor], args: Any, kwargs: dict[str, Any]) -> str | None:
    """What the host waits for, or None."""
    name = _name(func)
    there = [one for one in tensors if isinstance(one, _There)]
    if name in _COPIES:
        blocking = not kwargs.get("non_blocking", args[2] if name == "copy_" and len(args) > 2 else False)
        ends = args[:2] if name == "copy_" else [args[0], None]
        goal = ends[0] if name == "copy_" else kwargs.get("device", args[0].device)
        goal_there = isinstance(goal, _There) or (not isinstance(goal, Tensor) and torch.device(goal).type == PRETEND)
        source_there = isinstance(args[1] if name == "copy_" else args[0], _There)
        if source_there and not goal_there:
            return "to the host"
        if goal_there and not source_there and blocking:
            return "from the host, waiting"
        return None
    if not there:
        return None
    if name == "_local_scalar_dense" or name in _SIZED_BY_VALUES:
        return name
    if name in _INDEXED:
        places = [one for one in args[1] if one is not None]
        if any(one.dtype in (torch.bool, torch.uint8) for one in places):
            return "boolean index"
        if any(not isinstance(one, _There) for one in places):
            return "index from the host"
    return None
