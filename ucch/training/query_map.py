"""The query side of finished codes: a map of outputs that makes better real queries of them."""

from __future__ import annotations

import copy
import math
from itertools import permutations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..codes import sign
from ..data import Items
from ..data.image_of_text import RowNumbers
from ..losses.soft_costs import soft_costs
from ..models import HashModel
from ..recipe.recipe import Recipe
from .guarantee import Verdict, judge, what_is_kept
from .objectives.neighbors import neighbor_temperature

__all__ = ["fit_query_map", "with_query_map"]

_MOST, _SAMPLE = 10_000, 512  # items that are read, and those that decide the temperature
_KEYS, _ANCHORS = 2048, 256  # items of a step, and those among them that ask
_STEPS, _RATE, _ALIKE, _NOISE, _FIRST_SCALE = 200, 1e-3, 16.0, 1.0, 10.0


def with_query_map(
    model: HashModel, items: Items, train: RowNumbers, aside: RowNumbers, recipe: Recipe, *, shared: bool
) -> tuple[HashModel, Verdict]:
    """Give a finished model the map of :func:`fit_query_map`, unless its real queries then keep less of what is asked.

    Args:
        model: finished; it stays as it is.
        items: of the run; labels are not read.
        train: rows of those to fit it to.
        aside: rows of those that decide, by :func:`~ucch.training.guarantee.judge`.
        recipe: settled; its goal says what is asked, its seed what is drawn.
        shared: whether cosines across the views mean something.

    Returns:
        The model to hand over, whose codes are those it had, and what real queries keep: ``trained`` by the map,
        ``start`` as outputs that are not mapped.
    """
    share = float(recipe.neighbors.settled(recipe.bits, recipe.goal, nested=recipe.model.nested).partner_share)
    mapped = copy.deepcopy(model)
    mapped.query_map = fit_query_map(model, items.take(train), shared=shared, partner_share=share, seed=recipe.seed)
    by_map, plain = (what_is_kept(one, items, aside, shared=shared, real=True) for one in (mapped, model))
    verdict = judge(by_map, plain, len(aside), recipe.goal)
    return mapped if verdict.hands_over == "trained" else model, verdict


def fit_query_map(model: HashModel, items: Items, *, shared: bool, partner_share: float = 0.0, seed: int = 0) -> Tensor:
    """Fit R so that ``<u R, b>`` of outputs u and codes b orders items as their features do; codes stay as they are.

    Cross-entropy from ``(1 - a) softmax(cos(x_i, x_j) / t) + a [j = i]`` to ``softmax(s cos(u_i R, b_j))``, where item
    i of one view asks among items j of another, in all directions; in one view it asks among the others. R starts as
    the identity, by which queries are the outputs themselves; the scale s is learnt. Noise as long as the features is
    added anew in every step, before outputs and targets see them; t is the temperature at which targets among 512 items
    spread over 16 (:func:`~ucch.training.objectives.neighbors.neighbor_temperature`).

    Args:
        model: finished; it stays as it is.
        items: that it was trained on, of which at most 10,000 complete ones are read, of several captions the first.
        shared: whether cosines across the views mean something; else an item knows who is alike by its own view.
        partner_share: a, in [0, 1), of several views.
        seed: decides everything random.

    Returns:
        R, float32 (D, D). 200 steps of 256 items that ask among 2,048: for each direction
        O(256 (2,048 (d + D) + D^2)) and 256 rows through the tower.

    Note:
        **Ours.** Scores of real queries against codes are those of Gordo et al., IEEE TPAMI 36(1), 2014.
    """
    some = items.complete().spread(_MOST)
    features, codes = _features_and_codes(model, some)
    first = next(iter(features.values()))
    temperature, n_bits = neighbor_temperature(first[:_SAMPLE], _ALIKE), model.n_bits
    ways = list(permutations(features, 2)) or [(name, name) for name in features]
    share = partner_share if len(features) > 1 else 0.0
    generator = torch.Generator().manual_seed(seed)
    matrix = nn.Parameter(torch.eye(n_bits, device=first.device))
    log_scale = nn.Parameter(torch.full((), math.log(_FIRST_SCALE), device=first.device))
    adam = torch.optim.Adam([{"params": [matrix], "lr": _RATE}, {"params": [log_scale], "lr": 10 * _RATE}])
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(adam, _STEPS)
    for _ in range(_STEPS):
        keys = torch.randperm(len(some), generator=generator)[:_KEYS].to(first.device)
        asks = keys[:_ANCHORS]
        places = torch.arange(len(asks), device=first.device)
        cost = first.new_zeros(())
        for asking, answering in ways:
            alone = asking == answering
            rows = _noisy(features[asking][asks], generator)
            with torch.no_grad():
                outputs = model.tower(asking)(rows)
                alike = rows @ features[answering if shared else asking][keys].T / temperature
                target = _target(alike, share, itself=alone or not shared)
            cosines = normalize(outputs @ matrix, dim=1) @ codes[answering][keys].T / math.sqrt(n_bits)
            logits = log_scale.exp() * cosines
            if alone:
                cost = cost + soft_costs(logits, target, places).mean()
            else:
                cost = cost - (target * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
        adam.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        adam.step()
        decay.step()
    return matrix.detach()


def _target(alike: Tensor, share: float, *, itself: bool) -> Tensor:
    """Soft targets (B, M); the diagonal is the partner's, and with ``itself`` whoever asks is not alike to it."""
    if itself:
        alike = alike.fill_diagonal_(float("-inf"))
    target = torch.softmax(alike, dim=1).mul_(1 - share)
    target.diagonal().add_(share)
    return target


@torch.no_grad()
def _features_and_codes(model: HashModel, items: Items) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Unit rows (n, d) of each view as towers see them, and their codes in +-1, (n, D)."""
    device, scalers = next(model.parameters()).device, model.scalers()
    features, codes = {}, {}
    for name, rows in items.views.items():
        taken = torch.from_numpy(np.array(np.asarray(rows)[items.first_of(name)])).to(device)
        features[name] = normalize(scalers[name](taken), dim=1)
        codes[name] = sign(torch.cat([model.tower(name)(part) for part in torch.split(features[name], _KEYS)]))
    return features, codes


def _noisy(rows: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(rows.shape, generator=generator).to(rows.device)
    return normalize(rows + _NOISE / math.sqrt(rows.shape[1]) * noise, dim=1)
