"""The fitted teacher: one row per training pair, whose cosines say how alike two pairs are."""

from __future__ import annotations

import json
from copy import copy
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import normalize

from .._checks import positive_int, two_dimensional
from ..errors import RunError
from ..files import replacing

__all__ = ["Teacher"]

_FORMAT = "ucch-teacher-1"
_SAMPLE = 2048  # rows whose pairs stand for all when shares are turned into similarities


class Teacher:
    """Hold what a teacher knows of the N training pairs: unit rows r, N x d, with ``S_ij = <r_i, r_j>``.

    N x N similarities are never formed: :meth:`similarity` gives those of a batch. Rows are float32 where they are made
    here; :meth:`with_rows` takes them as they are, in half precision too.

    Args:
        kind: how the rows were made.
        rows: (N, d) real, N >= 2; brought to length 1 here.
        notes: numbers about the making, for reports.
    """

    def __init__(self, kind: str, rows: Tensor, notes: dict[str, float] | None = None) -> None:
        two_dimensional("rows", rows)
        if len(rows) < 2:
            raise ValueError(f"rows must describe at least two pairs, got {len(rows)}")
        self.kind, self.notes = kind, dict(notes or {})
        self.rows = normalize(rows.detach().float(), dim=1)

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: torch.device | str) -> Teacher:
        """The same teacher on another device."""
        return self.with_rows(self.rows.to(device))

    def with_rows(self, rows: Tensor) -> Teacher:
        """The same teacher with these unit rows as they are, bit for bit."""
        twin = copy(self)
        twin.rows = rows
        return twin

    def similarity(self, index: Tensor, others: Tensor | None = None) -> Tensor:
        """Similarities in [-1, 1] of training pairs.

        Args:
            index: (A,) row numbers.
            others: (B,) row numbers; ``index`` by default.

        Returns:
            (A, B) float32; O(A B d).
        """
        rows = self.rows[index].float()
        return rows @ (rows if others is None else self.rows[others].float()).T

    def cut(self, share: float) -> float:
        """The similarity that ``share`` of all pairs of different items exceed, from at most 2,048 items evenly taken.

        Args:
            share: in [0, 1].
        """
        step = max(1, -(-len(self) // _SAMPLE))
        sample = self.rows[::step].float()
        off = ~torch.eye(len(sample), dtype=torch.bool, device=sample.device)
        values = (sample @ sample.T)[off].sort(descending=True).values
        return float(values[round(share * (len(values) - 1))])

    def nearest(self, index: Tensor, k: int) -> Tensor:
        """Row numbers of the k pairs most alike to each of ``index``, itself left out: (A, k)."""
        similarity = self.similarity(index, torch.arange(len(self), device=self.rows.device))
        similarity.scatter_(1, index[:, None], float("-inf"))
        return similarity.topk(min(positive_int("k", k), len(self) - 1), dim=1).indices

    def save(self, path: str | Path) -> None:
        """Write the teacher, as safetensors; a file that stands there is replaced as a whole."""
        plan: dict[str, Any] = {"format": _FORMAT, "kind": self.kind, "notes": self.notes}
        with replacing(path) as aside:
            save_file({"rows": self.rows.cpu().contiguous()}, aside, metadata={"ucch": json.dumps(plan)})

    @classmethod
    def load(cls, path: str | Path) -> Teacher:
        """Read a saved teacher, on the CPU.

        Raises:
            RunError: the file is missing, damaged, or no teacher of this format.
        """
        try:
            with safe_open(path, framework="pt") as file:
                plan = json.loads((file.metadata() or {}).get("ucch", "{}"))
                if plan.get("format") != _FORMAT:
                    raise RunError(f"{path} holds {plan.get('format', 'no format')!r}, expected {_FORMAT!r}")
                rows = file.get_tensor("rows")
                return cls(plan["kind"], rows[:2], plan["notes"]).with_rows(rows)
        except (OSError, SafetensorError, KeyError, json.JSONDecodeError) as error:
            raise RunError(
                f"{path} cannot be read as a teacher: {error}; delete it to fit the teacher again"
            ) from error
