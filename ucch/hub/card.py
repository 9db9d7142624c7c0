"""The model card of a model on the Hub, written from its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..codes import n_bytes

if TYPE_CHECKING:
    from ..models import HashModel

__all__ = ["model_card"]

_HEAD = """---
library_name: ucch
tags:
- ucch
- hashing
- binary-codes
- image-text-retrieval
---
"""


def model_card(
    model: HashModel,
    name: str,
    *,
    report: Mapping[str, Any] | None = None,
    encoders: Mapping[str, str] | None = None,
    learnt: str = "",
) -> str:
    """Write a model card: what goes in and comes out, how good it is beside chance, what is kept, how to load it.

    Args:
        model: what the card is about.
        name: of the repository, ``owner/name``, or of the folder.
        report: ``report.json`` of its run; without one the card says that nothing was measured.
        encoders: by modality the encoder that made the features.
        learnt: what is known of its training, a sentence.

    Returns:
        Markdown with the head that the Hub reads.
    """
    encoders, size = encoders or {}, n_bytes(model.n_bits)
    widths = {modality: tower.n_features for modality, tower in model.towers().items()}
    sides = [
        [f"{modality} features", f"{width} numbers" + (f" of {encoders[modality]}" if modality in encoders else "")]
        for modality, width in widths.items()
    ]
    facts = [["", ""], ["code", f"{model.n_bits} bits, {size} bytes"], *sides]
    parts = [
        _HEAD,
        f"# {name}\n\nBinary codes of {model.n_bits} bits {_of(model.names)}, made by"
        f" [ucch](https://pypi.org/project/ucch). {learnt}".rstrip()
        + "\n",
        _table(facts),
        *(_measured(report) if report else ["## Measured\n\nNothing: no report was given.\n"]),
        _loading(name, widths),
    ]
    return "\n".join(parts)


def _of(names: Sequence[str]) -> str:
    if tuple(names) == ("image", "text"):
        return "that images and texts share"
    return f"of {names[0]} features" if len(names) == 1 else f"that {', '.join(names)} share"


def _measured(report: Mapping[str, Any]) -> list[str]:
    from ..evaluation.table import compression_rows, compression_text, report_rows

    said = [f"{key} {report[key]}" for key in ("data", "recipe", "seed") if report.get(key) is not None]
    counts = [f"{report[key]:,} {key}" for key in ("queries", "database") if isinstance(report.get(key), int)]
    read = " Training read labels." if report.get("supervised") else ""
    parts = [f"## Measured\n\n{', '.join([*said, *counts])}.{read} Labels, where there are any, measured it.\n"]
    parts.append(_table(report_rows(report)))
    if "compression" in report:
        parts += [f"## What is kept\n\n{compression_text(report)}\n", _table(compression_rows(report))]
    return parts


def _table(rows: Sequence[Sequence[str]]) -> str:
    header, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([header, "|" + "---|" * len(rows[0]), *body, ""])


def _loading(name: str, widths: Mapping[str, int]) -> str:
    modality, width = list(widths.items())[-1]
    return (
        "## Load\n\n```python\nfrom ucch.models import HashModel\n\n"
        f'model = HashModel.from_pretrained("{name}")\n'
        f"codes = model.{_call(modality)}  # (n, {width}) numbers to (n, bytes) uint8\n```\n\n"
        "Bits lie most significant first; distance is the count of differing bits. Loading reads safetensors and JSON"
        " and runs no code.\n"
    )


def _call(name: str) -> str:
    return f"encode_{name}(features)" if name in ("image", "text") else f'encode("{name}", features)'
