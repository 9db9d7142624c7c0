"""Codes as a column of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from .._checks import one_of
from ..codes import PackedCodes
from ..errors import DataError

__all__ = ["CodeColumn", "Encodes"]


class Encodes(Protocol):
    """What turns features into codes: a :class:`~ucch.models.HashModel`, a :class:`~ucch.CrossModalHasher`."""

    def encode_image(self, image: Any) -> PackedCodes: ...

    def encode_text(self, text: Any) -> PackedCodes: ...


class CodeColumn:
    """Give the rows of a batch their codes, as ``datasets.Dataset.map(..., batched=True)`` calls it.

    Args:
        hasher: what encodes.
        modality: ``image`` or ``text``.
        column: of the features; the modality's name by default.
        out: name of the column of codes, ``code``: ceil(D/8) bytes a row.

    Raises:
        ValueError: the modality is neither.
        DataError: when called: the batch lacks the column, or its rows are not the features of the model.

    Example:
        >>> from ucch.data import FeatureScaler
        >>> from ucch.models import HashModel, HashTower
        >>> scalers = [FeatureScaler(3, "none", "none", "asked for") for _ in range(2)]
        >>> model = HashModel(*scalers, HashTower(3, 16), HashTower(3, 16))
        >>> CodeColumn(model, "text", column="embedding")({"embedding": [[0.5, 1.0, 2.0]]})["code"].shape
        (1, 2)
    """

    def __init__(self, hasher: Encodes, modality: str, *, column: str | None = None, out: str = "code") -> None:
        self.hasher, self.modality = hasher, one_of("modality", modality, ("image", "text"))
        self.column, self.out = column or modality, out

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, PackedCodes]:
        """Encode a batch: columns by name in, the column of codes out."""
        if self.column not in batch:
            raise DataError(f"a batch must have the column {self.column!r}, got {', '.join(map(str, batch))}")
        encode = self.hasher.encode_image if self.modality == "image" else self.hasher.encode_text
        return {self.out: encode(batch[self.column])}
