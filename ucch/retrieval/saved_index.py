"""What of an index goes into its file, and an index's parts from what a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._checks import one_of
from ..calibration import PartnerCalibration
from ..errors import IndexFileError
from .engine import Engine
from .features import CompactFeatures
from .index_file import read_index_file, write_index_file
from .kinds import KINDS
from .rows import Rows, checked_codes

__all__ = ["IndexParts", "load_parts", "save_parts"]


class IndexParts(NamedTuple):
    """All that an index is: see :class:`~ucch.retrieval.BinaryIndex` for each."""

    n_bits: int
    kind: str
    rows: Rows
    engine: Engine
    model: str
    source: str
    modality: str
    calibration: PartnerCalibration | None


def save_parts(path: Path, parts: IndexParts) -> None:
    """Write an index as one safetensors file, whole or not at all; an older file is replaced.

    Raises:
        IndexFileError: the file cannot be written.
    """
    rows = parts.rows
    ids = rows.ids if rows.ids.dtype.kind == "i" else rows.ids.view(np.uint8).reshape(len(rows.ids), -1)
    arrays: dict[str, npt.NDArray[Any]] = {"codes": rows.codes, "ids": ids, "structure": parts.engine.structure()}
    if rows.alive is not None:
        arrays["alive"] = rows.alive
    if rows.features is not None:
        arrays["features"] = rows.features.values
        if rows.features.scales is not None:
            arrays["feature_scales"] = rows.features.scales
    header: dict[str, Any] = {
        "kind": parts.kind,
        "n_bits": parts.n_bits,
        "parameters": dict(parts.engine.parameters),
    }
    if parts.modality:
        header["modality"] = parts.modality
    if parts.calibration is not None:
        header["calibration"] = parts.calibration.as_dict()
    write_index_file(path, header | {"model": parts.model, "source": parts.source}, arrays)


def load_parts(path: Path, *, n_bits: int | None, model: str | None) -> IndexParts:
    """Map a saved index into memory; ``n_bits`` and ``model`` refuse another one unless they are None.

    Raises:
        IndexFileError: the file is missing, cut off, damaged, of another version, width or model.
    """
    header, arrays = read_index_file(path)
    for name, wanted in (("n_bits", n_bits), ("model", model)):
        if wanted is not None and header.get(name) != wanted:
            raise IndexFileError(f"{path} was made for {name} {header.get(name)!r}, expected {wanted!r}")
    try:
        codes, ids, features = arrays["codes"], arrays["ids"], arrays.get("features")
        stored = ids if ids.ndim == 1 else ids.view(f"S{ids.shape[1]}")[:, 0]
        compact = None if features is None else CompactFeatures(features, arrays.get("feature_scales"))
        checked_codes("codes", codes[:1], header["n_bits"])
        return IndexParts(
            header["n_bits"],
            header["kind"],
            Rows(codes, stored, arrays.get("alive"), compact),
            KINDS[header["kind"]].restore(codes, arrays["structure"], header["parameters"]),
            header["model"],
            header["source"],
            one_of("modality", header.get("modality", ""), ("", "image", "text")),
            PartnerCalibration.from_dict(header["calibration"]) if "calibration" in header else None,
        )
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise IndexFileError(f"{path} is damaged: {error}") from error
