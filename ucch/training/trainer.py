"""The training loop: towers by Adam, the code table by the strategy that the recipe names."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from ..data import Pairs
from ..errors import RecipeError
from ..losses import ContrastiveHashingLoss
from ..models import HashModel
from ..optim import CodeBank
from .build import build_model, build_objective, build_ranking, n_epochs
from .epoch_stats import HEALTH, EpochStats, health
from .fine_tuning import FineTuning
from .recipe import Recipe
from .strategies import STRATEGIES, Batch

__all__ = ["EpochStats", "Trainer"]

_FIGURES = ("loss", "contrastive", "ranking", "objective", "penalty", *HEALTH)


class Trainer:
    """Train a :class:`~ucch.models.HashModel` on pairs, without labels unless ``recipe.objective`` needs them.

    Every generator is seeded from the recipe, so two trainers of one recipe, data and machine agree bit for bit, and
    one that loads another's :meth:`state_dict` goes on as that one would have.

    Args:
        recipe: all choices; ``recipe.optimizer`` names the strategy.
        pairs: training pairs; their labels are read by an objective with labels only.
        device: where to train.
        fine_tuning: the image encoder, where it trains along on the photographs of these pairs.

    Attributes:
        model: the towers as they train; :meth:`finished_model` is what encodes.
        strategy: how to train through the sign; see :class:`~ucch.training.strategies.Strategy`.
        objective: the :class:`~ucch.training.objectives.Objective`, or None where UCCH's losses are all.

    Raises:
        DataError: the objective needs labels and there are none, or none that tell rows apart.
        RecipeError: the recipe asks for fine tuning and ``fine_tuning`` is not given, or the reverse.
    """

    def __init__(
        self,
        recipe: Recipe,
        pairs: Pairs,
        *,
        device: torch.device | str = "cpu",
        fine_tuning: FineTuning | None = None,
    ) -> None:
        if recipe.fine_tuning.enabled != (fine_tuning is not None):
            raise RecipeError("fine_tuning needs the photographs: it goes with ucch train --images")
        self.recipe, self.pairs, self.device = recipe, pairs, torch.device(device)
        training = recipe.training
        self.batch_size = min(training.batch_size, len(pairs))
        self.steps_per_epoch = len(pairs) // self.batch_size
        self.n_epochs = n_epochs(recipe, self.steps_per_epoch)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.objective = build_objective(recipe, pairs, self.generator)
        self.ucch_weight = 1.0 if self.objective is None else self.objective.ucch_weight
        self.model = build_model(recipe, pairs, self.objective.towers() if self.objective else None).to(self.device)
        self.strategy = STRATEGIES[recipe.optimizer](
            recipe, pairs, n_epochs=self.n_epochs, generator=self.generator, device=self.device
        )
        if self.objective is not None:
            self.objective.to(self.device)
        parts = [self.model] if self.objective is None else [self.model, self.objective]
        self.parameters = list(dict.fromkeys(parameter for part in parts for parameter in part.parameters()))
        groups, self.learning_rates = [{"params": list(self.parameters)}], [training.learning_rate]
        self.fine_tuning = fine_tuning
        if fine_tuning is not None:
            self.parameters += fine_tuning.parameters
            groups.append({"params": fine_tuning.parameters})
            self.learning_rates.append(recipe.fine_tuning.encoder_learning_rate)
        self.adam = torch.optim.Adam(groups, lr=training.learning_rate, weight_decay=training.weight_decay, fused=True)
        self.contrastive = ContrastiveHashingLoss(recipe.loss.temperature)
        self.ranking = build_ranking(recipe)
        self.epoch = 0

    @property
    def bank(self) -> CodeBank:
        """The code table."""
        return self.strategy.bank

    def train_epoch(self, on_step: Callable[[float], None] | None = None) -> EpochStats:
        """Run the next epoch over a new permutation; the last incomplete batch is left out, as published.

        Args:
            on_step: called with the loss after each step.
        """
        start, before = time.perf_counter(), self.strategy.moved()
        self.model.train()
        self.strategy.epoch_start(self.epoch)
        order = torch.randperm(len(self.pairs), generator=self.generator)
        if self.fine_tuning is not None:
            self.fine_tuning.epoch_start(self.epoch, order[: self.steps_per_epoch * self.batch_size])
        totals = torch.zeros(len(_FIGURES))
        for step in range(self.steps_per_epoch):
            self._set_learning_rate(self.epoch * self.steps_per_epoch + step)
            rows = order[step * self.batch_size : (step + 1) * self.batch_size]
            figures = self._step(rows)
            totals += figures
            if on_step is not None:
                on_step(float(figures[0]))
        self.strategy.epoch_end()
        self.epoch += 1
        moved = {name: count - before[name] for name, count in self.strategy.moved().items()}
        return EpochStats(
            epoch=self.epoch,
            flips_per_row=moved["flips"] / max(1, moved["rows"]),
            rows_touched=moved["rows"] / len(self.pairs),
            learning_rate=self.adam.param_groups[0]["lr"],
            seconds=time.perf_counter() - start,
            **dict(zip(_FIGURES, (totals / self.steps_per_epoch).tolist(), strict=True)),
        )

    def _step(self, rows: Tensor) -> Tensor:
        image = self._image_features(rows)
        text = self._batch(self.pairs.text, self.pairs.draw_text_rows(rows, self.generator))
        beta = self.recipe.loss.beta
        half = self.recipe.training.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            u_image, u_text = self.model.image_outputs(image), self.model.text_outputs(text)
            h_image, h_text = self.strategy.activate(u_image, u_text)
            batch = Batch(rows.to(self.device), image, text, u_image, u_text, h_image, h_text)
            keys = self.strategy.keys(batch)
            contrastive = ranking = cost = batch.h_image.new_zeros(())
            if self.ucch_weight > 0:
                contrastive = self.contrastive(batch.h_image, batch.h_text, keys)
                ranking = self.ranking(batch.h_image, batch.h_text)
            if self.objective is not None:
                cost = self.objective(batch, self.strategy)
            penalty = self.strategy.penalty(batch)
            loss = self.ucch_weight * (beta * contrastive + (1 - beta) * ranking) + cost + penalty
        self.adam.zero_grad()
        torch.autograd.backward(loss)
        clip_grad_norm_(self.parameters, self.recipe.training.clip_norm)
        self.adam.step()
        self.strategy.update(batch, keys)
        figures = [loss, contrastive, ranking, cost, penalty, *health(batch.h_image, batch.h_text, keys)]
        return torch.stack([figure.detach() for figure in figures]).float().cpu()

    def finished_model(self) -> HashModel:
        """Copy the model as it stands, with what its strategy needs for encoding folded in."""
        model = copy.deepcopy(self.model).eval()
        model.text_tower = copy.deepcopy(model.text_tower)  # no layer shared any more: what is folded in may differ
        self.strategy.fold(model)
        return model

    def _image_features(self, rows: Tensor) -> Tensor:
        if self.fine_tuning is not None and self.fine_tuning.active:
            return self.fine_tuning.features(len(rows))
        return self._batch(self.pairs.image, rows)

    def _batch(self, features: np.ndarray[Any, Any], rows: Tensor) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(features[rows.numpy()])).to(self.device)

    def _set_learning_rate(self, step: int) -> None:
        training = self.recipe.training
        share = 1.0
        if training.schedule == "cosine":
            share = 0.5 * (1 + math.cos(math.pi * step / (self.n_epochs * self.steps_per_epoch)))
        for group, rate in zip(self.adam.param_groups, self.learning_rates, strict=True):
            group["lr"] = share * rate

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides how training goes on."""
        return {
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "adam": self.adam.state_dict(),
            "generator": self.generator.get_state(),
            **({} if self.objective is None else {"objective": self.objective.state_dict()}),
            **({} if self.fine_tuning is None else {"image_encoder": self.fine_tuning.state_dict()}),
            **self.strategy.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another trainer of the same recipe and data stood."""
        self.epoch = state["epoch"]
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        self.generator.set_state(state["generator"])
        if self.objective is not None:
            self.objective.load_state_dict(state["objective"])
        if self.fine_tuning is not None:
            self.fine_tuning.load_state_dict(state["image_encoder"])
        self.strategy.load_state_dict(state)
