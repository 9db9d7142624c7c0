"""The report page: complete, escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from tests.evaluation.kit import code_files
from ucch.evaluation import evaluate_files, html_report, write_plots


class Sources(HTMLParser):
    """Collect whatever a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_self_contained_and_tells_what_was_measured(tmp_path: Path) -> None:
    report = evaluate_files(code_files(tmp_path), n_bits=20)
    pictures = write_plots([report], ["mine"], tmp_path / "plots")
    assert [path.stem for path in pictures] == ["precision_recall", "precision_at_n", "distances", "bit_balance"]
    page = html_report([report], ["<mine>"], pictures)
    reader = Sources()
    reader.feed(page)
    assert len(reader.loaded) == 4
    assert all(source.startswith("data:image/png;base64,") for source in reader.loaded)
    assert not re.search(r"https?://|<script|@import|url\(", page)
    assert "<mine>" in reader.text
    for words in (f"{report['map_mean']:.3f}", "MAP@ALL, ties expected", report["split_digest"][:8], "dead bits none"):
        assert words in reader.text


def test_without_labels_the_split_is_named_and_no_protocol(tmp_path: Path) -> None:
    report = evaluate_files(code_files(tmp_path), n_bits=20)
    page = html_report([{**report, "classes": 0, "split_digest": "0123456789abcdef"}], ["mine"])
    assert "No labels, so no MAP. Split 01234567." in page
    assert "ties expected" not in page
