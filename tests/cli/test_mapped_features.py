"""Features in mapped files are read a piece at a time, from the first look at them to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from ucch.cli.main import cli

from ucch.data import arrays, row_parts
from ucch.evaluation import compression

N, WIDTH, PIECE, SAMPLE = 9000, 12, 4096, 2000


def folder(root: Path) -> Path:
    """Pairs of five groups in float16, as clip-retrieval leaves them."""
    rng = np.random.default_rng(0)
    group = rng.integers(5, size=N)
    for kind in ("img_emb", "text_emb"):
        (root / kind).mkdir(parents=True)
        rows = rng.normal(size=(5, WIDTH))[group] + 0.5 * rng.normal(size=(N, WIDTH))
        np.save(root / kind / f"{kind}_0.npy", rows.astype(np.float16))
    return root


@pytest.mark.parametrize("choice", [("--teacher", "joint-semantics"), ("--set", "keep=best")])
def test_training_and_its_report_read_pieces_and_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: tuple[str, str]
) -> None:
    """Whatever reads all rows at once would hold N x D numbers; of N = 9,000 no more than 4,096 are read at a time."""
    monkeypatch.setattr(arrays, "_CHUNK_VALUES", 1000 * WIDTH)
    monkeypatch.setattr(row_parts, "_READ", PIECE * WIDTH * 2)
    monkeypatch.setattr(compression, "ITEMS", SAMPLE)
    read: list[int] = []
    rows_of = row_parts.RowParts._read

    def counted(self: row_parts.RowParts, numbers: Any) -> Any:
        read.append(len(numbers))
        return rows_of(self, numbers)

    monkeypatch.setattr(row_parts.RowParts, "_read", counted)
    small = ("epoch_steps=2", "model.width=8", "most_pairs=500", "n_anchors=50", "n_negatives=64")
    options = [part for one in small for part in ("--set", one)] + list(choice)
    asked = ["train", "--data", str(folder(tmp_path / "data")), "--out", str(tmp_path / "run"), "--bits", "8"]
    answer = CliRunner().invoke(cli, [*asked, "--epochs", "2", *options, "--json"], prog_name="ucch")
    assert answer.exit_code == 0, answer.output
    assert sum(read) > 4 * N  # it did read them: features are looked at, scaled, encoded
    assert max(read) <= PIECE
