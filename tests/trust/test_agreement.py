"""Agreement of pairs: standard normal by chance, higher for right pairs, and nothing learnt from the pair itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from tests.trust.made import made_pairs
from ucch.trust import pair_agreement
from ucch.trust.agreement import _quantiles, _Sides


def features(n: int, wrong: float, **options: float) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    pairs, is_wrong = made_pairs(n, wrong=wrong, **options)  # type: ignore[arg-type]
    return torch.from_numpy(np.asarray(pairs.image)), torch.from_numpy(np.asarray(pairs.text)), is_wrong


def test_pairs_put_together_at_random_are_standard_normal() -> None:
    image, text, _ = features(800, 1.0)
    agreement = pair_agreement(image, text).numpy()
    assert kstest(agreement, "norm").pvalue > 0.01
    assert agreement.dtype == np.float32


def test_wrong_pairs_stay_standard_normal_among_right_ones() -> None:
    image, text, is_wrong = features(1000, 0.4)
    agreement = pair_agreement(image, text).numpy()
    assert abs(agreement[is_wrong].mean()) < 0.15
    assert abs(agreement[is_wrong].std() - 1) < 0.15
    assert agreement[~is_wrong].mean() > 1.5


def test_own_fit_among_others_by_a_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    sides = _Sides(torch.randn(30, 4, generator=generator), torch.randn(30, 4, generator=generator))
    found = _quantiles([sides], torch.arange(30))
    fits = (sides.image @ sides.text.T).double()
    by_row = (fits - fits.mean(1, keepdim=True)) / fits.std(1, keepdim=True)
    by_column = (fits - fits.mean(0, keepdim=True)) / fits.std(0, keepdim=True)
    score = by_row + by_column
    for i in range(30):
        others = [score[i, j] for j in range(30) if j != i] + [score[j, i] for j in range(30) if j != i]
        share = (sum(bool(other > score[i, i]) for other in others) + 0.5) / (len(others) + 1)
        assert float(found[i]) == pytest.approx(-float(torch.special.ndtri(torch.tensor(share, dtype=torch.float64))))


def test_features_without_any_spread_say_nothing() -> None:
    agreement = pair_agreement(torch.ones(100, 3), torch.ones(100, 2))
    assert agreement.abs().max() < 1e-6


def test_the_seed_decides() -> None:
    image, text, _ = features(200, 0.2)
    assert torch.equal(pair_agreement(image, text, seed=1), pair_agreement(image, text, seed=1))
    assert not torch.equal(pair_agreement(image, text, seed=1), pair_agreement(image, text, seed=2))


@pytest.mark.parametrize(("n_image", "n_text"), [(100, 99), (79, 79)])
def test_what_is_no_pairs_or_too_few_is_refused(n_image: int, n_text: int) -> None:
    with pytest.raises(ValueError, match=f"at least 80, got {n_image} and {n_text} rows"):
        pair_agreement(torch.zeros(n_image, 2), torch.zeros(n_text, 2))
