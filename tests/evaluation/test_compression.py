"""The uncompressed reference against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.evaluation.kit import made_codes
from ucch.codes import hamming_distance, pack
from ucch.data import FeatureScaler, PairedDataset, Pairs
from ucch.errors import DataError
from ucch.evaluation import compression_of_model
from ucch.evaluation.compression import compression_cost
from ucch.evaluation.ranking import measure_pairs
from ucch.metrics import cosine_neighbors, neighbors_kept
from ucch.models import HashModel, HashTower


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
    precisions, kept = [], {10: [], 200: []}
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
    by_features, by_codes = cost["rows"]
    assert by_features["map"] == pytest.approx(np.mean(precisions), abs=1e-6)
    assert (by_features["recall_at_10"], by_features["within_200"]) == (1.0, 1.0)
    assert by_codes["recall_at_10"] == pytest.approx(np.mean(kept[10]))
    assert by_codes["within_200"] == pytest.approx(np.mean(kept[200]))
    assert (by_features["bytes"], by_codes["bytes"]) == (128, 2)
    assert (cost["queries"], cost["items"]) == (15, 40)


def one_space(n_texts: int = 1, d: int = 8, turn: bool = False) -> PairedDataset:
    """Pairs whose views are the same items with little noise; ``turn`` gives the texts another space."""
    rng = np.random.default_rng(0)
    matrix = np.linalg.qr(rng.normal(size=(d, d)))[0] if turn else np.eye(d)

    def pairs(n: int) -> Pairs:
        items = rng.normal(size=(n, d)) * np.linspace(2, 0.5, d)
        owner = np.repeat(np.arange(n), n_texts)
        image = items + 0.1 * rng.normal(size=(n, d)) + 3.0
        text = (items[owner] + 0.1 * rng.normal(size=(n * n_texts, d))) @ matrix
        return Pairs(image, text, image_of_text=owner if n_texts > 1 else None)

    return PairedDataset("made", pairs(200), pairs(40))


def lengthened(d: int, n_bits: int) -> HashModel:
    """A model whose real outputs are the centred features themselves, with nothing else in the further bits."""
    towers = [HashTower(d, n_bits, n_layers=1) for _ in range(2)]
    for tower in towers:
        for parameter in tower.parameters():
            parameter.data.zero_()
        tower.last.weight.data[:d] = torch.eye(d)
    scalers = [
        FeatureScaler.fit(rows, "center", name="rows") for rows in (one_space().train.image, one_space().train.text)
    ]
    return HashModel(*scalers, *towers).eval()


def by_name(cost: dict) -> dict:  # type: ignore[type-arg]
    return {row["name"]: row for row in cost["rows"]}


@pytest.mark.parametrize("n_texts", [1, 3])
def test_codes_of_a_shared_space_stand_beside_float_itq_and_the_closed_form(n_texts: int) -> None:
    dataset = one_space(n_texts)
    cost = compression_of_model(lengthened(8, 8), dataset)
    rows = by_name(cost)
    assert list(rows) == ["float", "codes", "codes, real query", "itq", "centred itq"]
    assert cost["neighbors"] == "across the modalities"
    assert (cost["queries"], cost["items"], cost["pair_items"], cost["fitted"]) == (40, 200, 40, 200)
    assert (rows["float"]["bytes"], rows["codes"]["bytes"], rows["itq"]["bytes"]) == (64, 1, 1)
    assert rows["float"]["pair_at_1"] > 0.9  # the views differ by little noise
    assert all(row["within_200"] == pytest.approx(1.0 if n_texts == 1 else row["within_200"]) for row in rows.values())
    assert rows["codes"]["recall_at_10"] < rows["codes, real query"]["recall_at_10"] < 1
    assert rows["centred itq"]["recall_at_10"] > rows["itq"]["recall_at_10"]  # an offset of 3 between the means


def test_figures_of_codes_are_those_of_the_metrics() -> None:
    dataset, model = one_space(), lengthened(8, 8)
    row = by_name(compression_of_model(model, dataset))["codes"]
    train, query = dataset.train, dataset.query
    image, text = query.image - train.image.mean(axis=0), query.text - train.text.mean(axis=0)
    ways = (
        (image, train.text - train.text.mean(axis=0), model.encode_image(query.image), model.encode_text(train.text)),
        (text, train.image - train.image.mean(axis=0), model.encode_text(query.text), model.encode_image(train.image)),
    )
    kept = [neighbors_kept(cosine_neighbors(asks, answers), *codes, 8).mean() for asks, answers, *codes in ways]
    assert row["recall_at_10"] == pytest.approx(np.mean(kept))
    codes = model.encode_image(query.image), model.encode_text(query.text)
    own = [measure_pairs(a, np.arange(40), b, np.arange(40), 8) for a, b in (codes, codes[::-1])]
    assert row["pair_at_10"] == pytest.approx(np.mean([way["recall_at"]["10"] for way in own]))


def test_two_spaces_are_compared_within_each_modality_and_have_no_float_pairs() -> None:
    cost = compression_of_model(lengthened(8, 8), one_space(turn=True))
    rows = by_name(cost)
    assert cost["neighbors"] == "within each modality"
    assert list(rows) == ["float", "codes", "codes, real query", "itq", "cca-itq"]
    assert rows["float"]["pair_at_1"] is None
    assert rows["cca-itq"]["pair_at_10"] > 0.8  # CCA finds the turn


def test_large_sets_are_sampled_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("QUERIES", 10), ("ITEMS", 50), ("FITTED", 70)):
        monkeypatch.setattr(f"ucch.evaluation.compression.{name}", most)
    cost = compression_of_model(lengthened(8, 8), one_space())
    assert (cost["queries"], cost["items"], cost["pair_items"], cost["fitted"]) == (10, 50, 10, 70)
    assert cost == compression_of_model(lengthened(8, 8), one_space())
    monkeypatch.setattr("ucch.evaluation.compression.WIDEST", 7)
    cost = compression_of_model(lengthened(8, 8), one_space())
    assert (cost["fitted"], list(by_name(cost))) == (None, ["float", "codes", "codes, real query"])


def test_features_that_do_not_fit_are_refused(sides: tuple[np.ndarray, ...]) -> None:
    query, database, *rest = sides
    with pytest.raises(DataError, match=r"query features must have one row per row of query codes, got \(14, 16\)"):
        compression_cost(query[:-1], database, *rest, 16)
    with pytest.raises(DataError, match=r"must be equally wide, got \(15, 8\) and \(40, 16\)"):
        compression_cost(query[:, :8], database, *rest, 16)
    database[3, 2] = np.nan
    with pytest.raises(DataError, match="database features must be finite, but row 3 is not"):
        compression_cost(query, database, *rest, 16)
