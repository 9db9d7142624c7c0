"""The plug-in example: eight lines, the numbers it shows, and the comparison it claims to make."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from examples import plug_in

SOURCE = Path(plug_in.__file__).read_text(encoding="utf-8")
NUMBER = r"0\.\d{3}"


def test_at_most_eight_lines_carry_the_mark() -> None:
    marked = [line for line in SOURCE.splitlines() if line.endswith("  # ucch")]
    assert 0 < len(marked) <= 8
    assert sum("# ucch" in line for line in SOURCE.splitlines()) == len(marked) + 1  # the docstring names the mark


def test_the_baseline_is_the_file_without_the_marked_lines() -> None:
    stripped: dict[str, Any] = {"__name__": "stripped"}
    kept = [line for line in SOURCE.splitlines() if not line.endswith("  # ucch")]
    exec(compile("\n".join(kept), "stripped", "exec", dont_inherit=True), stripped)
    x = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    without = stripped["train"](x, epochs=2, weight=0.5, seed=3)
    baseline = plug_in.train(x, epochs=2, weight=0.0, seed=3)
    for name, value in baseline.state_dict().items():
        assert torch.equal(value, without.state_dict()[name]), name


def test_runs_on_a_tiny_setting_from_one_seed() -> None:
    first, again = (plug_in.compare(epochs=1, n_train=64, seed=1) for _ in range(2))
    assert list(first) == ["map_thresholded", "map_with_ucch"]
    assert all(0 < value < 1 for value in first.values())
    assert first == again


def test_the_docstring_shows_what_the_file_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plug_in, "compare", lambda **_: {"map_thresholded": 0.1234, "map_with_ucch": 0.5678})
    monkeypatch.setattr("sys.argv", ["plug_in.py"])
    plug_in.main()
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].endswith("0.123")
    assert printed[1].endswith("0.568")
    assert plug_in.__doc__ is not None
    shown = [line.strip() for line in plug_in.__doc__.splitlines() if line.startswith("    MAP")]
    assert [re.sub(NUMBER, "", line) for line in shown] == [re.sub(NUMBER, "", line) for line in printed]
    assert all(re.search(NUMBER, line) for line in shown)
