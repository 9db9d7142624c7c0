from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ucch.metrics import PROTOCOLS, DistanceHistograms, Protocol, average_precision, mean_average_precision

HISTOGRAMS = DistanceHistograms(np.array([[1, 60], [40, 21], [30, 31]]), np.array([[0, 6], [9, 0], [0, 0]]))


def test_presets_are_what_each_family_prints():
    assert dict(PROTOCOLS) == {
        "ucch": Protocol(None, "expected", "skip", "relevant"),
        "djsrh": Protocol(50, "expected", "zero", "retrieved"),
        "unihash": Protocol(None, "expected", "zero", "relevant"),
    }


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_map_is_the_mean_ap_under_the_protocol(name):
    protocol = PROTOCOLS[name]
    values = average_precision(
        HISTOGRAMS,
        cutoff=protocol.cutoff,
        ties=protocol.ties,
        denominator=protocol.denominator,
        no_relevant=protocol.no_relevant,
    )
    n_counted = 2 if protocol.no_relevant == "skip" else 3
    assert mean_average_precision(HISTOGRAMS, protocol) == pytest.approx(np.nansum(values) / n_counted, abs=1e-15)


def test_the_default_is_the_published_protocol_of_ucch():
    assert mean_average_precision(HISTOGRAMS) == mean_average_precision(HISTOGRAMS, PROTOCOLS["ucch"])


def test_a_protocol_says_itself_in_words():
    assert str(PROTOCOLS["djsrh"]) == (
        "MAP@50, ties expected, queries without relevant items counted as 0, divided by relevant items retrieved"
    )
    assert str(Protocol()) == (
        "MAP@ALL, ties expected, queries without relevant items skipped, divided by relevant items"
    )


def test_a_protocol_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PROTOCOLS["ucch"].cutoff = 50
    with pytest.raises(TypeError):
        PROTOCOLS["ucch"] = Protocol(50)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"cutoff": 0}, ValueError, "cutoff must be an int of at least 1, got 0"),
        ({"cutoff": True}, TypeError, "cutoff must be an int of at least 1, got True of type bool"),
        ({"ties": "random"}, ValueError, "ties must be one of expected, optimistic, pessimistic, stable, got 'random'"),
        ({"no_relevant": "nan"}, ValueError, "no_relevant must be one of skip, zero, got 'nan'"),
        ({"denominator": "k"}, ValueError, "denominator must be one of relevant, retrieved, got 'k'"),
    ],
)
def test_wrong_choices_are_named(options, error, text):
    with pytest.raises(error, match=text):
        Protocol(**options)


def test_counts_cannot_answer_the_stable_order():
    with pytest.raises(ValueError, match="use ucch.metrics.stable_average_precision"):
        mean_average_precision(HISTOGRAMS, Protocol(ties="stable"))
