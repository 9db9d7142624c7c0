"""Query images that are nearly a training image, by their features alone."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ucch.data import PairedDataset, Pairs, load_digits_pairs
from ucch.data.near_rows import near_rows


def _dataset(n_train: int = 300, n_query: int = 60, width: int = 24) -> PairedDataset:
    """Features about a mean far from 0, as those of networks are."""
    rng = np.random.default_rng(0)
    image = (10 + rng.normal(size=(n_train + n_query, width))).astype(np.float32)
    text = rng.normal(size=(n_train + n_query, 3)).astype(np.float32)
    return PairedDataset("mine", Pairs(image[:n_train], text[:n_train]), Pairs(image[n_train:], text[n_train:]))


def _with_queries(dataset: PairedDataset, rows: dict[int, np.ndarray]) -> PairedDataset:
    image = dataset.query.image.copy()
    for row, features in rows.items():
        image[row] = features
    return PairedDataset(dataset.name, dataset.train, Pairs(image, dataset.query.text))


def test_rows_that_are_nearly_equal_are_counted_and_named() -> None:
    dataset = _dataset()
    noise = np.random.default_rng(1).normal(size=(4, 24)).astype(np.float32)
    planted = {5 * n: dataset.train.image[70 * n] + 0.05 * noise[n] for n in range(4)}
    found = near_rows(_with_queries(dataset, planted))
    assert (found.count, found.looked_at) == (4, 60)
    assert found.first == [(0, 0), (5, 70), (10, 140)]
    assert found.sentence().startswith(
        "4 of 60 query images looked at are nearer to a training image than a fifteenth of the usual distance (query"
        " 0 and training row 0, query 5 and training row 70, query 10 and training row 140)"
    )
    assert found.to_json()["first"] == [[0, 0], [5, 70], [10, 140]]


def test_rows_of_their_own_and_equal_rows_are_not() -> None:
    dataset = _dataset()
    assert near_rows(dataset).sentence() == ""
    assert near_rows(_with_queries(dataset, {3: dataset.train.image[9]})).count == 0
    digits = near_rows(load_digits_pairs())
    assert (digits.count, digits.looked_at) == (0, 360)


def test_distances_are_those_of_a_loop_whatever_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = _dataset()
    dataset = _with_queries(dataset, {7: dataset.train.image[299] * np.float32(1.001)})
    whole = near_rows(dataset)
    pieces = sys.modules["ucch.data.near_rows"]  # the package has the function by that name
    monkeypatch.setattr(pieces, "row_chunks", lambda rows: (slice(n, n + 7) for n in range(0, len(rows), 7)))
    assert near_rows(dataset) == whole
    train, query = dataset.train.image.astype(float), dataset.query.image.astype(float)
    mean = train.mean(axis=0)
    nearest = [
        min(
            (1 - (q - mean) @ (t - mean) / np.linalg.norm(q - mean) / np.linalg.norm(t - mean), row)
            for row, t in enumerate(train)
        )
        for q in query
    ]
    usual = np.median([distance for distance, _ in nearest])
    expected = [(row, other) for row, (distance, other) in enumerate(nearest) if distance < usual / 15]
    assert (whole.first, whole.count) == (expected, 1)


def test_many_queries_are_sampled_evenly() -> None:
    dataset = _dataset(n_train=100, n_query=2500)
    assert near_rows(dataset).looked_at == 834  # every third
