"""Evaluation inside anyone's loop: database chunks in, shards merged, measures out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist

from ..codes import PackedCodes
from ._cut import check_ties
from .average_precision import mean_over_queries
from .chance import chance_map
from .histograms import DistanceHistograms, QuerySide
from .ndcg import ndcg_at
from .protocol import PROTOCOLS, Protocol, mean_average_precision
from .ranking import precision_at, recall_at

__all__ = ["HammingEvaluator"]


class HammingEvaluator:
    """Gather the distance histograms of fixed queries over a database that comes in chunks.

    The whole state is one table of counts. It adds up: evaluators of two parts of a database merge, and those of the
    ranks of a process group reduce, to exactly the evaluator of the whole, in any order.

    Args:
        query_codes: packed uint8 (Q, ceil(D/8)), Q >= 1.
        query_labels: class numbers (Q,), or multi-hot (Q, C).
        n_bits: D.
        graded: also count by the number of labels shared, for NDCG.

    Raises:
        TypeError, ValueError: as :func:`~ucch.metrics.distance_histograms`.

    Note:
        Memory is ``8 Q (D+1) L`` bytes, L = 2, or with ``graded`` 1 + the most labels of a query. The order by
        database index (``ties="stable"``) is not in the state.

    Example:
        >>> codes = np.array([[0b10100000], [0b11100000], [0b00000000]], np.uint8)
        >>> evaluator = HammingEvaluator(codes[:1], [7], n_bits=3)
        >>> evaluator.update(codes[:2], [7, 2])
        >>> evaluator.update(codes[2:], [7])
        >>> round(evaluator.compute()["map"], 4)
        0.8333
    """

    def __init__(
        self, query_codes: PackedCodes, query_labels: npt.ArrayLike, n_bits: int, *, graded: bool = False
    ) -> None:
        self._queries = QuerySide(query_codes, query_labels, n_bits, graded=graded)
        self._table = self._queries.empty_table()

    def update(self, database_codes: PackedCodes, database_labels: npt.ArrayLike) -> None:
        """Count one chunk of the database; a chunk that is refused leaves the state as it was.

        Args:
            database_codes: packed uint8 (m, ceil(D/8)), any m.
            database_labels: class numbers (m,) or multi-hot (m, C), as the queries have.

        Raises:
            TypeError, ValueError: as :func:`~ucch.metrics.distance_histograms`.
        """
        chunk = self._queries.empty_table()
        self._queries.count(chunk, database_codes, database_labels)
        self._table += chunk

    def merge(self, other: HammingEvaluator) -> None:
        """Add the counts of an evaluator of the same queries over another part of the database.

        Raises:
            ValueError: ``other`` holds other queries, labels, bits or gains.
        """
        mine, theirs = self._queries, other._queries
        same = (
            mine.n_bits == theirs.n_bits
            and mine.graded == theirs.graded
            and np.array_equal(mine.codes, theirs.codes)
            and mine.labels.n_labels == theirs.labels.n_labels
            and np.array_equal(mine.labels.words, theirs.labels.words)
        )
        if not same:
            raise ValueError(
                f"other must evaluate the same queries: codes, labels, n_bits and graded; got {mine!r} and {theirs!r}"
            )
        self._table += other._table

    def reduce(self, group: dist.ProcessGroup | None = None, device: torch.device | str = "cpu") -> None:
        """Sum the counts over the ranks of a process group; every rank then holds the whole.

        Every rank evaluates the same queries over its own part of the database. Without a process group this does
        nothing. Call it once, when the rank's part is done.

        Args:
            group: default the whole world.
            device: where the sum is done; the rank's GPU under NCCL.
        """
        if not dist.is_available() or not dist.is_initialized():
            return
        counts = torch.from_numpy(self._table).to(device)
        dist.all_reduce(counts, group=group)
        self._table = counts.cpu().numpy()

    @property
    def histograms(self) -> DistanceHistograms:
        """What has been counted so far, a copy."""
        return DistanceHistograms.from_table(self._table.copy(), graded=self._queries.graded)

    def compute(self, protocol: Protocol | None = None, at: tuple[int, ...] = (1, 10, 100)) -> dict[str, float]:
        """Compute the usual means from what has been counted so far.

        Args:
            protocol: of the MAP; its ``ties`` also rule the measures at N. Default ``PROTOCOLS["ucch"]``.
            at: the N of precision, recall and, where graded, NDCG at N.

        Returns:
            ``map``, ``map_chance``, ``queries``, ``database``, and ``precision_at_N``, ``recall_at_N``,
            ``ndcg_at_N`` for each N.

        Raises:
            ValueError: nothing has been counted, or ``protocol.ties`` is ``stable``.
        """
        protocol = protocol or PROTOCOLS["ucch"]
        ties = check_ties(protocol.ties)
        histograms = self.histograms
        if histograms.n_items == 0:
            raise ValueError("nothing has been counted; call update with database codes first")
        result = {
            "map": mean_average_precision(histograms, protocol),
            "map_chance": chance_map(histograms, protocol),
            "queries": float(histograms.n_queries),
            "database": float(histograms.n_items),
        }
        for n in at:
            result[f"precision_at_{n}"] = float(precision_at(histograms, n, ties=ties).mean())
            result[f"recall_at_{n}"] = mean_over_queries(recall_at(histograms, n, ties=ties))
            if histograms.gains is not None:
                result[f"ndcg_at_{n}"] = mean_over_queries(ndcg_at(histograms, n, ties=ties))
        return result
