"""Kinds by name and their parameters."""

from __future__ import annotations

import pytest

from ucch.retrieval.kinds import KINDS, full_parameters


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("n_codes", [0, 1, 100, 10_000_000])
def test_defaults_are_whole_and_hold_every_choice(kind: str, n_codes: int) -> None:
    parameters = full_parameters(kind, {}, n_codes, 8)
    assert set(KINDS[kind].choices) <= set(parameters)
    assert all(isinstance(value, int) and value >= 1 for value in parameters.values())


def test_given_ones_replace_defaults_and_bad_ones_are_refused() -> None:
    assert full_parameters("ivf", {"nprobe": 3}, 10_000, 8)["nprobe"] == 3
    assert full_parameters("multihash", {"nflip": 0}, 10_000, 8)["nflip"] == 0
    with pytest.raises(ValueError, match="nlist must be at least 1, got 0"):
        full_parameters("ivf", {"nlist": 0}, 10_000, 8)
    with pytest.raises(ValueError, match="flat has no parameter 'nlist'; it has none"):
        full_parameters("flat", {"nlist": 5}, 10_000, 8)
    with pytest.raises(ValueError, match="kind must be one of flat, hnsw, ivf, multihash, got 'pq'"):
        full_parameters("pq", {}, 10, 8)
