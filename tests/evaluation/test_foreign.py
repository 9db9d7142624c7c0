"""Reports of codes from files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.kit import code_files, made_codes
from ucch.codes import pack
from ucch.errors import DataError
from ucch.evaluation import evaluate_files
from ucch.metrics import PROTOCOLS, Protocol, distance_histograms, mean_average_precision


def test_equals_the_metrics_on_the_arrays(tmp_path: Path) -> None:
    report = evaluate_files(code_files(tmp_path), n_bits=20, protocol=PROTOCOLS["djsrh"])
    (query, query_label), (database, database_label) = made_codes(30, 20, 0), made_codes(80, 20, 1)
    histograms = distance_histograms(pack(query), pack(database), query_label, database_label, 20)
    assert report["map_mean"] == mean_average_precision(histograms, PROTOCOLS["djsrh"])
    assert report["protocol"]["cutoff"] == 50
    assert (report["bits"], report["queries"], report["database"], report["bytes_per_item"]) == (20, 30, 80, 3)
    assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize("chunk_rows", [1, 13, 80])
def test_chunk_size_and_form_do_not_matter(chunk_rows: int, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    whole = evaluate_files(code_files(tmp_path), n_bits=20)
    plain = evaluate_files(code_files(tmp_path / "plain", packed=False), chunk_rows=chunk_rows)
    assert plain["query_to_database"] == whole["query_to_database"]
    assert plain["split_digest"] == whole["split_digest"]


def test_stable_ties_work_on_files(tmp_path: Path) -> None:
    stable = evaluate_files(code_files(tmp_path), n_bits=20, protocol=Protocol(ties="stable"))
    best = evaluate_files(code_files(tmp_path), n_bits=20, protocol=Protocol(ties="optimistic"))
    worst = evaluate_files(code_files(tmp_path), n_bits=20, protocol=Protocol(ties="pessimistic"))
    assert worst["map_mean"] < stable["map_mean"] < best["map_mean"]


def test_features_tell_what_compression_cost(tmp_path: Path) -> None:
    files = code_files(tmp_path, 16)  # +-1 / sqrt 16 is exact: equal cosines stay equal
    for side, seed in (("query", 0), ("database", 1)):
        bits = made_codes(30 if side == "query" else 80, 16, seed)[0]
        np.save(tmp_path / f"{side}_features.npy", 2.0 * bits - 1)  # the codes themselves: nothing is lost
    files = dataclasses.replace(
        files,
        query_features=tmp_path / "query_features.npy",
        database_features=tmp_path / "database_features.npy",
    )
    cost = evaluate_files(files, n_bits=16)["compression"]
    stable = evaluate_files(files, n_bits=16, protocol=Protocol(ties="stable"))["map_mean"]
    by_features, by_codes = cost["rows"]
    assert by_features["map"] == pytest.approx(stable)
    assert by_codes["map"] == evaluate_files(files, n_bits=16)["map_mean"]
    assert by_codes["within_200"] == 1.0
    # the same ties on both sides, so only those at the tenth place are lost
    assert by_codes["recall_at_10"] > 0.8
    assert (by_features["bytes"], by_codes["bytes"]) == (128, 2)
    with pytest.raises(DataError, match="needs both --query-features and --database-features, got one"):
        evaluate_files(dataclasses.replace(files, query_features=None), n_bits=16)


def rewrite(path: Path, change) -> None:  # type: ignore[no-untyped-def]
    array = np.load(path)
    np.save(path, change(array))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "query_labels",
            lambda a: a[:-1],
            "one row per item, got 29 in .*query_labels.npy and 30 in .*query_codes.npy",
        ),
        (
            "database_labels",
            lambda a: np.eye(3)[a],
            r"labels must all be .*, got shapes .*query_labels.npy \(30,\), .*database_labels.npy \(80, 3\)",
        ),
        ("query_codes", lambda a: a[:, :2], "query codes .* is 2 bytes wide, but 20 bits packed are 3 bytes"),
        ("query_labels", lambda a: a[None, None], r"query_labels.npy must be classes .*, got shape \(1, 1, 30\)"),
    ],
)
def test_sides_that_disagree_are_both_named(name, change, message, tmp_path) -> None:  # type: ignore[no-untyped-def]
    files = code_files(tmp_path)
    rewrite(getattr(files, name), change)
    with pytest.raises(DataError, match=message):
        evaluate_files(files, n_bits=20)


def test_codes_of_two_lengths_are_refused(tmp_path: Path) -> None:
    files = code_files(tmp_path, packed=False)
    rewrite(files.query_codes, lambda a: a[:, :16])
    with pytest.raises(DataError, match="one length, got 16 bits in .*query_codes.npy and 20 in .*database_codes.npy"):
        evaluate_files(files)


def test_queries_inside_the_database_are_refused_unless_asked_for(tmp_path: Path) -> None:
    files = code_files(tmp_path)
    first = np.load(files.database_codes)[:30]
    np.save(files.query_codes, first)
    with pytest.raises(DataError, match="are the first rows of the database .* --allow-overlap"):
        evaluate_files(files, n_bits=20)
    assert evaluate_files(files, n_bits=20, allow_overlap=True)["queries"] == 30
