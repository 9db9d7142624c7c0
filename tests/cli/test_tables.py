"""Reports as tables."""

from __future__ import annotations

import io

from rich.console import Console
from ucch.cli.tables import report_table

DIRECTION = {"map": 0.25, "precision_at": {"1": 0.5, "10": 0.4}, "recall_at": {"1": 0.125}}
REPORT = {
    "data": "small",
    "bits": 8,
    "classes": 2,
    "queries": 3,
    "query_texts": 3,
    "database": 4,
    "database_texts": 4,
    "recipe": "default",
    "seed": 0,
    "seconds": 1.25,
    "map_mean": 0.25,
    "map_chance": 0.1,
    "bit_imbalance": {"image": 0.5, "text": 0.25},
    "image_to_text": DIRECTION,
    "text_to_image": DIRECTION,
}


def rendered(report: dict[str, object]) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(report_table(report))
    return [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]  # type: ignore[attr-defined]


def test_a_row_per_direction_mean_and_chance() -> None:
    lines = rendered(REPORT)
    assert lines[0] == "small, 8 bits: 3 queries, database of 4"
    assert lines[1].split() == ["MAP", "P@1", "P@10", "R@1"]
    assert lines[3].split() == ["image", "to", "text", "0.250", "0.500", "0.400", "0.125"]
    assert [line.split() for line in lines[5:7]] == [["mean", "0.250"], ["chance", "0.100"]]
    assert " ".join(lines[7:9]).endswith("Bit imbalance, 0 best: image 0.50, text 0.25.")
    assert lines[-1] == "Recipe default, seed 0, trained 1.2 s."


def test_without_labels_only_the_pairs_are_shown() -> None:
    direction = {"map": None, "precision_at": None, "recall_at": {"1": 0.125}}
    unlabelled = {"map_mean": None, "map_chance": None, "image_to_text": direction, "text_to_image": direction}
    lines = rendered({**REPORT, **unlabelled, "classes": 0})
    assert lines[1].split() == ["MAP", "R@1"]
    assert lines[3].split() == ["image", "to", "text", "-", "0.125"]
    assert not any(line.startswith("chance") for line in lines)
    assert any(line.startswith("No labels, so no MAP. R@n: the paired item") for line in lines)


def test_several_captions_are_counted_beside_their_images() -> None:
    lines = rendered({**REPORT, "query_texts": 15})
    assert lines[0] == "small, 8 bits: queries are 3 images and their 15 texts"
