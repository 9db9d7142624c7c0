"""The table of a step says of every part what it takes and how much of that is products."""

from __future__ import annotations

import json

import pytest
import torch

from benchmarks import bench_step

SMALL = (
    "--pairs",
    "400",
    "--features",
    "16",
    "--bits",
    "8",
    "--width",
    "8",
    "--batch",
    "16",
    "--rounds",
    "1",
    "--json",
)


def test_both_goals_give_a_row_for_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    threads = torch.get_num_threads()
    bench_step.main([*SMALL])
    torch.set_num_threads(threads)
    rows = json.loads(capsys.readouterr().out)
    parts = ["features", "towers", "queries", "keys", "losses", "clipping", "Adam", "figures", "table"]
    for goal in ("categories", "both"):
        own = [row for row in rows if row["goal"] == goal]
        assert [row["part"] for row in own] == [*parts, "unlisted", "step"]
        assert all(row["ms"] > 0 for row in own if row["part"] != "unlisted")
        assert sum(row["ms"] for row in own[:-1]) == pytest.approx(own[-1]["ms"], abs=0.1)


def test_the_products_of_a_part_are_found_with_their_layouts() -> None:
    a, b = torch.randn(3, 5), torch.randn(4, 5)
    with bench_step.Products() as mode:
        torch.addmm(torch.zeros(4), a, b.T)
        torch.mm(a[:, 1:], b[:, 1:].T, out=torch.empty(3, 4))
    assert mode.found == [(((3, 5), (5, 1)), ((5, 4), (1, 5))), (((3, 4), (5, 1)), ((4, 4), (1, 5)))]
