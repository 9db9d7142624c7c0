"""What the pages of a leaderboard say, whatever they are written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .papers import PaperTable

__all__ = ["Page", "Table", "layout", "rows_ahead"]

REFERENCE = "ucch rotation"  # the default of this package

_HEADS = ("method", "kind", "seeds", "MAP", "±", "95 %", "i→t", "t→i", "seconds", "bytes", "model MB", "recipe")
_KEPT = {"recall_at_10": "top 10 in 10", "within_200": "in 200", "pair_at_1": "R@1", "pair_at_10": "R@10"}


@dataclass(frozen=True)
class Table:
    """A table under a heading, with sentences before it; all cells are text, the first is set left."""

    heading: str
    text: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()


@dataclass(frozen=True)
class Page:
    """Measured tables and, apart from them, those of papers."""

    title: str
    text: tuple[str, ...]
    measured: tuple[Table, ...]
    printed: tuple[Table, ...]


def layout(title: str, rows: Sequence[dict[str, Any]], *, n_missing: int, papers: Sequence[PaperTable]) -> Page:
    """Lay out rows, best first, a table per data set and length, and the papers' rows apart.

    Args:
        title: of the page.
        rows: of :func:`~ucch.leaderboard.make_row`, sorted.
        n_missing: runs that are not done yet, which is said.
        papers: tables to show apart.
    """
    versions = sorted({_versions(row["versions"]) for row in rows})
    text = [
        "MAP is the mean of both directions over the whole database, ties as an exact expectation, averaged over seeds;"
        " ± is the deviation over seeds; the interval is a bootstrap over queries. A dagger marks rows of fewer seeds"
        " than the board's. Seconds are of training alone, bytes are of one code.",
        *(f"Measured with {words}." for words in versions),
    ]
    if n_missing:
        text.append(f"Not complete: {n_missing} runs are still to be made.")
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["data"], row["bits"]), []).append(row)
    measured = tuple(_measured(*key, group) for key, group in groups.items())
    return Page(title, tuple(text), measured, tuple(table for paper in papers for table in _printed(paper)))


def rows_ahead(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Unsupervised rows of one table with a higher MAP than the package's default; none where that is missing."""
    own = [row["map"] for row in rows if row["method"] == REFERENCE and not row["settings"]]
    if not own or own[0] is None:
        return []
    return [row for row in rows if row["map"] is not None and row["map"] > own[0] and not row["supervised"]]


def _measured(data: str, bits: int, rows: Sequence[dict[str, Any]]) -> Table:
    digest = rows[0]["split_digest"]
    text = [f"Chance {_figure(rows[0]['map_chance'])}. Split {digest[:8] if digest else 'without labels'}."]
    ahead = rows_ahead(rows)
    if ahead:
        text.append(f"Ahead of {REFERENCE}: {', '.join(row['method'] for row in ahead)}.")
    elif any(row["method"] == REFERENCE and row["map"] is not None for row in rows):
        text.append(f"Nothing unsupervised is ahead of {REFERENCE}.")
    strong = tuple(number for number, row in enumerate(rows) if row["method"] == REFERENCE)
    heads: tuple[str, ...] = _HEADS
    cells = tuple(map(_cells, rows))
    if any(row.get("kept") for row in rows):
        heads = (*_HEADS[:8], *_KEPT.values(), *_HEADS[8:])
        cells = tuple((*words[:8], *_kept(row), *words[8:]) for words, row in zip(cells, rows, strict=True))
        text.append("Top 10 in n: share of the ten nearest by the features among the first n; R@n: of own partners.")
    return Table(f"{data}, {bits} bits", tuple(text), heads, cells, strong)


def _kept(row: dict[str, Any]) -> tuple[str, ...]:
    kept = row.get("kept") or {}
    return tuple(_figure(kept.get(name)) for name in _KEPT)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    low, high = row["interval"] or (None, None)
    name = " ".join([row["method"], *row["settings"]]) + (" *" if row["supervised"] else "")
    return (
        name,
        row["kind"],
        f"{row['seeds']}{'†' if row['few_seeds'] else ''}",
        _figure(row["map"]),
        _figure(row["map_deviation"]),
        f"{low:.3f}-{high:.3f}" if low is not None else "-",
        _figure(row["image_to_text"]),
        _figure(row["text_to_image"]),
        f"{row['seconds']:.1f}",
        str(row["bytes_per_item"]),
        f"{row['model_bytes'] / 1e6:.2f}",
        row["recipe_digest"][:8],
    )


def _printed(paper: PaperTable) -> list[Table]:
    tables = []
    for data in dict.fromkeys(row.data for row in paper.rows):
        own = [row for row in paper.rows if row.data == data]
        lengths = sorted({bits for row in own for bits in row.bits})
        heads = ("method", *(f"i→t {bits}" for bits in lengths), *(f"t→i {bits}" for bits in lengths))
        rows = []
        for row in own:
            by_length = [dict(zip(row.bits, side, strict=True)) for side in (row.image_to_text, row.text_to_image)]
            rows.append((row.method, *(_figure(side.get(bits)) for side in by_length for bits in lengths)))
        tables.append(Table(f"{data}, as printed", (f"{paper.source}.", paper.note), heads, tuple(rows)))
    return tables


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())
