"""Bag of words against scikit-learn."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from ucch.encoders import BowEncoder, FittedTextEncoder, TextEncoder
from ucch.errors import EncoderError

TRAIN = ["A dog runs on grass", "two dogs run, a DOG sleeps", "the cat sleeps on the grass", "a cat and a dog"]
NEW = ["the dog and the cat run run", "", "zebra"]


def test_binary_words_are_scikit_learns() -> None:
    bow = BowEncoder("5")
    bow.fit(TRAIN)
    oracle = CountVectorizer(max_features=5, binary=True)
    oracle.vocabulary_ = CountVectorizer(max_features=5).fit(TRAIN).vocabulary_
    assert bow.words == sorted(oracle.vocabulary_)
    np.testing.assert_array_equal(bow.encode(NEW), oracle.transform(NEW).toarray())


def test_tfidf_is_scikit_learns() -> None:
    bow = BowEncoder("6,tfidf")
    bow.fit(TRAIN)
    oracle = TfidfVectorizer(max_features=6).fit(TRAIN)
    assert bow.words == oracle.get_feature_names_out().tolist()
    np.testing.assert_allclose(bow.encode(NEW), oracle.transform(NEW).toarray(), atol=1e-6)


@pytest.mark.parametrize("setting", ["4", "4,tfidf"])
def test_what_was_learnt_survives_json(setting: str) -> None:
    bow, again = BowEncoder(setting), BowEncoder(setting)
    assert isinstance(bow, TextEncoder)
    bow.fit(TRAIN)
    assert isinstance(bow, FittedTextEncoder)
    again.load_state(json.loads(json.dumps(bow.state())))
    assert (again.digest, again.dimension) == (bow.digest, 4)
    np.testing.assert_array_equal(again.encode(NEW), bow.encode(NEW))


def test_the_digest_tells_vocabularies_and_weightings_apart() -> None:
    digests = set()
    for setting, texts in (("4", TRAIN), ("4,tfidf", TRAIN), ("3", TRAIN), ("4", TRAIN[:2])):
        bow = BowEncoder(setting)
        bow.fit(texts)
        digests.add(bow.digest)
    assert len(digests) == 4


def test_features_are_float32_and_unknown_words_are_zeros() -> None:
    bow = BowEncoder()
    bow.fit(TRAIN)
    features = bow.encode(NEW)
    assert features.dtype == np.float32
    assert features[1:].sum() == 0


@pytest.mark.parametrize("setting", ["many", "0", "5,counts", "-1"])
def test_settings_are_checked(setting: str) -> None:
    with pytest.raises(EncoderError, match=f"got 'bow:{re.escape(setting)}'$"):
        BowEncoder(setting)


def test_an_empty_vocabulary_is_refused() -> None:
    with pytest.raises(EncoderError, match=r"^bow has no vocabulary yet; "):
        BowEncoder().encode(["a dog"])
    with pytest.raises(EncoderError, match=r"^bow finds no word in the 2 training texts: "):
        BowEncoder().fit(["", "!"])
