"""``neighbors``: the features' own neighbours as soft targets, so that codes keep what the features know."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ...baselines import share_space
from ...binarize import straight_through
from ...data import Items
from ...losses.soft_costs import soft_costs
from ...models import HashModel, HashTower, ResidualTower
from ...recipe.recipe import Recipe
from ...without_waiting import sent
from ..closed_form import closed_form_towers, sampled_features, start_features
from ..nested import nested_lengths
from ..strategies import Batch, Strategy
from .objective import Objective

__all__ = ["NeighborsObjective", "neighbor_temperature"]

_SAMPLE = 512


class NeighborsObjective(Objective):
    """Cross-entropy from the features' similarities to those of the codes, among all items of a batch.

    With B items of V views there are V B rows, each an anchor and a key. The target of an anchor is
    ``(1 - a) softmax(cos(x_i, x_j) / t) + a [j is a partner of i] / (V - 1)`` over all rows but itself, a = 0 where
    there is one view, its prediction
    ``softmax(s cos(b_i, b_j))`` of the codes b = sign(u), whose gradient passes the sign as that of tanh(u / m), with m
    the mean size of the outputs at the start; the scale s is learnt. Features are centred by their own view's mean;
    where the views share no space, an anchor compares items by its own view. Noise is added to the features
    anew in every step, before towers and targets see them: some thousand pairs are few for d x D weights. The
    temperature t is the one at which targets among 512 items spread over ``neighbors.n_alike`` of them on average
    (:func:`neighbor_temperature`).

    Towers start in closed form (:func:`~ucch.training.closed_form.closed_form_towers`) unless ``model.start`` is
    random, with ``neighbors.hidden_width`` hidden units beside the linear map that start without a say
    (:class:`~ucch.models.ResidualTower`); in a shared space all views go through one tower. Both sides of a
    comparison are live outputs, not rows of the code table: constants as keys kept less (docs/goals.md). The table
    follows as ever. Cost of a step O(B^2 (d + D)).

    With ``model.nested`` every length of :func:`~ucch.training.nested.nested_lengths` is trained: the anchors of a step
    are shared out among the lengths at random, and an anchor is compared by that many first bits, with a scale of the
    length's own. A step costs no more than that of the whole code alone.

    With ``earlier``, the model of an earlier run, its towers are the start; they are one tower where they are equal.

    Note:
        **Ours.** Soft targets from features are those of similarity-preserving hashing and of t-SNE.
    """

    def __init__(
        self, recipe: Recipe, pairs: Items, *, generator: torch.Generator, earlier: HashModel | None = None
    ) -> None:
        super().__init__(recipe, pairs, generator=generator)
        self.settings = recipe.neighbors.settled(recipe.bits, recipe.goal, nested=recipe.model.nested)
        sampled = sampled_features(recipe, pairs)
        if earlier is None:
            self.shared = share_space(*(rows.numpy() for rows in sampled))
            start = start_features(recipe, pairs, sampled, shared=self.shared)
            self.linear = self._started(start)  # a tuple, so that it is no part of what trains
        else:
            towers = copy.deepcopy(tuple(earlier.towers().values()))
            self.shared = all(_equal(towers[0], other) for other in towers[1:])
            self.linear = (towers[0],) * len(towers) if self.shared else towers
        with torch.no_grad():
            outputs = [tower(rows[:_SAMPLE]) for tower, rows in zip(self.linear, sampled, strict=True)]
        self.size = max(float(torch.cat(outputs).abs().mean()), 1e-12)
        self._towers = self._widened(self.linear)
        # numbers from here on: nothing is left to "auto"
        self.temperature = neighbor_temperature(sampled[0][:_SAMPLE], float(self.settings.n_alike))
        self.partner_share = float(self.settings.partner_share) if len(sampled) > 1 else 0.0
        self.lengths = nested_lengths(recipe.bits) if recipe.model.nested else (recipe.bits,)
        self.log_scale = nn.Parameter(torch.full((len(self.lengths),), math.log(self.settings.first_scale)))

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        return True

    def towers(self) -> tuple[HashTower, ...]:
        return self._towers

    def _started(self, views: Sequence[Tensor]) -> tuple[HashTower, ...]:
        """The linear maps to begin with, one for all views in a shared space."""
        recipe = self.recipe
        if recipe.model.start == "closed-form":
            towers = closed_form_towers(views, recipe.bits, shared=self.shared, seed=recipe.seed)
        else:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(recipe.seed)
                towers = tuple(HashTower(rows.shape[1], recipe.bits, n_layers=1) for rows in views)
        return (towers[0],) * len(towers) if self.shared else towers

    def _widened(self, linear: Sequence[HashTower]) -> tuple[HashTower, ...]:
        """Hidden units beside them."""
        width = int(self.settings.hidden_width)
        if isinstance(linear[0], ResidualTower):  # of an earlier run
            return copy.deepcopy(tuple(linear))
        if not width:
            return tuple(linear)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.recipe.seed)
            few = linear[:1] if self.shared else linear
            wide = tuple(ResidualTower.around(tower, width=width, gain=self.size / 2) for tower in few)
        return wide * len(linear) if self.shared else wide

    @torch.no_grad()
    def inputs(self, *views: Tensor) -> tuple[Tensor, ...]:
        """Unit rows with noise of length ``neighbors.noise``, drawn by the run's generator; targets are of these."""
        self._seen = tuple(self._noisy(rows) for rows in views)
        return self._seen

    def _noisy(self, rows: Tensor) -> Tensor:
        length, rows = float(self.settings.noise), normalize(rows.float(), dim=1)
        if length == 0:
            return rows
        drawn = sent(torch.randn(rows.shape, generator=self.generator), rows.device)
        return normalize(drawn.mul_(length / math.sqrt(rows.shape[1])).add_(rows), dim=1)

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        with torch.no_grad():
            target = self.target(*self._seen, seen=batch.seen)
        u = torch.cat(list(batch.u.values())).float() / self.size
        codes, n_items = straight_through(u, form="soft"), len(u)
        cost = codes.new_zeros(())
        present = None if batch.seen is None else torch.cat([batch.seen[name] for name in batch.u])
        for rows, length, scale in zip(self._shared_out(n_items), self.lengths, self.log_scale.exp(), strict=False):
            rows = sent(rows, codes.device)
            logits = scale / length * codes[rows, :length] @ codes[:, :length].T
            if present is None:
                cost = cost + soft_costs(logits, target, rows).sum() / n_items
                continue
            own = rows[:, None] == torch.arange(n_items, device=codes.device)
            total = torch.logsumexp(logits.masked_fill(own | ~present, -1e9), dim=1)
            costs = (total - (target[rows] * logits).sum(dim=1)) * present[rows]
            cost = cost + costs.sum() / present.sum().clamp(min=1)
        return cost

    def _shared_out(self, n_items: int) -> tuple[Tensor, ...]:
        """Rows of the anchors of each length; nothing is drawn where there is one length."""
        if len(self.lengths) == 1:
            return (torch.arange(n_items),)
        return torch.randperm(n_items, generator=self.generator).chunk(len(self.lengths))

    def target(self, *views: Tensor, seen: Mapping[str, Tensor] | None = None) -> Tensor:
        """Soft targets of scaled features (B, d) of V views among all their rows, view after view: (V B, V B).

        Where items of two views lack one, by ``seen``, nothing is shared out to it, and who has no partner gives it no
        share.
        """
        units, n_views = [normalize(rows, dim=1) for rows in views], len(views)
        if self.shared:
            rows = torch.cat(units)
            likeness = rows @ rows.T
        else:
            likeness = torch.cat([(unit @ unit.T).repeat(1, n_views) for unit in units])
        likeness = likeness.fill_diagonal_(float("-inf"))
        # diagonals on which partners stand
        by_partner = [shift * len(units[0]) for shift in range(1 - n_views, n_views) if shift]
        if not self.shared:
            for diagonal in by_partner:
                likeness.diagonal(diagonal).fill_(float("-inf"))  # it would be like itself
        if seen is not None:
            return self._target_of_present(likeness, seen["image"], seen["text"])
        target = torch.softmax(likeness.div_(self.temperature), dim=1).mul_(1 - self.partner_share)
        for diagonal in by_partner:
            target.diagonal(diagonal).add_(self.partner_share / (n_views - 1))
        return target

    def _target_of_present(self, likeness: Tensor, image: Tensor, text: Tensor) -> Tensor:
        """As :meth:`target`, of likenesses (2 B, 2 B) whose rows and columns stand for items that may be missing."""
        n = len(image)
        unknown = ~torch.cat([image, text]).repeat(2 * n, 1)
        if not self.shared:  # an image knows its likeness to the images of others, a text to the texts
            unknown[:n] |= ~image.repeat(2)
            unknown[n:] |= ~text.repeat(2)
        target = torch.softmax((likeness / self.temperature).masked_fill(unknown, -1e9), dim=1).masked_fill(unknown, 0)
        share = self.partner_share * (image & text).to(target.dtype)
        target = target * (1 - share.repeat(2))[:, None]
        for diagonal in (n, -n):
            target.diagonal(diagonal).add_(share)
        return target


def _equal(one: HashTower, other: HashTower) -> bool:
    """Whether two towers are one: their layers hold the same numbers."""
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def neighbor_temperature(features: Tensor, n_alike: float) -> float:
    """The temperature at which soft neighbours spread over ``n_alike`` items on average.

    Args:
        features: (n, d) of a sample, as the towers see them.
        n_alike: mean perplexity of ``softmax(cos / t)`` over the others, the exponential of the mean entropy; at most
            half of the others is taken.

    Returns:
        t in [1e-3, 10], by bisection. O(n^2 (d + 40)).
    """
    rows = normalize(features, dim=1)
    likeness = (rows @ rows.T).fill_diagonal_(float("-inf"))
    wanted = math.log(min(n_alike, max(1.0, (len(rows) - 1) / 2)))
    low, high = math.log(1e-3), math.log(10.0)
    for _ in range(40):
        middle = (low + high) / 2
        share = torch.softmax(likeness / math.exp(middle), dim=1)
        entropy = float(torch.special.entr(share).sum(dim=1).mean())
        low, high = (middle, high) if entropy < wanted else (low, middle)
    return math.exp((low + high) / 2)
