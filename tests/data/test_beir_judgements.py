"""Lines of question, item and gain."""

from __future__ import annotations

from pathlib import Path

import pytest

from ucch.data.beir_judgements import judgements
from ucch.errors import DataError


@pytest.mark.parametrize(
    "text",
    [
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t2\n",
        "q1\td1\t1\nq1\td2\t2\n",
        "\ufeffq1\td1\t1\r\n\r\nq1\td2\t2.0\r\n",
        "q1 0 d1 1\nq1 0 d2 2",
        "q1\t0\td1\t1\n\nq1\tQ0\td2\t2\n",
        "\n\nquery-id\tcorpus-id\tscore\n q1 \t d1\t1 \nq1\td2\t2\n",
    ],
)
def test_headings_marks_blanks_and_columns_make_no_difference(tmp_path: Path, text: str) -> None:
    (tmp_path / "test.tsv").write_text(text, encoding="utf-8", newline="")
    assert list(judgements(tmp_path / "test.tsv")) == [("q1", "d1", 1.0), ("q1", "d2", 2.0)]


def test_ids_that_are_numbers_are_no_heading_and_gains_begin_at_zero(tmp_path: Path) -> None:
    (tmp_path / "test.tsv").write_text("1\t007\t-1\n2\ta b\t0\n")
    assert list(judgements(tmp_path / "test.tsv")) == [("1", "007", 0.0), ("2", "a b", 0.0)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("q1\td1\n", 1),
        ("q1\td1\t1\nq1\td2\tmuch\n", 2),
        ("q\ti\ts\nq\ti\ts\n", 2),
        ("q1\td1\tnan\nq1\td1\tnan\n", 2),
        ("a\tb\tc\td\t1\n", 1),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "test.tsv").write_text(text)
    with pytest.raises(DataError, match=f"test.tsv, line {line}: question, item and gain are due, got '"):
        list(judgements(tmp_path / "test.tsv"))
