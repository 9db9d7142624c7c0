"""``rotation``: momentum on queries that one rotation of all views has turned towards their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...collectives import World
from ...models import HashModel
from ...optim import ItqRotation
from ...optim.table_rows import decode_rows, piece_sizes
from .strategy import Batch, Stateful, Strategy
from .view_weights import view_weights

__all__ = ["Rotation"]

_FITTED = 1 << 16  # rows of the table that a rotation is fitted to


class Rotation(Strategy):
    """As ``momentum``, on outputs rotated before the tanh; the rotation is fitted to the table after every epoch.

    With C the rotation fitted to the rows less their mean (:func:`~ucch.optim.itq_rotation`, from the identity on), the
    rotation R becomes R C and a row v becomes unit(v C), so that cosines of rows, and of outputs, stay. R starts at
    random, or, where towers start in closed form, at the identity: those are rotated already. It is the same for all
    views and ends in the last layers of their towers. At most 65,536 rows are looked at, evenly spaced; of a table cut
    by rows each process looks at its own, and sums of (D, D) travel.

    With ``rotation.weights = "neighbors"`` rows follow most the views whose codes neighbours in their features tell
    (:func:`~ucch.training.strategies.view_weights.view_weights`), among those of the batch, which several processes
    gather; with ``"equal"``, for one view, and where a tower is not given floating-point rows, they follow all alike.

    Where nothing can be folded into the towers - a loss that reads outputs, as that of the goals which keep neighbours
    or partners; towers of somebody else's that go on as they are - ``momentum`` stands in.

    Note:
        **Ours.** ITQ fits one rotation, once, to features; UCCH has none, and weighs views alike. Rows take in
        queries, as in UCCH, where ``itq`` has them take in rotated outputs.

    Reference:
        Gong et al., "Iterative Quantization: A Procrustean Approach to Learning Binary Codes for Large-scale Image
        Retrieval", IEEE TPAMI 35(12), 2013; Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI
        45(3), 2023.
    """

    section = "rotation"
    stand_in = "momentum"

    def make_query(self) -> torch.nn.Module:
        rotation = ItqRotation(self.recipe.bits, n_iterations=self.n_iterations, generator=self.generator)
        if self.recipe.model.start == "closed-form":
            rotation.matrix.copy_(torch.eye(self.recipe.bits))
        rotation.matrix.copy_(self.world.spread(rotation.matrix))
        self.rotation = rotation.to(self.bank.latent.device)
        return super().make_query()

    @property
    def n_iterations(self) -> int:
        """Turns of one fit, at most."""
        return self.recipe.rotation.n_iterations

    @classmethod
    def takes_one_sided(cls) -> bool:
        return True  # what is replaced here looks at each output, or each row of the table, by itself

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        return super().activate(*(self.rotation(outputs) for outputs in u))

    @property
    def weighs(self) -> bool:
        """Whether views that say more of their codes count more."""
        return self.recipe.rotation.weights == "neighbors"

    def weigh(self, batch: Batch, inputs: Mapping[str, Any]) -> Mapping[str, Tensor] | None:
        if not self.weighs or len(inputs) < 2 or not all(map(_is_rows, inputs.values())):
            return None
        sizes = self.world.sizes(len(batch.whole))
        features, h = (
            {name: self.world.gather(part[name].detach(), sizes) for name in inputs} for part in (inputs, batch.h)
        )
        return view_weights(features, h, batch.seen)

    def levelled(self, name: str, u: Tensor) -> Tensor:
        return self.rotation(u)  # type: ignore[no-any-return]

    @torch.no_grad()
    def epoch_end(self) -> None:
        table, world = self.bank.latent.detach(), self.world if self.sharded else World()
        every = -(-len(table) * world.size // _FITTED)
        change = self.rotation.fit(decode_rows(table[::every]), world=world)
        first = 0
        for size in piece_sizes(*table.shape):
            self._turn(slice(first, first + size), change)
            first += size

    def _turn(self, rows: slice, change: Tensor) -> None:
        """Rotate some rows of the table; a bit that flips counts, a row that turns with all is not one that moved."""
        table = self.bank.latent
        old = decode_rows(table[rows])
        new = old @ change
        if self.recipe.table.normalize:
            new = normalize(new, dim=1)
        moved = torch.zeros(len(old), dtype=torch.bool, device=old.device)
        self.optimizer.write(table, rows, new, old=old, moved=moved)

    def fold(self, model: HashModel) -> None:
        for tower in model.towers().values():
            tower.rotate_outputs(self.rotation.matrix)

    def parts(self) -> dict[str, Stateful]:
        return {**super().parts(), "rotation": self.rotation}


def _is_rows(part: Any) -> bool:
    """Whether a tower is given rows of numbers."""
    return isinstance(part, Tensor) and part.ndim == 2 and part.is_floating_point()
