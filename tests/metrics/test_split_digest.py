from __future__ import annotations

import numpy as np
import pytest

from ucch.metrics import split_digest

QUERY, DATABASE = np.arange(3), np.arange(5) % 3
ROWS = np.eye(10, dtype=bool)


def test_the_digest_of_a_known_split_never_changes():
    assert split_digest(QUERY, DATABASE) == "f8bfdd4286f06f5b658c985051f55b8401c30bf16cc2be3a462e101411ab6c1a"
    assert (
        split_digest(ROWS[:2], ROWS[2:], query_ids=["a", "é"], database_ids=range(8))
        == "e16bfaadad318c012ccef3f08918f7b7b9263777debf2cf005e91a9c4760024f"
    )


@pytest.mark.parametrize("dtype", ["u1", "<i4", ">i4", ">i8", "f4"])
def test_storage_does_not_matter(dtype):
    assert split_digest(ROWS[:2].astype(dtype), ROWS.astype(dtype)) == split_digest(ROWS[:2], ROWS)
    if dtype != "f4":
        assert split_digest(QUERY.astype(dtype), DATABASE.astype(dtype)) == split_digest(QUERY, DATABASE)


def test_whatever_makes_another_split_changes_it():
    digests = [
        split_digest(QUERY, DATABASE),
        split_digest(DATABASE, QUERY),
        split_digest(QUERY[::-1], DATABASE),
        split_digest(QUERY, DATABASE[:4]),
        split_digest(ROWS[QUERY], ROWS[DATABASE]),
        split_digest(ROWS[QUERY, :9], ROWS[DATABASE, :9]),
        split_digest(QUERY, DATABASE, query_ids=[0, 1, 2]),
        split_digest(QUERY, DATABASE, database_ids=[0, 1, 2, 3, 4]),
        split_digest(QUERY, DATABASE, query_ids=["0", "1", "2"]),
        split_digest(QUERY, DATABASE, query_ids=["0", "12", ""]),
        split_digest(QUERY, DATABASE, query_ids=["01", "2", ""]),
    ]
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 64 for digest in digests)


def test_wrong_ids_are_named():
    with pytest.raises(ValueError, match=r"query_ids must be one id per label row, shape \(3,\), got \(2,\)"):
        split_digest(QUERY, DATABASE, query_ids=[1, 2])
    with pytest.raises(TypeError, match="database_ids must be integers or strings, got float64"):
        split_digest(QUERY, DATABASE, database_ids=np.zeros(5))
    with pytest.raises(ValueError, match="query_labels must be class numbers of at least 0, got -1"):
        split_digest([-1], DATABASE)
