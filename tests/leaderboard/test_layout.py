"""What pages say: chance, who is ahead, marks, printed rows apart."""

from __future__ import annotations

from tests.leaderboard.kit import ROWS, row
from ucch.leaderboard import paper_tables
from ucch.leaderboard.layout import layout, rows_ahead


def test_who_is_ahead_is_named_but_for_what_reads_labels() -> None:
    assert [ahead["method"] for ahead in rows_ahead(ROWS)] == ["itq"]
    assert rows_ahead(ROWS[2:]) == []
    (table,) = layout("Board", ROWS, n_missing=0, papers=[]).measured
    assert table.text == ("Chance 0.100. Split 01234567.", "Ahead of ucch rotation: itq.")
    (table,) = layout("Board", ROWS[1:3], n_missing=0, papers=[]).measured
    assert table.text[1] == "Nothing unsupervised is ahead of ucch rotation."
    assert table.strong == (0,)


def test_cells() -> None:
    (table,) = layout("Board", ROWS, n_missing=0, papers=[]).measured
    cells = [dict(zip(table.heads, cells, strict=True)) for cells in table.rows]
    assert cells[0] == {
        "method": "itq", "kind": "shallow", "seeds": "3", "MAP": "0.450", "±": "0.012", "95 %": "0.440-0.460",
        "i→t": "0.450", "t→i": "0.450", "seconds": "1.2", "bytes": "2", "model MB": "0.01", "recipe": "abcdef01",
    }  # fmt: skip
    assert (cells[2]["seeds"], cells[2]["±"]) == ("1†", "-")
    assert cells[3]["method"] == "unihash *"


def test_what_codes_keep_has_columns_where_it_was_measured() -> None:
    kept = {"recall_at_10": 0.4, "within_200": 0.9, "pair_at_1": 0.25, "pair_at_10": 0.6}
    rows = [row("itq", 0.5, kept=kept), row("cvh", 0.4, kept=None)]
    (table,) = layout("Board", rows, n_missing=0, papers=[]).measured
    assert table.heads[7:13] == ("t→i", "top 10 in 10", "in 200", "R@1", "R@10", "seconds")
    assert [words[8:12] for words in table.rows] == [("0.400", "0.900", "0.250", "0.600"), ("-",) * 4]
    assert table.text[-1].startswith("Top 10 in n: share of the ten nearest")
    assert all(len(words) == len(table.heads) for words in table.rows)


def test_without_labels_nobody_is_said_to_be_ahead() -> None:
    bare = {"map": None, "map_deviation": None, "interval": None, "image_to_text": None, "text_to_image": None}
    rows = [{**row("ucch rotation", 0.0, "ucch"), **bare, "map_chance": None}]
    (table,) = layout("Board", rows, n_missing=0, papers=[]).measured
    assert table.text == ("Chance -. Split 01234567.",)


def test_a_table_per_set_and_length_and_what_is_missing_is_said() -> None:
    page = layout("Board", [*ROWS, row("cvh", 0.2, bits=64)], n_missing=7, papers=paper_tables())
    assert [table.heading for table in page.measured] == ["wiki_set, 16 bits", "wiki_set, 64 bits"]
    assert page.text[-1] == "Not complete: 7 runs are still to be made."
    assert "Measured with ucch 0.1.0, torch 2." in page.text
    assert [table.heading.split(",")[0] for table in page.printed] == [
        "MIRFLICKR-25K", "IAPR TC-12", "NUS-WIDE", "MS-COCO",
    ]  # fmt: skip
    assert {row[0] for table in page.measured for row in table.rows}.isdisjoint({"UCCH", "CVH"})
    uch = next(row for row in page.printed[0].rows if row[0] == "UCH")
    assert uch == ("UCH", "0.654", "0.669", "0.679", "-", "0.661", "0.667", "0.668", "-")
