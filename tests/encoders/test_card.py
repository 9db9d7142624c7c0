"""What a run remembers of an encoder."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ucch.encoders import BowEncoder, EncoderCard, PrecomputedEncoder, check_same
from ucch.errors import EncoderError


def _fitted() -> BowEncoder:
    bow = BowEncoder("3")
    bow.fit(["a dog runs", "a cat runs"])
    return bow


def test_a_card_survives_json() -> None:
    card = EncoderCard.of(_fitted(), "bow:3")
    assert EncoderCard.from_dict(json.loads(json.dumps(card.to_dict()))) == card
    assert (card.name, card.dimension, card.state) == ("bow", 3, {"words": ["cat", "dog", "runs"], "idf": []})
    assert EncoderCard.of(PrecomputedEncoder("4"), "features:4").state is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": None}, "the description of an encoder has digest=None of a wrong type"),
        ({"state": []}, "the description of an encoder has state=[] of a wrong type"),
        ({"more": 1}, "the description of an encoder must have the keys digest, dimension, name, spec, state"),
    ],
)
def test_a_wrong_card_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(EncoderError, match=f"^{re.escape(message)}$"):
        EncoderCard.from_dict(EncoderCard.of(_fitted(), "bow:3").to_dict() | change)


def test_another_encoder_is_refused_by_digest() -> None:
    card = EncoderCard.of(_fitted(), "bow:3")
    check_same(_fitted(), card, "text")
    with pytest.raises(EncoderError, match="^the text encoder is not the one the run was trained with: bow of digest "):
        check_same(BowEncoder("3"), card, "text")
