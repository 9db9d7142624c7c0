"""What a search returns."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ucch.retrieval import Hits
from ucch.retrieval.hits import cut_to


def three() -> Hits:
    return Hits(np.array(["b", "a", "c"]), np.array([0, 4, 1], np.int32), np.array([0, 2, 2, 3]))


def test_each_query_owns_its_stretch_and_may_own_none() -> None:
    hits = three()
    assert len(hits) == 3
    assert [(ids.tolist(), distances.tolist()) for ids, distances in hits] == [
        (["b", "a"], [0, 4]),
        ([], []),
        (["c"], [1]),
    ]
    assert hits[-1][0].tolist() == ["c"]
    with pytest.raises(IndexError, match=r"query must lie in \[0, 3\), got 3"):
        hits[3]


def test_json_is_plain_and_of_the_shape_promised() -> None:
    assert json.loads(json.dumps(three().to_json())) == {
        "queries": [
            {"hits": [{"id": "b", "distance": 0}, {"id": "a", "distance": 4}]},
            {"hits": []},
            {"hits": [{"id": "c", "distance": 1}]},
        ]
    }


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_cut_orders_by_distance_then_id_and_leaves_out_what_is_not_kept(dtype: type) -> None:
    ids = np.array([[5, 3, 9, 1], [2, 2, 2, 2]])
    distances = np.array([[1, 1, 0, 7], [0, 0, 0, 0]], dtype)
    kept = np.array([[True, True, True, False], [False, False, False, True]])
    hits = cut_to(ids, distances, kept, 2)
    assert [found.tolist() for found, _ in hits] == [[9, 3], [2]]
    assert hits.distances.dtype == dtype
