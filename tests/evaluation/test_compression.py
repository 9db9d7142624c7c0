"""The uncompressed reference against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.kit import made_codes
from ucch.codes import hamming_distance, pack
from ucch.errors import DataError
from ucch.evaluation.compression import compression_cost


@pytest.fixture
def sides() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    (query, query_label), (database, database_label) = made_codes(15, 16, 0), made_codes(40, 16, 1)
    features = [bits + rng.normal(0, 0.4, bits.shape) for bits in (query, database)]
    return features[0], features[1], pack(query), pack(database), query_label, database_label


@pytest.mark.parametrize("multi_hot", [False, True])
def test_against_loops(multi_hot: bool, sides: tuple[np.ndarray, ...]) -> None:
    query, database, query_codes, database_codes, query_label, database_label = sides
    labels = (np.eye(3)[query_label], np.eye(3)[database_label]) if multi_hot else (query_label, database_label)
    cost = compression_cost(query, database, query_codes, database_codes, *labels, 16)
    precisions, kept = [], {10: [], 100: []}
    distance = hamming_distance(query_codes, database_codes)
    for i, q in enumerate(query):
        cosine = [float(q @ d / np.linalg.norm(q) / np.linalg.norm(d)) for d in database]
        order = sorted(range(40), key=lambda j: -cosine[j])
        hits = [query_label[i] == database_label[j] for j in order]
        found = [sum(hits[: r + 1]) / (r + 1) for r in range(40) if hits[r]]
        precisions.append(np.mean(found))
        for n, shares in kept.items():
            for j in order[:10]:
                nearer = int(np.sum(distance[i] < distance[i, j]))
                tied = int(np.sum(distance[i] == distance[i, j]))
                shares.append(min(max(n - nearer, 0), tied) / tied)
    assert cost["feature_map"] == pytest.approx(np.mean(precisions), abs=1e-6)
    assert cost["top10_in"] == pytest.approx({"10": np.mean(kept[10]), "100": np.mean(kept[100])})


def test_features_that_do_not_fit_are_refused(sides: tuple[np.ndarray, ...]) -> None:
    query, database, *rest = sides
    with pytest.raises(DataError, match=r"query features must have one row per row of query codes, got \(14, 16\)"):
        compression_cost(query[:-1], database, *rest, 16)
    with pytest.raises(DataError, match=r"must be equally wide, got \(15, 8\) and \(40, 16\)"):
        compression_cost(query[:, :8], database, *rest, 16)
    database[3, 2] = np.nan
    with pytest.raises(DataError, match="database features must be finite, but row 3 is not"):
        compression_cost(query, database, *rest, 16)
