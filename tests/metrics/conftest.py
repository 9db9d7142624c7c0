"""Loop references: rankings written out order by order, and small random cases with many ties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

from ucch.codes import pack
from ucch.metrics import DistanceHistograms, distance_histograms

settings.register_profile("metrics", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("metrics")

Measure = Callable[[npt.NDArray[np.int64]], float]


@dataclass(frozen=True)
class Case:
    """Codes as 0/1 rows and labels as multi-hot rows; ``gains[q, i]`` counts the labels shared."""

    query_bits: npt.NDArray[np.int64]
    database_bits: npt.NDArray[np.int64]
    query_labels: npt.NDArray[np.int64]
    database_labels: npt.NDArray[np.int64]

    @property
    def n_bits(self) -> int:
        return int(self.query_bits.shape[1])

    @property
    def distances(self) -> npt.NDArray[np.int64]:
        return (self.query_bits[:, None] != self.database_bits).sum(axis=2)

    @property
    def gains(self) -> npt.NDArray[np.int64]:
        return self.query_labels @ self.database_labels.T

    def arguments(self) -> tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, int]:
        """What ``distance_histograms`` takes."""
        codes = pack(self.query_bits), pack(self.database_bits)
        labels = [side == 1 for side in (self.query_labels, self.database_labels)]  # one column of numbers is classes
        return (*codes, *labels, self.n_bits)

    def histograms(self, *, graded: bool = False) -> DistanceHistograms:
        return distance_histograms(*self.arguments(), graded=graded)

    def orders(self, query: int) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the gains of the database in every ranking that the distances of ``query`` allow."""
        distance, gain = self.distances[query], self.gains[query]
        groups = [np.flatnonzero(distance == value) for value in np.unique(distance)]
        for order in product(*(permutations(group) for group in groups)):
            yield gain[np.concatenate([np.array(part) for part in order])]

    def answers(self, query: int, measure: Measure) -> dict[str, float]:
        """Return the mean, best and worst of ``measure`` over those rankings, under the names of the tie rules."""
        values = [measure(gains) for gains in self.orders(query)]
        return {"expected": float(np.mean(values)), "optimistic": max(values), "pessimistic": min(values)}


def make_case(seed: int, *, n_queries: int = 2, n_items: int = 6, n_bits: int = 3, n_labels: int = 3) -> Case:
    """Draw a case; with few bits most items are tied."""
    generator = np.random.default_rng(seed)

    def bits(rows: int, width: int, density: float) -> npt.NDArray[np.int64]:
        return (generator.random((rows, width)) < density).astype(np.int64)

    density = float(generator.choice([0.15, 0.4, 0.7]))
    return Case(
        bits(n_queries, n_bits, 0.5),
        bits(n_items, n_bits, 0.5),
        bits(n_queries, n_labels, density),
        bits(n_items, n_labels, density),
    )


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    """The function that draws a case from a seed and sizes."""
    return make_case


@pytest.fixture(scope="session")
def assert_agrees() -> Callable[..., None]:
    """Assert that a per-query measure equals its reference, mean, best and worst over all tie orders of every query."""

    def check(
        case: Case, function: Callable[..., npt.NDArray[np.float64]], measure: Measure, **options: object
    ) -> None:
        histograms = case.histograms(graded=True)
        got = {ties: function(histograms, ties=ties, **options) for ties in ("expected", "optimistic", "pessimistic")}
        for query in range(len(case.query_bits)):
            if not case.gains[query].any():
                continue  # each measure says itself what it gives where nothing is relevant
            for ties, value in case.answers(query, measure).items():
                np.testing.assert_allclose(got[ties][query], value, rtol=0, atol=1e-13, err_msg=f"{ties} {options}")

    return check
