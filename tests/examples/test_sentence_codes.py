"""Codes under sentence-transformers' trainer: figures as printed, and without the marked lines the model without."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sentence_transformers", reason="pip install 'ucch[sentence]'")
pytest.importorskip("datasets", reason="pip install 'ucch[sentence]'")
from examples import sentence_codes

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")


def test_a_tie_counts_by_its_chance() -> None:
    codes = {"anchor": np.array([[0], [255]], np.uint8), "positive": np.array([[1], [15]], np.uint8)}
    assert sentence_codes.code_recall(codes) == 1.0
    assert sentence_codes.code_recall({**codes, "positive": np.array([[1], [2]], np.uint8)}) == pytest.approx(0.5)


def test_the_docstring_shows_what_the_file_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = sentence_codes.compare
    found: dict[str, float] = {}
    monkeypatch.setattr(
        sentence_codes, "compare", lambda **options: found.update(made := compare(n_train=300, **options)) or made
    )
    monkeypatch.setattr("sys.argv", ["sentence_codes", "--epochs", "2"])
    sentence_codes.main()
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.startswith("recall@1")]
    shown = [line.strip() for line in str(sentence_codes.__doc__).splitlines() if line.startswith("    recall@1")]
    assert [re.sub(r"\d\.\d{3}", "", line) for line in shown] == [re.sub(r"\d\.\d{3}", "", line) for line in printed]
    assert all(value > 5 / 500 for value in found.values())  # chance is 1 / 500


def test_the_page_shows_the_figures_of_the_docstring() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "sentence_transformers.md").read_text(encoding="utf-8")
    figures = re.findall(r"recall@1, .*: +(\d\.\d{3})", str(sentence_codes.__doc__))
    assert len(figures) == 3
    assert re.findall(r"^\|.*\| (\.\d{3}|1\.000) \|$", page, re.M) == [each.removeprefix("0") for each in figures]
