"""Batches of texts with the row numbers of their items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers.sentence_transformer.data_collator import SentenceTransformerDataCollator

__all__ = ["RowCollator"]


@dataclass
class RowCollator(SentenceTransformerDataCollator):
    """Collate as sentence-transformers does, and hand the loss the row of the code table that each item has.

    The number stands in a column of the data set, ``ds.add_column("row", list(range(len(ds))))``, and travels where
    labels do. Columns of labels are left out: the losses read none.

    Args:
        preprocess_fn: of the model, ``model.preprocess``.
        row: the column of row numbers.

    Raises:
        ValueError: when called: the column is missing, or holds anything but whole numbers.
    """

    row: str = "row"

    def __call__(self, features: list[dict[str, Any]]) -> dict[str, Any]:
        if not features:
            return {}
        rows = [item.get(self.row) for item in features]
        wrong = next((row for row in rows if type(row) is not int), 0)
        if wrong != 0:
            raise ValueError(
                f"column {self.row!r} must hold the whole number of each item's row, got {wrong!r};"
                f" add it: dataset.add_column({self.row!r}, list(range(len(dataset))))"
            )
        left_out = {self.row, *self.valid_label_columns}
        batch = super().__call__([{key: item[key] for key in item if key not in left_out} for item in features])
        return {**batch, "label": torch.tensor(rows, dtype=torch.int64)}
