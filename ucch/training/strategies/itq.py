"""``itq``: one rotation of all views towards their codes, every epoch or once at the end."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...codes import sign
from ...models import HashModel
from ...optim import ItqRotation
from .outputs import pair_outputs
from .strategy import Batch, Stateful, Strategy, needed

__all__ = ["Itq", "fold_itq"]


class Itq(Strategy):
    """Outputs rotated before the tanh, against the signs of equally rotated table rows; refitted every epoch.

    With ``at = "end"`` training has continuous keys and no rotation, and :func:`fold_itq` finds one for the trained
    outputs. Either way the rotation ends in the last layers of all towers.
    """

    section = "itq"
    placements = ("replicated",)

    def make_query(self) -> torch.nn.Module:
        self.binarize = self.recipe.itq.at == "epoch"
        if not self.binarize:
            needed(self.pairs, "optimizer itq with itq.at=end")
        self.rotation = ItqRotation(
            self.recipe.bits, n_iterations=self.recipe.itq.n_iterations, generator=self.generator
        ).to(self.bank.latent.device)
        if not self.binarize:
            self.rotation.matrix.copy_(torch.eye(self.recipe.bits))
        return super().make_query()

    def activate(self, *u: Tensor) -> tuple[Tensor, ...]:
        return super().activate(*(self.rotation(outputs) for outputs in u))

    def levelled(self, name: str, u: Tensor) -> Tensor:
        return self.rotation(u)  # type: ignore[no-any-return]

    def views(self, batch: Batch) -> tuple[Tensor, ...]:
        return tuple(self.rotation(outputs) for outputs in batch.u.values())

    @torch.no_grad()
    def epoch_end(self) -> None:
        if not self.binarize:
            return
        table = self.bank.latent
        old = table.detach().clone()
        table.copy_(normalize(old @ self.rotation.fit(old), dim=1))
        self.optimizer.state[table]["flips"] += (sign(old) != sign(table)).sum()

    def fold(self, model: HashModel) -> None:
        if self.binarize:
            for tower in model.towers().values():
                tower.rotate_outputs(self.rotation.matrix)
        else:
            fold_itq(
                model, *pair_outputs(model, needed(self.pairs, "itq.at=end")), n_iterations=self.recipe.itq.n_iterations
            )

    def parts(self) -> dict[str, Stateful]:
        return {**super().parts(), "rotation": self.rotation}


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
