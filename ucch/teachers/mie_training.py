"""Train the generator over training pairs, an epoch at a time, and let it describe each pair."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .mie import MieGenerator
from .mie_loss import MieWeights, anchor_similarity, mie_loss

__all__ = ["MieTraining"]


class MieTraining:
    """Train a :class:`~ucch.teachers.MieGenerator` on pairs alone; resumable after every epoch, bit for bit.

    Args:
        generator: to be trained.
        image: (N, dx) scaled features of the training items.
        text: (N, dy) what the generator takes: scaled features, or bags.
        text_anchor: (N, dy) scaled features for the anchor similarity; ``text`` by default.
        weights: of the loss.
        image_weight: w of the anchor similarity.
        n_steps: the least number of steps; whole epochs are made of them.
        batch_size, learning_rate: of Adam.
        seed: decides order and dropout.

    Attributes:
        epoch: epochs done.
        n_epochs: epochs in all.
        losses: mean loss of every epoch done.
    """

    def __init__(
        self,
        generator: MieGenerator,
        image: Tensor,
        text: Tensor,
        text_anchor: Tensor | None = None,
        *,
        weights: MieWeights | None = None,
        image_weight: float = 0.6,
        n_steps: int = 400,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.generator, self.device = generator.to(device), torch.device(device)
        self.image, self.text = image, text
        self.text_anchor = text if text_anchor is None else text_anchor
        self.weights, self.image_weight = weights or MieWeights(), image_weight
        self.batch_size = min(batch_size, len(image))
        self.steps_per_epoch = len(image) // self.batch_size
        self.n_epochs = math.ceil(n_steps / self.steps_per_epoch)
        self.adam = torch.optim.Adam(generator.parameters(), lr=learning_rate)
        self.seed, self.epoch = seed, 0
        self.losses: list[float] = []

    def train_epoch(self) -> float:
        """Run the next epoch and return its mean loss; the global generator of torch is left as it was."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(self.seed * 1_000_003 + self.epoch)  # an epoch depends on nothing drawn before it
            self.generator.train()
            order = torch.randperm(len(self.image))
            total = 0.0
            for rows in torch.split(order, self.batch_size)[: self.steps_per_epoch]:
                total += self._step(rows)
        self.epoch += 1
        self.losses.append(total / self.steps_per_epoch)
        return self.losses[-1]

    def _step(self, rows: Tensor) -> float:
        image, text, anchor_text = (part[rows].to(self.device) for part in (self.image, self.text, self.text_anchor))
        anchor = anchor_similarity(image, anchor_text, self.image_weight)
        loss = mie_loss(self.generator(image, text), self.generator(image, text), anchor, self.weights)
        self.adam.zero_grad()
        torch.autograd.backward(loss)
        self.adam.step()
        return float(loss.detach())

    def rows(self) -> Tensor:
        """Rows of all training pairs, (N, d), on the CPU; a few thousand pairs at a time."""
        return self.rows_of(self.image, self.text)

    @torch.no_grad()
    def rows_of(self, image: Tensor, text: Tensor) -> Tensor:
        """Rows of any pairs, from what the generator takes of them: (n, d), on the CPU."""
        self.generator.eval()
        parts = zip(torch.split(image, 2048), torch.split(text, 2048), strict=True)
        return torch.cat([self.generator(x.to(self.device), y.to(self.device)).float().cpu() for x, y in parts])

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on."""
        return {
            "epoch": self.epoch,
            "losses": self.losses,
            "generator": self.generator.state_dict(),
            "adam": self.adam.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another training of the same pairs stood."""
        self.epoch, self.losses = state["epoch"], list(state["losses"])
        self.generator.load_state_dict(state["generator"])
        self.adam.load_state_dict(state["adam"])
