"""The table in a file: two sittings on one file are one run, whatever the type of its rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from examples import mapped_table
from ucch.optim import CodeBank


@pytest.mark.parametrize(("dtype", "width"), [("float32", 4), ("bfloat16", 2), ("int8", 1)])
def test_two_sittings_on_one_file(dtype: str, width: int, tmp_path: Path) -> None:
    results = mapped_table.run(tmp_path, n_codes=500, n_bits=16, steps=3, batch_size=32, dtype=dtype)
    assert results["steps"] == 6
    assert 3 * 32 < results["rows"] <= 6 * 32
    assert 500 * 16 * width <= 1e6 * results["file_mb"] < 500 * 16 * width + 4096
    assert 0.3 < results["agreement_start"] < 0.7
    again = CodeBank.from_file(tmp_path / "table.safetensors", n_codes=500, n_bits=16)
    assert set(again.codes().float().unique().tolist()) == {-1.0, 1.0}


def test_codes_of_the_modalities_come_to_agree(tmp_path: Path) -> None:
    results = mapped_table.run(tmp_path, n_codes=300, n_bits=16, steps=40, batch_size=64)
    assert results["agreement_end"] > results["agreement_start"] + 0.1


def test_the_docstring_shows_what_the_file_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"file_mb": 1.0, "steps": 2, "rows": 3, "agreement_start": 0.5, "agreement_end": 0.9}
    monkeypatch.setattr(mapped_table, "run", lambda *_, **__: made)
    monkeypatch.setattr("sys.argv", ["mapped_table.py"])
    mapped_table.main()
    printed = capsys.readouterr().out.splitlines()
    assert mapped_table.__doc__ is not None
    shown = [line.strip() for line in mapped_table.__doc__.splitlines() if line.startswith("    ")]
    assert [re.sub(r"[\d.]+", "", line) for line in shown] == [re.sub(r"[\d.]+", "", line) for line in printed]
