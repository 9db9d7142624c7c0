"""UCCH under accelerate: the module, its optimizer and the loader are prepared as any others are.

The lines marked ``# ucch`` are those of ``loop_plain.py``. This is for one process: where several share a batch, give
the step their ``world`` and leave it unprepared, since its towers are data-parallel then. From the repository's root

    python -m examples.loop_accelerate

prints, for left and right halves of digits, MAP@ALL of both directions (labels evaluate only; chance is .104)

    MAP at 64 bits: 0.765
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader

from examples.digit_halves import run
from ucch.training import HashingStep, Recipe  # ucch


def train(
    towers: Mapping[str, nn.Module],
    rows: Sequence[dict[str, Any]],
    *,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    recipe: Recipe | None = None,
) -> HashingStep:
    """Train towers by the names of their views on rows ``{"index": number, "views": {name: features}}``."""
    step = HashingStep(towers, len(rows), recipe)  # ucch
    adam = torch.optim.Adam(step.parameters(), lr=1e-3)
    adam.register_step_post_hook(step.after_step)  # ucch
    loader: DataLoader[Any] = DataLoader(rows, batch_size, shuffle=shuffle)  # type: ignore[arg-type]
    accelerator = Accelerator(cpu=True)
    model, optimizer, batches = accelerator.prepare(step, adam, loader)
    for _ in range(epochs):
        for batch in batches:
            loss = model(**batch).loss
            optimizer.zero_grad()
            accelerator.backward(loss)
            optimizer.step()
    return step


if __name__ == "__main__":
    run(train)
