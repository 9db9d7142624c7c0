"""UCCH under transformers' ``Trainer``: the step is the model, and torch's own collating makes its batches.

The lines marked ``# ucch`` are those of ``loop_plain.py``. Its own defaults are a falling rate and
clipped gradients; here neither, so that the four loops agree. It draws another order of rows than the others, hence
another figure. From the root of the repository

    python -m examples.loop_hf_trainer

prints, for left and right halves of digits, MAP@ALL of both directions (labels evaluate only; chance is .104)

    MAP at 64 bits: 0.757
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.data import default_collate
from transformers import Trainer, TrainingArguments

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
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, num_train_epochs=epochs, per_device_train_batch_size=batch_size, lr_scheduler_type="constant",
            max_grad_norm=0.0, train_sampling_strategy="random" if shuffle else "sequential", use_cpu=True,
            report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True, dataloader_pin_memory=False,
        )  # fmt: skip
        trainer = Trainer(step, arguments, data_collator=default_collate, train_dataset=rows, optimizers=(adam, None))
        trainer.train()
    return step


if __name__ == "__main__":
    run(train)
