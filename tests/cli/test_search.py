"""``ucch search`` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.retrieval.kit import random_codes
from ucch.retrieval import BinaryIndex


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def index(tmp_path: Path) -> Path:
    names = [f"p{number:02d}.jpg" for number in range(50)]
    BinaryIndex.build(random_codes(50, 16), 16, ids=names).save(tmp_path / "it.index")
    np.save(tmp_path / "queries.npy", random_codes(50, 16)[[7, 9]])
    return tmp_path / "it.index"


def test_json_has_the_shape_promised(index: Path) -> None:
    result = ucch("search", index, "--codes", index.parent / "queries.npy", "-k", 3, "--json")
    answer = json.loads(result.stdout)
    assert [query["hits"][0] for query in answer["queries"]] == [
        {"id": "p07.jpg", "distance": 0},
        {"id": "p09.jpg", "distance": 0},
    ]
    assert all(len(query["hits"]) == 3 for query in answer["queries"])


def test_lines_name_query_rank_distance_and_item(index: Path) -> None:
    (index.parent / "queries.ids.txt").write_text("first\nsecond\n")
    lines = ucch("search", index, "--codes", index.parent / "queries.npy", "-k", 2).stdout.splitlines()
    assert lines[0] == "first\t1\t0\tp07.jpg"
    assert len(lines) == 4
    assert lines[2].startswith("second\t1\t0\t")


def test_only_these(index: Path) -> None:
    (index.parent / "only.txt").write_text("p01.jpg\np09.jpg\nsomewhere.jpg\n")
    result = ucch(
        "search", index, "--codes", index.parent / "queries.npy", "--only", index.parent / "only.txt", "--json"
    )
    for query in json.loads(result.stdout)["queries"]:
        assert sorted(hit["id"] for hit in query["hits"]) == ["p01.jpg", "p09.jpg"]


def test_wrong_use(index: Path) -> None:
    assert "name what to search for" in ucch("search", index).stderr
    np.save(index.parent / "wide.npy", random_codes(2, 64))
    result = ucch("search", index, "--codes", index.parent / "wide.npy")
    assert result.exit_code == 1
    assert "queries must be 2 bytes wide for 16 bits" in result.stderr
    index.write_bytes(index.read_bytes()[:-3])
    result = ucch("search", index, "--codes", index.parent / "queries.npy")
    assert result.exit_code == 1
    assert "it.index is cut off" in result.stderr
