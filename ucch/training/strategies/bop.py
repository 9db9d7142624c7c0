"""``bop``: binary keys as parameters, flipped by their averaged gradients."""

from __future__ import annotations

from ...optim import Bop as BopOptimizer
from ...optim import CodeBank, Keys, bop_threshold, observe_keys
from .strategy import Batch, Strategy

__all__ = ["Bop"]


class Bop(Strategy):
    """Tanh queries against a table of binary keys, which the gradient of the contrastive loss flips.

    In warm-up the rows are overwritten by the signs of the outputs. Afterwards the unweighted gradient of the
    contrastive loss with respect to every key that took part, negatives included, goes into the averages.
    """

    section = "bop"
    placements = ()
    bank: CodeBank
    optimizer: BopOptimizer

    def make_optimizer(self) -> BopOptimizer:
        recipe, gamma = self.recipe, self.recipe.bop.gamma
        batch_size = min(recipe.training.batch_size, self.n_items)
        threshold = bop_threshold(
            gamma,
            batch_size=batch_size,
            temperature=recipe.loss.temperature,
            n_bits=recipe.bits,
            scale=recipe.bop.scale,
        )
        return BopOptimizer(self.bank.parameters(), gamma=gamma, threshold=threshold)

    def update(self, batch: Batch, keys: Keys) -> None:
        if keys.rows is not None:
            queries = tuple(batch.h.values())
            observe_keys(self.bank.latent, batch.index, keys, queries, temperature=self.recipe.loss.temperature)
            self.optimizer.step()
        else:
            self.optimizer.overwrite(self.bank.latent, batch.index, *self.views(batch))
