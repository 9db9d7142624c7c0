"""The features of a batch on the device that trains: held there, or sent ahead of the step that needs them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import Items
from ..without_waiting import sent

__all__ = ["BatchFeatures", "fits"]

_SHARE = 0.5  # of the free memory of an accelerator that features may take


class BatchFeatures:
    """Give rows of every view on the device, without waiting for it.

    On a CPU rows are gathered from the arrays as they lie, memory-mapped ones from the disk. On an accelerator the
    arrays are sent there once, in their dtype, where they fit (:func:`fits`). Else rows are gathered on the host; those
    of the next batch by a thread while the present one trains, so that the device need not wait for the disk.

    Args:
        pairs: N items.
        device: that trains.
        where: ``"auto"``, ``"device"`` or ``"host"``.

    Attributes:
        held: by view the array on the accelerator; empty where rows are gathered on the host.
    """

    def __init__(self, pairs: Items, device: torch.device, where: str = "auto") -> None:
        self.device, self.held = device, dict[str, Tensor]()
        self.arrays: dict[str, Any] = dict(pairs.views)
        if device.type != "cpu" and (where == "device" or (where == "auto" and fits(pairs, device))):
            self.held = {name: _sent_whole(array, device) for name, array in self.arrays.items()}
        self._thread: ThreadPoolExecutor | None = None
        self._coming: dict[str, tuple[Tensor, Future[Tensor]]] = {}

    def rows(self, name: str, index: Tensor) -> Tensor:
        """Rows (B, d) of a view by their numbers (B,), which are on the host."""
        if name in self.held:
            return self.held[name][sent(index, self.device)]
        rows, coming = self._coming.pop(name, (None, None))
        ahead = rows is not None and coming is not None and torch.equal(rows, index)
        return sent(coming.result() if ahead and coming is not None else self._gathered(name, index), self.device)

    def expect(self, name: str, index: Tensor) -> None:
        """Say which rows come next, so that they are gathered meanwhile."""
        if self.held or self.device.type == "cpu" or not len(index):
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="features")
        self._coming[name] = index, self._thread.submit(self._gathered, name, index)

    def _gathered(self, name: str, index: Tensor) -> Tensor:
        rows = torch.from_numpy(np.ascontiguousarray(self.arrays[name][index.numpy()]))
        return rows.pin_memory() if self.device.type == "cuda" else rows


def fits(pairs: Items, device: torch.device) -> bool:
    """Whether the features of all pairs take at most half of the memory that is free on an accelerator.

    One that does not say how much that is takes any.
    """
    if device.type != "cuda":
        return True
    return bool(sum(rows.nbytes for rows in pairs.views.values()) <= _SHARE * torch.cuda.mem_get_info(device)[0])


def _sent_whole(array: Any, device: torch.device) -> Tensor:
    """An array on an accelerator, sent a few MiB at a time, so that one on the disk is never in memory as a whole."""
    step = max(1, 2**26 // max(1, array[:1].nbytes))
    parts = (torch.from_numpy(np.array(array[start : start + step])) for start in range(0, len(array), step))
    first = next(parts)
    whole = torch.empty(array.shape, dtype=first.dtype, device=device)
    whole[: len(first)] = first.to(device)
    for number, part in enumerate(parts, 1):
        whole[number * step : number * step + len(part)] = part.to(device)
    return whole
