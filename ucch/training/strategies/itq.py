"""``itq``: one rotation of all views towards their codes, every epoch or once at the end."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models import HashModel
from ...optim import ItqRotation
from .outputs import pair_outputs
from .rotation import Rotation
from .strategy import Batch, needed

__all__ = ["Itq", "fold_itq"]


class Itq(Rotation):
    """As ``rotation``, but table rows take in the rotated outputs themselves.

    With ``at = "end"`` training has continuous keys and no rotation, and :func:`fold_itq` finds one for the trained
    outputs. Either way the rotation ends in the last layers of all towers.
    """

    section = "itq"
    stand_in = ""
    placements = ("replicated",)

    def make_query(self) -> torch.nn.Module:
        self.binarize = self.recipe.itq.at == "epoch"
        if not self.binarize:
            needed(self.pairs, "optimizer itq with itq.at=end")
        query = super().make_query()
        if not self.binarize:
            self.rotation.matrix.copy_(torch.eye(self.recipe.bits))
        return query

    @property
    def n_iterations(self) -> int:
        return self.recipe.itq.n_iterations

    @property
    def weighs(self) -> bool:
        return False

    @classmethod
    def takes_one_sided(cls) -> bool:
        return False

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(self.rotation(outputs) for outputs in batch.u.values())

    def epoch_end(self) -> None:
        if self.binarize:
            super().epoch_end()

    def fold(self, model: HashModel) -> None:
        if self.binarize:
            super().fold(model)
        else:
            fold_itq(model, *pair_outputs(model, needed(self.pairs, "itq.at=end")), n_iterations=self.n_iterations)


@torch.no_grad()
def fold_itq(model: HashModel, *u: Tensor, n_iterations: int = 50) -> None:
    """Rotate the outputs of a trained model so that taking signs loses least.

    One rotation is fitted to the outputs of all views, each centred; centring and rotation go into the last
    layers, so that the codes are again the signs of the outputs.

    Args:
        model: changed in place.
        u: (N, D) outputs of its training items, of each view.
        n_iterations: of the fit.
    """
    start = torch.Generator().manual_seed(0)
    rotation = ItqRotation(model.n_bits, n_iterations=n_iterations, generator=start).to(u[0].device)
    centres = [outputs.mean(dim=0) for outputs in u]
    rotation.fit(rotation(torch.cat([outputs - centre for outputs, centre in zip(u, centres, strict=True)])))
    for tower, centre in zip(model.towers().values(), centres, strict=True):
        tower.shift_outputs(-centre)
        tower.rotate_outputs(rotation.matrix)
