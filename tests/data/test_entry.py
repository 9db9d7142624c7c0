from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from tests.data.published_kit import small_entry, write_feature_set
from ucch.errors import DataError


def test_files_and_matrices_are_found_by_the_entry(tmp_path: Path) -> None:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, tmp_path, "matlab-5")
    assert entry.find(tmp_path, "mirflickr25k-yall.mat") == tmp_path / "mirflickr25k-yall.mat"
    assert entry.read_array(tmp_path, entry.arrays[1]).shape == (80, 12)
    with pytest.raises(DataError, match=r"^none\.mat is not in .*\. The files come from: the UCCH authors' published"):
        entry.find(tmp_path, "none.mat")


def test_an_entry_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        small_entry("mirflickr25k").name = "other"  # type: ignore[misc]
    assert np.all([spec.rows == 80 for spec in small_entry("mirflickr25k").arrays])
