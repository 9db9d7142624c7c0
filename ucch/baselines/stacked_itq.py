"""ITQ of views that share a space, such as those of CLIP or of one sentence encoder, and whether they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..models import HashTower
from .baseline import Learned
from .itq import Itq, rotated_towers
from .linear_maps import product

__all__ = ["StackedItq", "own_pair_share", "share_space"]

_SAMPLE = 2000
_CLEAR = 0.8  # views of one encoder reach .97 and more; two maps that have nothing to do with each other .5


@dataclass(eq=False)
class StackedItq(Itq):
    """Rotate the principal components of all views, stacked row under row, and take signs: one map for all.

    For features that live in one space. Each view is centred by its own mean, because encoders of two modalities leave
    an offset between them that says nothing about items, and that one mean for both would turn into bits. Nothing is
    asked of pairs: :meth:`learn` takes views of different numbers of rows.

    Args:
        own_means: centre each view by its own mean; False takes one mean for both, as a program does that is handed
            the stacked rows.

    Raises:
        ValueError: in :meth:`fit`, the views differ in width.

    Reference:
        Gong et al., "Iterative Quantization: A Procrustean Approach to Learning Binary Codes for Large-scale Image
        Retrieval", IEEE TPAMI 35(12), 2013.

    Note:
        **Ours**: two views, and their means.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).normal(size=(50, 6))
        >>> StackedItq(8).fit(image, image + 0.1).encode_image(image[:2]).shape
        (2, 1)
    """

    own_means: bool = field(default=True, kw_only=True)

    def learn(self, image: Tensor, text: Tensor, generator: torch.Generator) -> Learned:
        (by_image, by_text), errors = self.learn_views((image, text), generator)
        return Learned(by_image, by_text, errors)

    def learn_views(
        self, views: Sequence[Tensor], generator: torch.Generator
    ) -> tuple[tuple[HashTower, ...], tuple[float, ...]]:
        widths = [rows.shape[1] for rows in views]
        if len(set(widths)) > 1:
            raise ValueError(
                f"views that share a space must be equally wide, got {' and '.join(map(str, widths))} columns; use"
                " Itq or CcaItq"
            )
        means = [rows.double().mean(dim=0) for rows in views]
        if not self.own_means:
            means = [torch.stack(means).sum(dim=0) / len(means)] * len(means)
        sides = [rows - mean.to(rows.dtype) for rows, mean in zip(views, means, strict=True)]
        covariance = sum(product(rows, rows) for rows in sides) / sum(map(len, views))
        _, vectors = torch.linalg.eigh(torch.as_tensor(covariance))
        vectors = vectors.flip(1)[:, : self.n_bits]
        maps = [(vectors, mean) for mean in means]
        return rotated_towers(maps, views, self.n_bits, sweeps=self.rotation_sweeps, generator=generator)


def own_pair_share(image: npt.ArrayLike, text: npt.ArrayLike) -> float:
    """Compute how often an item is nearer by cosine to its own other view than another item is.

    Each view is centred by its own mean. Over all pairs (i, j), i != j, the share with cos(x_i, y_i) > cos(x_i, y_j),
    ties counted half: 1 where the own pair always comes first, 1/2 for views that share no space.

    Args:
        image, text: (n, d), the same items; n >= 2. Cost: O(n^2 (d + log n)), so hand it a sample.
    """
    sides = [torch.from_numpy(np.array(rows, dtype=np.float32)) for rows in (image, text)]
    x, y = (normalize(rows - rows.mean(dim=0), dim=1) for rows in sides)
    cosine = x @ y.T
    own = cosine.diagonal()[:, None]
    nearer, tied = (cosine < own).sum(), (cosine == own).sum() - len(x)
    return (int(nearer) + int(tied) / 2) / (len(x) * (len(x) - 1))


def share_space(*views: npt.NDArray[np.generic]) -> bool:
    """Say, from rows of the same items and no labels, whether cosines between views mean anything.

    True where they are equally wide and, for every two of them, :func:`own_pair_share` of at most 2,000 pairs, evenly
    drawn, exceeds .8. A view by itself shares its space with itself.

    Args:
        views: (n, d) each, the same items.
    """
    if len(views) == 1:
        return True
    if len({rows.shape[1] for rows in views}) > 1 or len(views[0]) < 2:
        return False
    some = np.unique(np.linspace(0, len(views[0]) - 1, min(_SAMPLE, len(views[0]))).astype(np.int64))
    return all(own_pair_share(one[some], other[some]) > _CLEAR for one, other in combinations(views, 2))
