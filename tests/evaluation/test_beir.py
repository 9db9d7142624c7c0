"""A retrieval set measured, beside trec_eval and beside loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytrec_eval

from tests.data.test_beir import write
from tests.serving.kit import TEXT, VowelEncoder, make_run
from ucch.codes import pack, sign, unpack
from ucch.data import RetrievalSet, read_beir
from ucch.data.left_out import LeftOut
from ucch.errors import DataError
from ucch.evaluation import evaluate_beir, measure_beir

M, Q, D = 400, 30, 64
RNG = np.random.default_rng(0)
ITEMS = RNG.normal(size=(M, 24)).astype(np.float32)
ITEMS[:Q] *= 3
QUERIES = (ITEMS[:Q] + RNG.normal(size=(Q, 24)) * 2).astype(np.float32)
PLANES = RNG.normal(size=(24, D)).astype(np.float32)
CODES, OUTPUTS = pack(sign(ITEMS @ PLANES)), QUERIES @ PLANES


def made(own: bool = False) -> RetrievalSet:
    """Gains of 0 to 2 for six items of each question; questions have ids of items, or none."""
    rng = np.random.default_rng(1)
    judged = [np.sort(np.append(rng.choice(np.arange(Q, M), 5, replace=False), row)) for row in range(Q)]
    gains = [np.where(rows == row, 2, rng.integers(0, 3, 6)).astype(float) for row, rows in enumerate(judged)]
    names = [f"d{row}" for row in range(M)]
    asked = [f"d{row + Q}" if own else f"q{row}" for row in range(Q)]
    return RetrievalSet("made", "test", names, names, asked, asked, judged, gains, LeftOut())


def trec(found: RetrievalSet, scores: np.ndarray[Any, Any]) -> float:
    """The mean that pytrec-eval gives; items that are the question are taken out of the lists, as BEIR does."""
    qrels = {
        query: {found.ids[item]: int(gain) for item, gain in zip(rows, gains, strict=True)}
        for query, rows, gains in zip(found.query_ids, found.judged, found.gains, strict=True)
    }
    run = {
        query: {item: float(score) for item, score in zip(found.ids, row, strict=True) if item != query}
        for query, row in zip(found.query_ids, scores, strict=True)
    }
    measured = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)
    return float(np.mean([one["ndcg_cut_10"] for one in measured.values()]))


@pytest.mark.parametrize("own", [False, True])
def test_features_are_measured_as_trec_eval_does(own: bool) -> None:
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (QUERIES, ITEMS)]
    rows = measure_beir(made(own), ITEMS, QUERIES, CODES, OUTPUTS, D)
    assert rows["float"]["ndcg@10"] == pytest.approx(trec(made(own), unit[0] @ unit[1].T), abs=1e-6)
    assert 0.1 < rows["float"]["ndcg@10"] < 0.9


def test_codes_are_the_mean_over_orders_of_ties() -> None:
    """trec_eval breaks ties by id; small noise in the scores breaks them at random instead."""
    distances = np.unpackbits(pack(sign(OUTPUTS))[:, None] ^ CODES[None], axis=2).sum(2).astype(int)
    rng = np.random.default_rng(2)
    draws = [trec(made(), -distances + rng.random(distances.shape) * 0.5) for _ in range(200)]
    rows = measure_beir(made(), ITEMS, QUERIES, CODES, OUTPUTS, D)
    assert np.std(draws) > 0
    assert abs(rows["codes"]["ndcg@10"] - np.mean(draws)) < 4 * np.std(draws) / np.sqrt(200)
    assert rows["codes"]["kept"] == rows["codes"]["ndcg@10"] / rows["float"]["ndcg@10"]
    assert (rows["float"]["bytes"], rows["codes"]["bytes"], rows["float"]["kept"]) == (96, 8, 1.0)


def test_rescored_are_the_first_by_hamming_in_the_order_of_real_questions() -> None:
    real = OUTPUTS @ unpack(CODES, D).astype(np.float32).T
    distances = np.unpackbits(pack(sign(OUTPUTS))[:, None] ^ CODES[None], axis=2).sum(2).astype(int)
    for candidates in (10, 40, M):
        scores = np.full((Q, M), -1e9)
        for query in range(Q):
            first = np.lexsort((np.arange(M), distances[query]))[:candidates]
            scores[query, first] = real[query, first]
        rows = measure_beir(made(), ITEMS, QUERIES, CODES, OUTPUTS, D, candidates=candidates)
        assert rows["codes, rescored"]["ndcg@10"] == pytest.approx(trec(made(), scores), abs=1e-6)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure_beir(made(), ITEMS, QUERIES, CODES, OUTPUTS, D)
    monkeypatch.setattr("ucch.evaluation.beir._CELLS", 7 * M)
    parts = measure_beir(made(), ITEMS, QUERIES, CODES, OUTPUTS, D)
    for name, row in whole.items():
        assert parts[name] == pytest.approx(row, abs=1e-6)
    with pytest.raises(DataError, match="query_outputs must have 30 rows, got 29"):
        measure_beir(made(), ITEMS, QUERIES, CODES, OUTPUTS[1:], D)


def test_a_run_encodes_a_folder(tmp_path: Path) -> None:
    run, folder = make_run(tmp_path / "run"), write(tmp_path / "small")
    report = evaluate_beir(run, folder, text_encoder=TEXT)
    found, encoder, model = read_beir(folder), VowelEncoder(), run.model()
    items, queries = encoder.encode(found.texts), encoder.encode(found.queries)
    codes, outputs = model.encode_text(items), model.real_text(queries)
    assert report["rows"] == measure_beir(found, items, queries, codes, outputs, model.n_bits)
    assert (report["bits"], report["queries"], report["items"], report["judgements"]) == (model.n_bits, 2, 3, 3)
    assert (report["data"], report["split"], report["own_items"], report["left_out"]) == ("small", "test", 0, {})
