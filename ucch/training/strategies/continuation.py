"""``continuation``: momentum's table, asked by a tanh that steepens over the run."""

from __future__ import annotations

from ...binarize import ContinuationQuery
from .strategy import Strategy

__all__ = ["Continuation"]


class Continuation(Strategy):
    """Queries ``tanh(s u)`` with s from 1 in the first epoch to ``last_slope`` in the last, constant within each."""

    section = "continuation"
    query: ContinuationQuery

    def make_query(self) -> ContinuationQuery:
        section = self.recipe.continuation
        return ContinuationQuery(section.last_slope, path=section.path)

    def epoch_start(self, epoch: int) -> None:
        super().epoch_start(epoch)
        self.query.advance(min(1.0, epoch / max(1, self.n_epochs - 1)))
