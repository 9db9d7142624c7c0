"""``bop``: binary keys as parameters, flipped by their averaged gradients."""

from __future__ import annotations

from ...optim import Bop as BopOptimizer
from ...optim import CodeBank, Keys, NumberedKeys, bop_threshold, numbered_keys, observe_keys
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
        batch_size = min(recipe.training.batch_size, len(self.pairs))
        threshold = bop_threshold(
            gamma,
            batch_size=batch_size,
            temperature=recipe.loss.temperature,
            n_bits=recipe.bits,
            scale=recipe.bop.scale,
        )
        return BopOptimizer(self.bank.parameters(), gamma=gamma, threshold=threshold)

    def keys(self, batch: Batch) -> Keys:
        if self.warming_up:
            return super().keys(batch)
        table = self.recipe.table
        return numbered_keys(
            self.bank,
            batch.index,
            n_negatives=table.n_negatives,
            negatives=table.negatives,
            mask_own=table.mask_own,
            generator=self.generator,
        )

    def update(self, batch: Batch, keys: Keys) -> None:
        if isinstance(keys, NumberedKeys):
            queries = (batch.h_image, batch.h_text)
            observe_keys(self.bank.latent, keys, queries, temperature=self.recipe.loss.temperature)
            self.optimizer.step()
        else:
            self.optimizer.overwrite(self.bank.latent, batch.index, *self.views(batch))
