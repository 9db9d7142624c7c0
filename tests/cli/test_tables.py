"""Reports as tables."""

from __future__ import annotations

import io
from dataclasses import asdict

from rich.console import Console, Group
from ucch.cli.tables import comparison_table, report_table

from ucch.metrics import PROTOCOLS

PROTOCOL = {**asdict(PROTOCOLS["ucch"]), "text": "MAP@ALL"}
HEALTH = {"bit_imbalance": 0.5, "dead_bits": [3, 7], "distinct_codes": 1200, "codes": 4000}
DIRECTION = {
    "map": 0.25,
    "map_interval": [0.2, 0.3],
    "precision_at": {"1": 0.5, "10": 0.4},
    "recall_at": {"1": 0.125},
}
REPORT = {
    "data": "small",
    "bits": 8,
    "queries": 3,
    "query_texts": 3,
    "database": 4,
    "recipe": "default",
    "seed": 0,
    "seconds": 1.25,
    "map_mean": 0.25,
    "map_chance": 0.1,
    "protocol": PROTOCOL,
    "split_digest": "0123456789abcdef",
    "health": {"image": HEALTH, "text": HEALTH},
    "image_to_text": DIRECTION,
    "text_to_image": DIRECTION,
}


def rendered(group: Group) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(group)
    return [line.rstrip() for line in console.file.getvalue().splitlines() if line.strip()]  # type: ignore[attr-defined]


def test_a_row_per_direction_mean_and_chance_and_what_they_are() -> None:
    lines = rendered(report_table(REPORT))
    assert lines[0] == "small, 8 bits: 3 queries, database of 4"
    assert lines[1].split() == ["MAP", "95", "%", "P@1", "P@10", "R@1"]
    assert lines[3].split() == ["image", "to", "text", "0.250", "0.200-0.300", "0.500", "0.400", "0.125"]
    assert [line.split() for line in lines[5:7]] == [
        ["mean", "MAP@ALL", "0.250"],
        ["chance", "MAP@ALL", "0.100"],
    ]
    assert lines[7:] == [
        "MAP@ALL.",
        "95 %: bootstrap over queries. Split 01234567.",
        "R@n: the paired item, among the queries.",
        "image codes: imbalance 0.50 (0 best), dead bits 3, 7, 1,200 distinct of 4,000.",
        "text codes: imbalance 0.50 (0 best), dead bits 3, 7, 1,200 distinct of 4,000.",
        "Recipe default, seed 0, trained 1.2 s.",
    ]


def test_without_labels_only_the_pairs_are_shown() -> None:
    direction = {"map": None, "precision_at": None, "recall_at": {"1": 0.125}}
    unlabelled = {"map_mean": None, "map_chance": None, "image_to_text": direction, "text_to_image": direction}
    lines = rendered(report_table({**REPORT, **unlabelled, "query_texts": 15}))
    assert lines[0] == "small, 8 bits: queries are 3 images and their 15 texts"
    assert lines[1].split() == ["R@1"]
    assert lines[3].split() == ["image", "to", "text", "0.125"]
    assert lines[5:7] == ["No labels, so no MAP. Split 01234567.", "R@n: the paired item, among the queries."]


def test_chance_stands_beside_the_recall_of_pairs() -> None:
    ways = {
        name: {**DIRECTION, "recall_chance": {"1": 0.005, "5": 0.025}} for name in ("image_to_text", "text_to_image")
    }
    assert "R@n: the paired item, among the queries; chance 0.005, 0.025." in rendered(report_table({**REPORT, **ways}))
    ways["image_to_text"] = {**DIRECTION, "recall_chance": {"1": 0.015, "5": 0.074}}  # several captions per image
    lines = rendered(report_table({**REPORT, **ways}))
    assert "R@n: the paired item, among the queries; chance 0.015, 0.074 and 0.005, 0.025." in " ".join(lines)


def test_what_compression_cost_is_told() -> None:
    kept = {"recall_at_10": 0.25, "within_200": 0.75, "pair_at_1": None, "pair_at_10": None, "map": None}
    cost = {
        "neighbors": "within each modality",
        "queries": 1000,
        "items": 20000,
        "pair_items": 1000,
        "fitted": 4000,
        "rows": [{"name": "float", "bytes": 2048, **kept}, {"name": "codes", "bytes": 8, **kept, "pair_at_1": 0.5}],
    }
    lines = rendered(report_table({**REPORT, "compression": cost}))
    heading = next(line for line in lines if line.startswith("what the compression cost"))
    assert heading.split()[4:] == ["bytes", "top", "10", "in", "10", "in", "200", "pair", "R@1"]
    assert [line.split() for line in lines if line.startswith(("float", "codes"))] == [
        ["float", "2048", "0.250", "0.750", "-"],
        ["codes", "8", "0.250", "0.750", "0.500"],
    ]
    text = " ".join(lines)
    assert "nearest by the features, within each modality, among the first n; 1,000 queries, 20,000 items." in text
    assert "Pairs are looked for among 1,000. The others were fitted on 4,000 training pairs." in text


def test_comparison() -> None:
    figures = {"difference": 0.1, "interval": [0.05, 0.15], "p_value": 0.002}
    lines = rendered(comparison_table([{"run": "b", "baseline": "a", "mean": figures}]))
    assert lines[0] == "Differences in MAP to a, paired by query"
    assert lines[-1].split() == ["b", "mean", "+0.100", "+0.050", "to", "+0.150", "0.0020"]
