"""UCCH in a plain PyTorch loop: towers, losses and code table are one module that gives a loss.

The lines marked ``# ucch`` make that module and let the optimizer move the table after the towers; the rest is a loop
over any model. The same lines stand in ``loop_lightning.py``, ``loop_accelerate.py`` and ``loop_hf_trainer.py``, and a
test finds the same towers and table after all four. From the root of the repository

    python -m examples.loop_plain

prints, for left and right halves of digits, MAP@ALL of both directions (labels evaluate only; chance is .104)

    MAP at 64 bits: 0.765
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
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
    for _ in range(epochs):
        for batch in loader:
            loss = step(**batch).loss
            adam.zero_grad()
            loss.backward()
            adam.step()
    return step


if __name__ == "__main__":
    run(train)
