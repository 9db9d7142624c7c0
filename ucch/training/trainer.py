"""The training loop of UCCH: towers by Adam, the code table by its own optimizer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from ..binarize import TanhQuery
from ..codes import sign
from ..data import FeatureScaler, Pairs
from ..losses import ContrastiveHashingLoss, CrossModalRankingLoss, MaxMarginRankingLoss
from ..models import HashModel, HashTower
from ..optim import CodeBank, Keys, MomentumBinary, in_batch_keys
from .recipe import Recipe

__all__ = ["EpochStats", "Trainer"]

AUTO_EPOCHS, AUTO_STEPS = 3, 600  # the least that ``epochs = "auto"`` trains; docs/default_study.md


@dataclass(frozen=True)
class EpochStats:
    """What one epoch did.

    Attributes:
        epoch: number, from 1.
        loss, contrastive, ranking: means over the steps; the parts are not weighted.
        flips_per_row: bits of the table that changed sign, over the rows moved.
        rows_touched: rows moved over all rows of the table.
        agreement: share of bits on which the two modalities of a pair agree.
        key_cosine: mean cosine of a query with the signs of its own outputs; 1 leaves no quantisation gap.
        learning_rate: at the last step.
        seconds: wall time.
    """

    epoch: int
    loss: float
    contrastive: float
    ranking: float
    flips_per_row: float
    rows_touched: float
    agreement: float
    key_cosine: float
    learning_rate: float
    seconds: float

    def as_dict(self) -> dict[str, float]:
        """Plain numbers by name, for a line of ``history.jsonl``."""
        return asdict(self)


class Trainer:
    """Train a :class:`~ucch.models.HashModel` on pairs, without labels.

    Every generator is seeded from the recipe, so two trainers of one recipe, data and machine agree bit for bit, and
    one that loads another's :meth:`state_dict` goes on as that one would have.

    Args:
        recipe: all choices.
        pairs: training pairs; their labels are never read.
        device: where to train.
    """

    def __init__(self, recipe: Recipe, pairs: Pairs, *, device: torch.device | str = "cpu") -> None:
        self.recipe, self.pairs, self.device = recipe, pairs, torch.device(device)
        training = recipe.training
        self.batch_size = min(training.batch_size, len(pairs))
        self.steps_per_epoch = len(pairs) // self.batch_size
        self.n_epochs = _epochs(recipe, self.steps_per_epoch)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.model = _build_model(recipe, pairs).to(self.device)
        self.bank = CodeBank(len(pairs), recipe.bits, init=recipe.table.init, generator=self.generator).to(self.device)
        self.adam = torch.optim.Adam(
            self.model.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay, fused=True
        )
        self.binary = MomentumBinary(
            self.bank.parameters(), momentum=recipe.table.momentum, normalize=recipe.table.normalize
        )
        self.query = TanhQuery()
        self.contrastive = ContrastiveHashingLoss(recipe.loss.temperature)
        self.ranking = (
            CrossModalRankingLoss(recipe.loss.margin, recipe.loss.shift, recipe.loss.kappa)
            if recipe.loss.ranking == "cross_modal"
            else MaxMarginRankingLoss(recipe.loss.margin)
        )
        self.epoch = 0

    def train_epoch(self, on_step: Callable[[float], None] | None = None) -> EpochStats:
        """Run the next epoch over a new permutation; the last incomplete batch is left out, as published.

        Args:
            on_step: called with the loss after each step.
        """
        start, before = time.perf_counter(), self._table_counts()
        self.model.train()
        order = torch.randperm(len(self.pairs), generator=self.generator)
        totals = torch.zeros(5)
        for step in range(self.steps_per_epoch):
            self._set_learning_rate(self.epoch * self.steps_per_epoch + step)
            rows = order[step * self.batch_size : (step + 1) * self.batch_size]
            figures = self._step(rows)
            totals += figures
            if on_step is not None:
                on_step(float(figures[0]))
        self.epoch += 1
        moved = {name: count - before[name] for name, count in self._table_counts().items()}
        loss, contrastive, ranking, agreement, key_cosine = (totals / self.steps_per_epoch).tolist()
        return EpochStats(
            epoch=self.epoch,
            loss=loss,
            contrastive=contrastive,
            ranking=ranking,
            flips_per_row=moved["flips"] / max(1, moved["rows"]),
            rows_touched=moved["rows"] / len(self.pairs),
            agreement=agreement,
            key_cosine=key_cosine,
            learning_rate=self.adam.param_groups[0]["lr"],
            seconds=time.perf_counter() - start,
        )

    def _step(self, rows: Tensor) -> Tensor:
        image, text = (self._batch(array, rows) for array in (self.pairs.image, self.pairs.text))
        index = rows.to(self.device)
        beta = self.recipe.loss.beta
        half = self.recipe.training.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            h_image = self.query(self.model.image_outputs(image))
            h_text = self.query(self.model.text_outputs(text))
            contrastive = self.contrastive(h_image, h_text, self._keys(index, h_image, h_text))
            ranking = self.ranking(h_image, h_text)
            loss = beta * contrastive + (1 - beta) * ranking
        self.adam.zero_grad()
        loss.backward()
        clip_grad_norm_(self.model.parameters(), self.recipe.training.clip_norm)
        self.adam.step()
        self._move_table(index, h_image, h_text)
        with torch.no_grad():
            agreement = (sign(h_image) == sign(h_text)).float().mean()
            gap = (h_image.abs().sum(1).mean() + h_text.abs().sum(1).mean()) / (2 * math.sqrt(self.recipe.bits))
            return torch.stack([loss, contrastive, ranking, agreement, gap]).float().cpu()

    def _keys(self, index: Tensor, h_image: Tensor, h_text: Tensor) -> Keys:
        table = self.recipe.table
        if self.warming_up:
            return in_batch_keys(h_image, h_text)
        return self.bank.keys(
            index,
            n_negatives=table.n_negatives,
            negatives=table.negatives,
            mask_own=table.mask_own,
            generator=self.generator,
        )

    def _move_table(self, index: Tensor, h_image: Tensor, h_text: Tensor) -> None:
        for group in self.binary.param_groups:
            group["momentum"] = 0.0 if self.warming_up else self.recipe.table.momentum
        self.bank.observe(index, h_image, h_text)
        self.binary.step()

    @property
    def warming_up(self) -> bool:
        """Whether keys come from the batch and table rows are overwritten, as in the published code's first epochs."""
        return self.epoch < self.recipe.table.warmup_epochs

    def _batch(self, features: np.ndarray[Any, Any], rows: Tensor) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(features[rows.numpy()])).to(self.device)

    def _set_learning_rate(self, step: int) -> None:
        training = self.recipe.training
        rate = training.learning_rate
        if training.schedule == "cosine":
            rate *= 0.5 * (1 + math.cos(math.pi * step / (self.n_epochs * self.steps_per_epoch)))
        for group in self.adam.param_groups:
            group["lr"] = rate

    def _table_counts(self) -> dict[str, int]:
        state = self.binary.state[self.bank.latent]
        return {name: int(state[name]) if state else 0 for name in ("flips", "rows")}

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on."""
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "adam": self.adam.state_dict(),
            "bank": self.bank.state_dict(),
            "binary": self.binary.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another trainer of the same recipe and data stood."""
        self.epoch = state["epoch"]
        for name in ("model", "adam", "bank", "binary"):
            getattr(self, name).load_state_dict(state[name])
        self.generator.set_state(state["generator"])


def _epochs(recipe: Recipe, steps_per_epoch: int) -> int:
    if recipe.training.epochs != "auto":
        return recipe.training.epochs
    return max(AUTO_EPOCHS, math.ceil(AUTO_STEPS / steps_per_epoch))


def _build_model(recipe: Recipe, pairs: Pairs) -> HashModel:
    sizes = recipe.model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = HashModel(
            FeatureScaler.fit(pairs.image, recipe.features.image_scaling, name=pairs.array_name("image")),
            FeatureScaler.fit(pairs.text, recipe.features.text_scaling, name=pairs.array_name("text")),
            HashTower(pairs.image.shape[1], recipe.bits, width=sizes.width, n_layers=sizes.image_layers),
            HashTower(pairs.text.shape[1], recipe.bits, width=sizes.width, n_layers=sizes.text_layers),
        )
    model.recipe = recipe.to_toml()
    return model
