"""The guarantee: codes are handed over only if they keep what the closed-form start keeps, on pairs set aside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ..codes import PackedCodes, unpack
from ..data import Items
from ..data.image_of_text import RowNumbers
from ..metrics import Neighbors, cosine_neighbors, neighbors_kept, neighbors_kept_by
from ..models import HashModel
from ..recipe.recipe import Recipe

__all__ = ["Kept", "Verdict", "judge", "kept_by_item", "set_aside", "what_is_kept"]

_SHARE, _FEWEST, _ENOUGH, _MOST, _GALLERY = 20, 20, 100, 1000, 4000  # pairs set aside, see set_aside; items to find


@dataclass(frozen=True)
class Kept:
    """What codes keep, on average over all directions.

    Attributes:
        neighbors: share of the float ten nearest that stand among the ten nearest by Hamming distance.
        partners: share of items whose own partner is among the ten nearest; None of one view.
    """

    neighbors: float
    partners: float | None


@dataclass(frozen=True)
class Verdict:
    """Which codes are handed over.

    Attributes:
        trained, start: what each keeps of the pairs set aside.
        n_pairs: set aside.
        hands_over: ``trained`` or ``start``.
    """

    trained: Kept
    start: Kept
    n_pairs: int
    hands_over: str

    def __str__(self) -> str:
        def said(kept: Kept) -> str:
            partners = "" if kept.partners is None else f", partners {kept.partners:.3f}"
            return f"neighbours {kept.neighbors:.3f}{partners}"

        end = "" if self.hands_over == "trained" else "; the start is handed over, since training kept less"
        what = "items" if self.trained.partners is None else "pairs"
        return f"kept on {self.n_pairs} {what} set aside: {said(self.trained)}; by the start {said(self.start)}{end}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def set_aside(recipe: Recipe, n_pairs: int) -> tuple[RowNumbers, RowNumbers]:
    """Rows to train on, and rows set aside, each in order, by the recipe's seed.

    One pair in 20 is set aside, at most 1,000; of under 2,000 pairs up to 100, at most one in ten but at least 20; of
    under 40 none.
    """
    if n_pairs < 2 * _FEWEST:
        return np.arange(n_pairs), np.arange(0)
    order = np.random.default_rng([recipe.seed, 1]).permutation(n_pairs)
    count = min(_MOST, max(_FEWEST, n_pairs // _SHARE, min(_ENOUGH, 2 * n_pairs // _SHARE)))
    return np.sort(order[count:]), np.sort(order[:count])


def what_is_kept(model: HashModel, pairs: Items, rows: RowNumbers, *, shared: bool, real: bool = False) -> Kept:
    """Ask with the pairs ``rows`` among themselves and up to 4,000 others, one view with items among those others.

    Args:
        model: to ask.
        pairs: training items; labels are not read. Of several captions the first counts.
        rows: that ask, at least one.
        shared: whether cosines across the views mean something; else neighbours are those within each.
        real: do not round who asks.

    Returns:
        What the codes keep. O(n M (d + D/64)) for n rows and M items, O(n M (d + D)) with ``real``.
    """
    others = np.setdiff1d(pairs.complete_rows, rows)
    gallery = np.concatenate([rows, others[:: max(1, -(-len(others) // _GALLERY))]])
    neighbors, partners = kept_by_item(model, pairs.take(gallery), len(rows), shared=shared, real=real)
    return Kept(float(neighbors.mean()), None if partners is None else float(partners.mean()))


def kept_by_item(
    model: HashModel, items: Items, n: int, *, shared: bool, real: bool = False
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """What codes keep of each of the first ``n`` items among all, on average over all directions.

    Args:
        model: to ask.
        items: complete ones; of several captions the first counts.
        n: items that ask, at least one; of one view the others answer, at least one.
        shared, real: as of :func:`what_is_kept`.

    Returns:
        By item, (n,): the share of its float ten nearest among the ten nearest by Hamming distance, or by real query,
        and whether its partner is among these, in expectation over ties; None of one view.
    """
    views = {name: np.asarray(features)[items.first_of(name)] for name, features in items.views.items()}
    codes = {name: model.encode(name, features) for name, features in views.items()}
    asking: dict[str, npt.NDArray[Any]] = (
        {name: model.real_query(name, features[:n]) for name, features in views.items()}
        if real
        else {name: packed[:n] for name, packed in codes.items()}
    )
    scaled = model.scalers()
    features = {name: scaled[name](torch.from_numpy(np.array(part))).numpy() for name, part in views.items()}
    if len(views) == 1:
        ((name, found),) = features.items()
        nearest = cosine_neighbors(found[:n], found[n:])
        return _kept(nearest, asking[name], codes[name][n:], model.n_bits), None
    own = np.arange(n)
    neighbors: list[npt.NDArray[np.float64]] = []
    partners: list[npt.NDArray[np.float64]] = []
    for asks, answers in permutations(views, 2):
        if shared:
            nearest = cosine_neighbors(features[asks][:n], features[answers])
        else:  # the neighbours of an item by its own modality, found across
            nearest = cosine_neighbors(features[asks][:n], features[asks], left_out=own)
        partner = Neighbors(own, own, np.ones(n), n, len(items), 1)
        for kept, near in ((neighbors, nearest), (partners, partner)):
            kept.append(_kept(near, asking[asks], codes[answers], model.n_bits))
    return np.mean(neighbors, axis=0), np.mean(partners, axis=0)


def _kept(near: Neighbors, asking: npt.NDArray[Any], codes: PackedCodes, n_bits: int) -> npt.NDArray[np.float64]:
    """The share of neighbours found in the first ten, by packed codes or by real queries that ask."""
    if asking.dtype == np.uint8:
        return neighbors_kept(near, asking, codes, n_bits)
    signs = unpack(codes, n_bits).astype(np.float32)
    return neighbors_kept_by(near, lambda rows: asking[rows] @ signs.T)


def judge(trained: Kept, start: Kept, n_pairs: int, goal: str) -> Verdict:
    """Hand trained codes over unless they keep less of what the goal asks for: neighbours, partners, or their sum."""
    asked = {"neighbors": ("neighbors",), "partners": ("partners",)}.get(goal, ("neighbors", "partners"))
    fine = sum(getattr(trained, name) for name in asked) >= sum(getattr(start, name) for name in asked)
    return Verdict(trained, start, n_pairs, "trained" if fine else "start")
