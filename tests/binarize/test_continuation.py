"""Tanh continuation: where the slope starts and ends, and what queries become."""

from __future__ import annotations

import pytest
import torch

from ucch.binarize import ContinuationQuery, StraightThroughQuery, continuation_slope, tanh_query


@pytest.mark.parametrize("path", ["square_root", "geometric"])
@pytest.mark.parametrize("last", [1.0, 2.8, 10.0])
def test_slope_rises_from_1_to_the_last(path: str, last: float) -> None:
    slopes = [continuation_slope(step / 10, last=last, path=path) for step in range(11)]
    assert slopes[0] == 1.0
    assert slopes[-1] == pytest.approx(last, rel=1e-12)
    assert slopes == sorted(slopes)


def test_slopes_by_hand() -> None:
    assert continuation_slope(0.25, last=3.0) == pytest.approx(3**0.5)  # sqrt(1 + 8/4)
    assert continuation_slope(0.5, last=9.0, path="geometric") == pytest.approx(3.0)


def test_it_begins_as_tanh_and_ends_near_the_sign(generator: torch.Generator) -> None:
    u = torch.randn(5, 8, generator=generator)
    query = ContinuationQuery(last=1e6)
    assert torch.equal(query(u), tanh_query(u))
    query.advance(1.0)
    torch.testing.assert_close(query(u), StraightThroughQuery()(u))


def test_wrong_options_are_refused_and_repr_names_the_slope() -> None:
    with pytest.raises(ValueError, match=r"last must lie in \[1\.0, inf\), got 0\.5"):
        ContinuationQuery(0.5)
    with pytest.raises(ValueError, match="path must be one of geometric, square_root, got 'linear'"):
        ContinuationQuery(path="linear")
    with pytest.raises(ValueError, match=r"progress must lie in \[0\.0, 1\.0\], got 1\.5"):
        ContinuationQuery().advance(1.5)
    assert repr(ContinuationQuery()) == "ContinuationQuery(last=10.0, path='square_root', slope=1)"
