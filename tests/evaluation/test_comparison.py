"""Runs compared query by query."""

from __future__ import annotations

import numpy as np
import pytest

from ucch.errors import DataError
from ucch.evaluation import compare_runs
from ucch.evaluation.ranking import RankingResult
from ucch.metrics import paired_bootstrap


def run(name: str, shift: float, digest: str | None = "a" * 64) -> tuple[dict[str, object], dict[str, RankingResult]]:
    rng = np.random.default_rng(0)
    values = {direction: rng.random(50) + shift for direction in ("image_to_text", "text_to_image")}
    report = {"run": name, "data": "small", "split_digest": digest}
    return report, {key: RankingResult({}, value) for key, value in values.items()}


def test_every_run_is_compared_with_the_first() -> None:
    reports, rankings = zip(run("a", 0.0), run("b", 0.1), run("c", -0.2), strict=True)
    second, third = compare_runs(reports, rankings)
    assert (second["run"], second["baseline"]) == ("b", "a")
    for direction in ("image_to_text", "text_to_image", "mean"):
        assert second[direction]["difference"] == pytest.approx(0.1)
        assert third[direction]["difference"] == pytest.approx(-0.2)
    expected = paired_bootstrap(
        rankings[1]["image_to_text"].average_precision, rankings[0]["image_to_text"].average_precision
    )
    assert second["image_to_text"]["interval"] == [expected.low, expected.high]
    assert second["image_to_text"]["p_value"] == expected.p_value


def test_runs_on_other_queries_or_without_labels_are_refused() -> None:
    reports, rankings = zip(run("a", 0.0), run("b", 0.1, "b" * 64), strict=True)
    with pytest.raises(DataError, match="same split, got small with digest aaaaaaaa and small with bbbbbbbb; name one"):
        compare_runs(reports, rankings)
    with pytest.raises(DataError, match="compared by AP, which needs labels; small has none"):
        compare_runs(reports, ({}, {}))
