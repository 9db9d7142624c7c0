"""What is LanceDB's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.retrieval.kit import random_codes
from ucch.errors import StoreError
from ucch.stores import LanceStore

lancedb = pytest.importorskip("lancedb", reason="lancedb is not installed: pip install 'ucch[store]'")


def test_a_table_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    lancedb.connect(str(tmp_path)).create_table("theirs", data=[{"a": 1}])
    with pytest.raises(StoreError, match="table 'theirs' in .* was not made by ucch; name another"):
        LanceStore(str(tmp_path), "theirs", n_bits=8)


def test_columns_of_metadata_stay_the_same(tmp_path: Path) -> None:
    store = LanceStore(str(tmp_path), "mine", n_bits=8)
    store.upsert(["a"], random_codes(1, 8), {"year": [3]})
    with pytest.raises(StoreError, match="metadata columns of this table are year, got none"):
        store.upsert(["b"], random_codes(1, 8))
    assert store.count() == 1
