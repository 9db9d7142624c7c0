"""An index's parts go into a file and come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ucch.errors import IndexFileError
from ucch.retrieval.features import CompactFeatures
from ucch.retrieval.kinds import KINDS, full_parameters
from ucch.retrieval.rows import Rows, as_ids
from ucch.retrieval.saved_index import IndexParts, load_parts, save_parts


def made(ids: list[str] | list[int], *, kind: str = "flat") -> IndexParts:
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 256, (len(ids), 2), dtype=np.uint8)
    features = CompactFeatures.compress(draw.standard_normal((len(ids), 5)).astype(np.float32), "int8")
    rows = Rows(codes, as_ids(ids), np.arange(len(ids)) > 0, features)
    engine = KINDS[kind].build(codes, full_parameters(kind, {}, len(ids), 2), lambda done, total: None)
    return IndexParts(16, kind, rows, engine, "model", "run", "image", None)


@pytest.mark.parametrize("ids", [["a", "bb", "ccc"], [5, 6, 70]])
def test_every_part_comes_back(ids: list[str] | list[int], tmp_path: Path) -> None:
    parts = made(ids)
    save_parts(tmp_path / "one.index", parts)
    found = load_parts(tmp_path / "one.index", n_bits=16, model="model")
    assert found[:2] == parts[:2]
    assert found[4:] == parts[4:]
    assert found.engine.parameters == parts.engine.parameters
    for name in ("codes", "ids", "alive"):
        assert np.array_equal(getattr(found.rows, name), getattr(parts.rows, name))
    assert found.rows.features is not None
    assert parts.rows.features is not None
    assert np.array_equal(found.rows.features.values, parts.rows.features.values)


def test_an_index_of_another_width_or_model_is_refused(tmp_path: Path) -> None:
    save_parts(tmp_path / "one.index", made([1, 2, 3]))
    with pytest.raises(IndexFileError, match="made for n_bits 16, expected 8"):
        load_parts(tmp_path / "one.index", n_bits=8, model=None)
    with pytest.raises(IndexFileError, match="made for model 'model', expected 'other'"):
        load_parts(tmp_path / "one.index", n_bits=None, model="other")
