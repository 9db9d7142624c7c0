"""``ucch store`` as a user types it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from ucch.cli.main import cli

from tests.retrieval.kit import random_codes
from tests.stores import conftest as stores
from ucch.retrieval import BinaryIndex

lancedb = pytest.mark.skipif(
    importlib.util.find_spec("lancedb") is None, reason="lancedb is not installed: pip install 'ucch[store]'"
)
postgres_uri = stores.postgres_uri  # the fixture


def ucch(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def index(tmp_path: Path) -> Path:
    names = [f"p{number:02d}.jpg" for number in range(50)]
    BinaryIndex.build(random_codes(50, 16), 16, ids=names).save(tmp_path / "it.index")
    np.save(tmp_path / "queries.npy", random_codes(50, 16)[[7, 9]])
    rows = "".join(f"{name},{'odd' if number % 2 else 'even'}\n" for number, name in enumerate(names))
    (tmp_path / "it.csv").write_text(f"id,parity\n{rows}")
    return tmp_path / "it.index"


@pytest.fixture(params=[pytest.param("store", marks=lancedb), "store.usearch"])
def store(request: pytest.FixtureRequest, index: Path) -> Path:
    return index.parent / str(request.param)


def test_push_and_search_answer_as_the_index_does(index: Path, store: Path) -> None:
    queries = index.parent / "queries.npy"
    pushed = ucch("store", "push", index, "--uri", store, "--metadata", index.parent / "it.csv", "--json")
    assert json.loads(pushed.stdout) == {"uri": str(store), "name": "codes", "pushed": 50, "items": 50}
    assert (
        "50 pushed, 50 in codes"
        in ucch("store", "push", index, "--uri", store, "--metadata", index.parent / "it.csv").stdout
    )
    answer = ucch("store", "search", "--uri", store, "--codes", queries, "-k", 4, "--json")
    assert answer.stdout == ucch("search", index, "--codes", queries, "-k", 4, "--json").stdout
    odd = ucch("store", "search", "--uri", store, "--codes", queries, "--where", "parity=odd", "-k", 50, "--json")
    assert {int(hit["id"][1:3]) % 2 for hit in json.loads(odd.stdout)["queries"][0]["hits"]} == {1}


def test_a_graph_is_gone_by_where_there_is_one(index: Path, postgres_uri: str) -> None:
    queries = index.parent / "queries.npy"
    uri = postgres_uri.replace("postgres:@", "postgres:secret@")
    pushed = ucch("store", "push", index, "--uri", uri, "--name", "cli", "--hnsw", "--json")
    assert json.loads(pushed.stdout)["uri"] == uri.replace("secret", "***")
    for arguments in ((), ("--approximate",)):
        answer = ucch(
            "store", "search", "--uri", uri, "--name", "cli", "--codes", queries, "-k", 2, "--json", *arguments
        )
        nearest = [query["hits"][0] for query in json.loads(answer.stdout)["queries"]]
        assert nearest == [{"id": "p07.jpg", "distance": 0}, {"id": "p09.jpg", "distance": 0}]
    for command in (("push", index, "--hnsw"), ("search", "--codes", queries, "--approximate")):
        result = ucch("store", *command, "--uri", index.parent / "folder")
        assert result.exit_code
        assert "postgresql" in result.stderr.lower()


@lancedb
def test_wrong_use(index: Path) -> None:
    store, queries = index.parent / "store", index.parent / "queries.npy"
    (index.parent / "bad.csv").write_text("id,a\np00.jpg,1\n")
    (index.parent / "none.csv").write_text("name,a\np00.jpg,1\n")
    for arguments, code, text in (
        (("push", index, "--uri", store, "--metadata", index.parent / "bad.csv"), 1, "has no row for id 'p01.jpg'"),
        (
            ("push", index, "--uri", store, "--metadata", index.parent / "none.csv"),
            1,
            "must have a column id and others",
        ),
        (("search", "--uri", store, "--codes", queries), 1, "has no table 'codes'; ucch store push makes one"),
        (("search", "--uri", store, "--codes", queries, "--where", "parity"), 2, "--where takes COLUMN=VALUE"),
        (("search", "--uri", store), 2, "name what to search for with --text, --image or both, or with --codes"),
        (("search", "--uri", store, "--text", "a"), 2, "name it with --run"),
    ):
        result = ucch("store", *arguments)
        assert result.exit_code == code
        assert text in " ".join(result.stderr.split())
