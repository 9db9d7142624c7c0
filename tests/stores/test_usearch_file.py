"""A file of usearch with items behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from usearch.index import Index

from tests.retrieval.kit import random_codes
from ucch.errors import StoreError
from ucch.stores.usearch_file import read_items, write_file

CODES = random_codes(50, 64)


def written(path: Path) -> Index:
    index = Index(ndim=64, metric="hamming", dtype="b1")
    index.add(np.arange(50, dtype=np.uint64), CODES)
    write_file(path, index, {"some": ["thing", 1]})
    return index


def test_usearch_reads_the_file_as_if_nothing_were_behind_it(tmp_path: Path) -> None:
    index = written(tmp_path / "it.usearch")
    for view in (False, True):
        there = Index.restore(str(tmp_path / "it.usearch"), view=view)
        assert there is not None
        assert len(there) == 50
        expected, found = index.search(CODES[:5], 3, exact=True), there.search(CODES[:5], 3, exact=True)
        assert found.keys.tolist() == expected.keys.tolist()
    assert read_items(tmp_path / "it.usearch") == {"some": ["thing", 1]}


def test_a_file_that_is_not_ours_or_cut_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "it.usearch").save(str(tmp_path / "theirs.usearch"))
    whole = (tmp_path / "it.usearch").read_bytes()
    ending = b"ucchitem"
    bad = {
        "empty": b"",
        "short": ending,
        "cut": whole[:-1],
        "long": (1 << 60).to_bytes(8, "little") + ending,
        "words": b'"no"' + (4).to_bytes(8, "little") + ending,
        "broken": b"{no}" + (4).to_bytes(8, "little") + ending,
        "theirs.usearch": None,
    }
    for name, content in bad.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(StoreError, match=f"{name} was not made by ucch, or is damaged; name another"):
            read_items(tmp_path / name)
    with pytest.raises(StoreError, match="is a folder, not a file"):
        read_items(tmp_path)
