"""Sets in BEIR's layout, and what may be awkward in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data import read_beir
from ucch.errors import DataError

CORPUS = '{"_id": "d1", "title": "A", "text": "one"}\n{"_id": "d2", "text": "two"}\n{"_id": "d3", "text": "three"}\n'
QUERIES = '{"_id": "q1", "text": "first?"}\n{"_id": "q2", "text": "second?"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq2\td3\t1\nq1\td2\t2\nq1\td1\t0\n"


def write(folder: Path, corpus: str = CORPUS, queries: str = QUERIES, qrels: str = QRELS) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, text in (("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels/test.tsv", qrels)):
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def test_a_set_is_read(tmp_path: Path) -> None:
    found = read_beir(write(tmp_path / "small"))
    assert (found.name, found.split) == ("small", "test")
    assert (found.ids, found.texts) == (["d1", "d2", "d3"], ["A one", "two", "three"])
    assert (found.query_ids, found.queries) == (["q1", "q2"], ["first?", "second?"])
    assert [rows.tolist() for rows in found.judged] == [[0, 1], [2]]
    assert [gains.tolist() for gains in found.gains] == [[0.0, 2.0], [1.0]]
    assert found.left_out == {}


def test_awkward_files_are_read_alike(tmp_path: Path) -> None:
    corpus = (
        '\ufeff{"_id": 1, "title": null, "text": " one\\u2028line "}\r\n\r\n'
        '   \n{"id": "2", "title": "", "text": null, "metadata": {"a": []}}\n{"_id": "3", "title": "only a title"}'
    )
    found = read_beir(write(tmp_path / "it", corpus, '{"_id": 7, "text": "?"}\n\n', "7\t1\t1\n7\t3\t1\n"))
    assert (found.ids, found.texts) == (["1", "2", "3"], ["one\u2028line", "", "only a title"])
    assert found.query_ids == ["7"]
    assert found.judged[0].tolist() == [0, 2]


def test_what_is_not_used_is_counted(tmp_path: Path) -> None:
    corpus = CORPUS + '{"_id": "d1", "text": "again"}\n'
    queries = QUERIES + '{"_id": "q3", "text": "nobody judged it"}\n{"_id": "q1", "text": "again"}\n'
    found = read_beir(write(tmp_path / "it", corpus, queries, QRELS + "q9\td1\t1\nq1\td9\t1\nq1\td8\t1\nq1\td2\t3\n"))
    assert found.texts[0] == "A one"
    assert found.gains[0].tolist() == [0.0, 3.0]
    assert {reason: entry["count"] for reason, entry in found.left_out.to_json().items()} == {
        "items with an id that was there": 1,
        "questions with an id that was there": 1,
        "judgements of unknown questions": 1,
        "judgements of unknown items": 2,
        "judgements that a later line replaces": 1,
        "questions without judgement": 1,
    }
    assert found.left_out.to_json()["judgements of unknown items"]["first"] == ["d9", "d8"]


def test_questions_that_are_items_are_known(tmp_path: Path) -> None:
    queries = '{"_id": "d2", "text": "two"}\n{"_id": "q1", "text": "?"}\n'
    found = read_beir(write(tmp_path / "it", CORPUS, queries, "d2\td1\t1\nq1\td1\t1\n"))
    assert [rows.tolist() for rows in found.same_rows()] == [[1], []]


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"corpus": '{"_id": "a", "text": "b"}\n{"_id"'}, "corpus.jsonl, line 2: not JSON"),
        ({"corpus": "[1]\n"}, "corpus.jsonl, line 1: not JSON: an object is due, got list"),
        ({"corpus": '{"text": "b"}\n'}, "corpus.jsonl, line 1: _id must be a text or a whole number, got None"),
        ({"corpus": '{"_id": true, "text": "b"}\n'}, "_id must be a text or a whole number, got True"),
        ({"queries": '{"_id": "q1", "text": 3}\n'}, "queries.jsonl, line 1: title and text must be texts"),
        ({"corpus": "\n"}, "corpus.jsonl holds nothing; each line is to be an object with _id and text"),
        ({"qrels": "q9\td9\t1\n"}, "has no judgement of split 'test' whose question and item are there"),
    ],
)
def test_damage_is_said_with_its_place(tmp_path: Path, files: dict[str, str], text: str) -> None:
    with pytest.raises(DataError, match=text):
        read_beir(write(tmp_path / "it", **files))


def test_missing_and_foreign_files_are_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "it")
    with pytest.raises(DataError, match=r"qrels.dev.tsv does not exist; splits of .* are test$"):
        read_beir(folder, "dev")
    (folder / "queries.jsonl").write_bytes(b'{"_id": "q", "text": "\xe4"}\n')
    with pytest.raises(DataError, match=r"queries.jsonl, line 1: .* save it as UTF-8"):
        read_beir(folder)
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(DataError, match="corpus.jsonl does not exist"):
        read_beir(folder)
