"""``ucch search --benchmark`` and re-ranking as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    items, queries = rng.normal(size=(300, 16)), rng.normal(size=(9, 16))
    for name, side in (("items", items), ("queries", queries)):
        np.save(tmp_path / f"{name}.npy", side.astype(np.float32))
        np.save(tmp_path / f"{name}_codes.npy", np.packbits(side >= 0, axis=1))
    indexed = ucch(
        "index", tmp_path / "items_codes.npy", "--features", tmp_path / "items.npy", "--features-as", "float16",
        "--out", tmp_path / "it.index",
    )  # fmt: skip
    assert indexed.exit_code == 0, indexed.stderr
    return tmp_path


def test_the_picture_is_drawn_and_every_way_reported(files: Path) -> None:
    arguments = (
        "search", files / "it.index", "--codes", files / "queries_codes.npy", "--features", files / "queries.npy",
        "--item-features", files / "items.npy", "--benchmark",
    )  # fmt: skip
    ways = json.loads(ucch(*arguments, files / "trade.png", "--json").stdout)["ways"]
    assert {way["name"] for way in ways} >= {"float, exact", "codes", "codes, 100 re-ranked", "plain sign", "PQ", "OPQ"}
    assert (files / "trade.png").stat().st_size > 1000
    assert "trade.png exists; choose another name" in ucch(*arguments, files / "trade.png").stderr
    assert "recall 1.000" in ucch(*arguments, files / "again.png").stdout


def test_re_ranking_gives_the_order_of_the_features(files: Path) -> None:
    result = ucch(
        "search", files / "it.index", "--codes", files / "queries_codes.npy", "--features", files / "queries.npy",
        "--candidates", 300, "-k", 3, "--json",
    )  # fmt: skip
    items, queries = np.load(files / "items.npy"), np.load(files / "queries.npy")
    cosine = queries @ items.T / np.linalg.norm(items, axis=1)
    for query, scores in zip(json.loads(result.stdout)["queries"], cosine, strict=True):
        assert [hit["id"] for hit in query["hits"]] == np.argsort(-scores)[:3].tolist()


def test_a_benchmark_without_features_says_what_it_needs(files: Path) -> None:
    result = ucch("search", files / "it.index", "--codes", files / "queries_codes.npy", "--benchmark", files / "t.png")
    assert result.exit_code == 2
    assert "--benchmark needs --codes and --features of the queries and --item-features" in result.stderr
