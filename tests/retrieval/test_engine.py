"""The border to faiss."""

from __future__ import annotations

import faiss
import numpy as np
import pytest

from tests.retrieval.kit import THOROUGH, random_codes
from ucch.retrieval.engine import Engine, one_thread
from ucch.retrieval.kinds import KINDS, full_parameters


def test_one_thread_is_for_the_block_only() -> None:
    before = faiss.omp_get_max_threads()
    with one_thread():
        assert faiss.omp_get_max_threads() == 1
    assert faiss.omp_get_max_threads() == before


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_restored_engine_answers_and_grows(kind: str) -> None:
    codes, queries = random_codes(200, 16), random_codes(5, 16, seed=1)
    engine = built(kind, codes[:150])
    again = KINDS[kind].restore(codes[:150], engine.structure(), engine.parameters)
    assert (again.search(queries, 5)[0] == engine.search(queries, 5)[0]).all()
    for one in (engine, again):
        one.extend(codes, 150)
    assert again.search(codes[180:181], 1)[0].tolist() == [[0]]
    assert (again.search(queries, 5)[0] == engine.search(queries, 5)[0]).all()


def built(kind: str, codes: np.ndarray) -> Engine:
    parameters = full_parameters(kind, THOROUGH[kind], len(codes), codes.shape[1])
    seen: list[int] = []
    engine = KINDS[kind].build(codes, parameters, lambda done, _: seen.append(done))
    assert seen[-1] == len(codes)
    return engine
