"""Every table optimizer against a float64 loop, over dtypes, widths and kinds of batch."""

from __future__ import annotations

import re

import pytest

from benchmarks import table_grid


def test_every_case_agrees_and_they_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    table_grid.main()
    printed = capsys.readouterr().out
    found = re.match(r"(\d+) cases, (\d+) rows compared with a float64 loop, none differs", printed)
    assert found is not None
    cases, rows = int(found[1]), int(found[2])
    assert cases == len(table_grid.OPTIMIZERS) * len(table_grid.DTYPES) * len(table_grid.WIDTHS) * len(
        table_grid.BATCHES
    )
    assert rows > 5 * cases
    with capsys.disabled():
        print(f"\n{printed}", end="")


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_grid, "followed", lambda old, target, momentum, normalize: old)
    with pytest.raises(SystemExit, match=r"momentum, torch.float32, 1 bits, one view: off by"):
        table_grid.main()
