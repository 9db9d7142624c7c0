"""From a recipe to the parts of a training run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from .. import baselines
from ..data import FeatureScaler, Items, as_pairs
from ..errors import RecipeError
from ..losses import CrossModalRankingLoss, MaxMarginRankingLoss
from ..models import HashModel, HashTower
from ..recipe.recipe import Recipe
from .closed_form import closed_form_towers, sampled_features, start_features
from .nested import check_nested
from .objectives import OBJECTIVES, Objective
from .strategies import STRATEGIES, Strategy

__all__ = ["build_model", "build_objective", "build_ranking", "check_optimizer", "n_epochs", "strategy_of"]

AUTO_EPOCHS, AUTO_STEPS = 3, 600  # the least that ``epochs = "auto"`` trains; docs/default_study.md


def strategy_of(recipe: Recipe, objective: Objective | None = None, *, folds: bool = True) -> type[Strategy]:
    """The strategy of the optimizer that a recipe names.

    Args:
        recipe: all choices.
        objective: beside or in place of UCCH's losses.
        folds: whether thresholds and rotations may be folded into the towers. Where not, or where the objective reads
            outputs, it is the strategy that stands in for one of those that do so, where that has one.

    Example:
        >>> strategy_of(Recipe(optimizer="rotation")), strategy_of(Recipe(optimizer="rotation"), folds=False)
        (<class 'ucch.training.strategies.rotation.Rotation'>, <class 'ucch.training.strategies.momentum.Momentum'>)
    """
    own = STRATEGIES[recipe.optimizer]
    folds = folds and (objective is None or not objective.passes_queries_by(recipe))
    return own if folds or not own.stand_in else STRATEGIES[own.stand_in]


def check_optimizer(recipe: Recipe, own: type[Objective] | None = None) -> None:
    """Refuse an optimizer that folds into the towers what the objective has not seen, and untrained nested lengths.

    Args:
        recipe: all choices.
        own: objective of one's own, in place of the one that the recipe names.

    Raises:
        RecipeError: the loss of the objective reads tanh(u), and the optimizer folds a rotation or thresholds; as
            :func:`~ucch.training.nested.check_nested`.
    """
    check_nested(recipe)
    objective = own or OBJECTIVES.get(recipe.objective)
    if recipe.baseline != "none" or objective is None or not objective.passes_queries_by(recipe):
        return
    folding = [
        name for name, strategy in STRATEGIES.items() if strategy.fold is not Strategy.fold and not strategy.stand_in
    ]
    if recipe.optimizer in folding:
        name = recipe.objective if own is None else own.__name__
        raise RecipeError(
            f"optimizer of the objective {name} must not be {' or '.join(folding)}, which fold into the"
            f" towers what its loss has not seen, got {recipe.optimizer!r}; take momentum or another"
        )


def build_objective(
    recipe: Recipe, pairs: Items, generator: torch.Generator, own: type[Objective] | None = None
) -> Objective | None:
    """The objective a recipe names, or one's own, which sees no labels; None for UCCH, whose losses are the step's.

    Raises:
        RecipeError: as :func:`check_optimizer`; a choice of the objective's own.
    """
    check_optimizer(recipe, own)
    if own is not None:
        return own(recipe, pairs.without_labels(), generator=generator)
    if recipe.objective == "ucch":
        return None
    if recipe.objective != "neighbors":
        pairs = as_pairs(pairs, f"objective {recipe.objective}")
    return OBJECTIVES[recipe.objective](recipe, pairs, generator=generator)


def build_model(recipe: Recipe, pairs: Items, towers: Sequence[HashTower] | None = None) -> HashModel:
    """Fit the feature scaling, and draw the towers or start them in closed form unless they are given.

    The global generator is left as it was.
    """
    sizes = recipe.model
    if towers is None and sizes.start == "closed-form":
        sampled = sampled_features(recipe, pairs)
        shared = baselines.share_space(*(rows.numpy() for rows in sampled))
        starting = start_features(recipe, pairs, sampled, shared=shared)
        towers = closed_form_towers(starting, recipe.bits, shared=shared, seed=recipe.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        scalers = {
            name: FeatureScaler.fit(pairs.side(name), recipe.features.of(name), name=pairs.array_name(name))
            for name in pairs.names
        }
        towers = towers or [
            HashTower(rows.shape[1], recipe.bits, width=sizes.width, n_layers=sizes.layers_of(name))
            for name, rows in pairs.views.items()
        ]
        model = HashModel.of_views(scalers, dict(zip(scalers, towers, strict=True)))
    model.recipe = recipe.to_toml()
    return model


def build_ranking(recipe: Recipe) -> nn.Module:
    """The ranking loss a recipe names."""
    loss = recipe.loss
    if loss.ranking == "cross_modal":
        return CrossModalRankingLoss(loss.margin, loss.shift, loss.kappa)
    return MaxMarginRankingLoss(loss.margin)


def n_epochs(recipe: Recipe, steps_per_epoch: int) -> int:
    """Epochs of a run; ``auto`` makes at least 3 of them and at least 600 steps, or as many as keep neighbours."""
    if recipe.training.epochs != "auto":
        return recipe.training.epochs
    steps = recipe.neighbors.neighbor_steps if recipe.objective == "neighbors" else AUTO_STEPS
    return max(AUTO_EPOCHS, math.ceil(steps / steps_per_epoch))
