"""Pages in three languages: tables that parse, characters that are escaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.leaderboard.kit import ROWS
from ucch.leaderboard import paper_tables
from ucch.leaderboard.layout import Page, Table, layout
from ucch.leaderboard.writers import html_page, latex_page, markdown_page

PAGE = layout("Board", ROWS, n_missing=0, papers=paper_tables())


def test_markdown_has_as_many_cells_in_every_line() -> None:
    page = markdown_page(PAGE)
    for block in page.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1
    assert "| **ucch rotation** | **ucch** | **3** | **0.400** | 0.012 |" in page


def test_html_is_well_formed_and_escaped() -> None:
    page = html_page(Page("a < b & c", (), (Table("h", ("t",), ("x", "y"), (("<b>", "1"),)),), ()))
    assert "<b>" not in page
    body = re.sub(r"<meta[^>]*>", "", html_page(PAGE).replace("<!doctype html>", "")).replace("class=strong", "")
    tree = ElementTree.fromstring(body)
    assert len(tree.findall(".//table")) == 5
    assert len(tree.findall(".//section//table")) == 4
    assert "<script" not in body


def test_latex_has_as_many_cells_in_every_line_and_nothing_unescaped() -> None:
    page = latex_page(PAGE)
    for table in re.findall(r"\\begin\{tabular\}\{(l r*|lr*)\}(.*?)\\end\{tabular\}", page, re.S):
        lines = [line for line in table[1].splitlines() if line.endswith(r"\\")]
        assert {line.count("&") + 1 for line in lines} == {len(table[0])}
    assert r"wiki\_set" in page
    assert r"\textbf{ucch rotation}" in page
    assert all(ord(letter) < 128 for letter in page.replace("%", ""))
