"""Reports as rows of text."""

from __future__ import annotations

from dataclasses import asdict

from ucch.evaluation import as_csv, as_latex, comparison_rows, marked, report_rows
from ucch.metrics import PROTOCOLS

DIRECTION = {
    "map": 0.25,
    "map_interval": [0.2, 0.3],
    "precision_at": {"1": 0.5, "10": 0.4},
    "recall_at": {"1": 0.125},
}
DEFAULT, OTHER = (asdict(protocol) for protocol in (PROTOCOLS["ucch"], PROTOCOLS["djsrh"]))
REPORT = {
    "map_mean": 0.25,
    "map_chance": 0.1,
    "protocol": DEFAULT,
    "image_to_text": DIRECTION,
    "text_to_image": DIRECTION,
}


def test_a_row_per_direction_mean_and_chance() -> None:
    assert report_rows(REPORT) == [
        ["", "MAP", "95 %", "P@1", "P@10", "R@1"],
        ["image to text", "0.250", "0.200-0.300", "0.500", "0.400", "0.125"],
        ["text to image", "0.250", "0.200-0.300", "0.500", "0.400", "0.125"],
        ["mean MAP@ALL", "0.250", "", "", "", ""],
        ["chance MAP@ALL", "0.100", "", "", "", ""],
    ]


def test_one_direction_has_no_mean_and_no_labels_no_map() -> None:
    one = {
        "map_mean": 0.25,
        "map_chance": 0.1,
        "protocol": OTHER,
        "query_to_database": {**DIRECTION, "map_interval": None, "recall_at": {}},
    }
    assert report_rows(one)[1:] == [
        ["query to database", "0.250", "-", "0.500", "0.400"],
        ["chance MAP@50, zero, retrieved", "0.100", "", "", ""],
    ]
    bare = {"map_mean": None, "map_chance": None, "image_to_text": {"recall_at": {"1": 0.5}}}
    assert report_rows(bare) == [["", "R@1"], ["image to text", "0.500"]]


def test_csv_and_latex() -> None:
    rows = [["", "95 %"], ["a_b", "0.1"]]
    assert as_csv(rows) == ",95 %\na_b,0.1\n"
    assert as_latex(rows).splitlines() == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r" & 95 \% \\",
        r"\midrule",
        r"a\_b & 0.1 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_comparison() -> None:
    figures = {"difference": -0.0123, "interval": [-0.02, 0.001], "p_value": 0.0125}
    rows = comparison_rows([{"run": "b", "baseline": "a", "image_to_text": figures, "mean": figures}])
    assert rows[1:] == [
        ["b", "image to text", "-0.012", "-0.020 to +0.001", "0.0125"],
        ["b", "mean", "-0.012", "-0.020 to +0.001", "0.0125"],
    ]


def test_what_learnt_from_labels_is_marked() -> None:
    figures = {"difference": 0.1, "interval": [0.05, 0.15], "p_value": 0.01}
    row = {"run": "runs/a", "baseline": "runs/b", "mean": figures}
    assert comparison_rows([row])[1][0] == "a"
    assert comparison_rows([{**row, "supervised": True}])[1][0] == "a (supervised)"
    assert marked("b", supervised=False) == "b"
