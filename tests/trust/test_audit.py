"""The audit: who is named, and how many of them are wrong, as it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.trust.made import made_pairs
from ucch.data import Pairs
from ucch.errors import DataError
from ucch.trust import audit_pairs


@pytest.mark.parametrize("wrong", [0.2, 0.4])
def test_precision_is_about_what_it_says_and_hardly_less(wrong: float) -> None:
    pairs, is_wrong = made_pairs(1500, wrong=wrong)
    audit = audit_pairs(pairs)
    assert audit.mixture.wrong == pytest.approx(wrong, abs=0.04)
    for least in (0.5, 0.8):
        named = audit.suspects(least)
        stated = audit.precision(named)
        assert stated is not None
        assert -0.1 < stated - is_wrong[named].mean() < 0.05
        assert len(named) > 0.6 * is_wrong.sum()


def test_clean_pairs_are_hardly_named() -> None:
    pairs, _ = made_pairs(1000, wrong=0.0)
    assert len(audit_pairs(pairs).suspects()) <= 10


def test_the_least_agreeing_come_first() -> None:
    pairs, _ = made_pairs(400, wrong=0.2)
    audit = audit_pairs(pairs)
    named = audit.suspects(0.5)
    assert (np.diff(audit.agreement[named]) >= 0).all()
    assert set(audit.suspects(0.9)) <= set(named)
    assert audit.precision(named[:0]) == 1.0


def test_labels_are_not_read_and_several_captions_are_one_pair() -> None:
    pairs, is_wrong = made_pairs(600, wrong=0.3)
    plain = audit_pairs(pairs)
    labelled = audit_pairs(Pairs(pairs.image, pairs.text, np.eye(2, dtype=bool)[is_wrong.astype(int)]))
    np.testing.assert_array_equal(plain.right, labelled.right)
    twice = Pairs(pairs.image, np.repeat(pairs.text, 2, axis=0), image_of_text=np.repeat(np.arange(600), 2))
    np.testing.assert_allclose(audit_pairs(twice).agreement, plain.agreement, atol=1e-4)


def test_no_precision_is_stated_where_views_hardly_agree() -> None:
    pairs, _ = made_pairs(800, wrong=0.2, noise=4.0)
    audit = audit_pairs(pairs)
    assert audit.mixture.peak < 2
    assert not audit.tells
    assert audit.precision(audit.suspects()) is None


def test_nor_where_pairs_agree_by_degrees() -> None:
    """No pair is wrong, but many share little: the peak is high, and two fifths look like chance."""
    rng = np.random.default_rng(0)
    points = rng.random((800, 1)) ** 3 * rng.normal(size=(800, 24))
    image, text = (points @ rng.normal(size=(24, width)) + rng.normal(size=(800, width)) for width in (30, 26))
    audit = audit_pairs(Pairs(image, text))
    assert len(audit.suspects()) > 200
    assert audit.mixture.peak > 2
    assert audit.doubt.startswith("their agreement has a spread of ")
    assert audit.precision(audit.suspects()) is None


def test_nor_where_right_pairs_fade() -> None:
    audit = audit_pairs(made_pairs(600, wrong=0.2)[0])
    assert audit.tells
    faded = replace(audit, fading=0.06)
    assert faded.doubt == "6% of them ceased to look right when a known fifth of the texts was exchanged, and 5% may"
    assert not faded.tells


def test_right_pairs_that_stand_apart_do_not_fade() -> None:
    audit = audit_pairs(made_pairs(1000, wrong=0.2)[0])
    assert abs(audit.fading) < 0.05
    assert audit.tells


def test_too_few_pairs_are_refused() -> None:
    pairs, _ = made_pairs(199, wrong=0.2)
    with pytest.raises(DataError, match="at least 200 pairs to tell wrong ones from right ones, got 199"):
        audit_pairs(pairs)
