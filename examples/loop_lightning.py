"""UCCH under Lightning's automatic optimization: the step is a part of the module, whose loss it gives.

The lines marked ``# ucch`` are those of ``loop_plain.py``; table, counts and generator stand in the step's state, so a
checkpoint has them. Two optimizers of one's own: ``lightning_pairs.py``. From the root of the repository

    python -m examples.loop_lightning

prints, for left and right halves of digits, MAP@ALL of both directions (labels evaluate only; chance is .104)

    MAP at 64 bits: 0.765
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from examples.digit_halves import run
from ucch.training import HashingStep, Recipe  # ucch


class Hashing(lightning.LightningModule):
    """A module that trains a step."""

    def __init__(self, step: HashingStep) -> None:
        super().__init__()
        self.step = step

    def configure_optimizers(self) -> torch.optim.Optimizer:
        adam = torch.optim.Adam(self.step.parameters(), lr=1e-3)
        adam.register_step_post_hook(self.step.after_step)  # ucch
        return adam

    def training_step(self, batch: dict[str, Any], _: int) -> Tensor:
        loss: Tensor = self.step(**batch).loss
        return loss


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
    loader: DataLoader[Any] = DataLoader(rows, batch_size, shuffle=shuffle)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            default_root_dir=folder,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(Hashing(step), loader)
    return step


if __name__ == "__main__":
    run(train)
