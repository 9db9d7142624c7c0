"""What a request may hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ucch.serving.schemas import EncodeRequest, SearchRequest


@pytest.mark.parametrize(
    "query", [{"text": "a dog"}, {"image": "AAAA"}, {"code": "00ff"}, {"like": "a.png"}, {"text": "x", "k": 200}]
)
def test_one_query_is_taken(query: dict[str, Any]) -> None:
    assert SearchRequest.model_validate(query).model_dump(exclude_unset=True) == query


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "name one of code, image, like, text to search for, got none"),
        ({"text": "a", "code": "00"}, "got text and code"),
        ({"text": ""}, "at least 1 character"),
        ({"text": "a" * 2001}, "at most 2000 characters"),
        ({"text": 5}, "valid string"),
        ({"text": "a", "k": 0}, "greater than or equal to 1"),
        ({"text": "a", "k": "3"}, "valid integer"),
        ({"text": "a", "k": 201}, "less than or equal to 200"),
        ({"code": "abc"}, "match pattern"),
        ({"text": "a", "size": 3}, "Extra inputs are not permitted"),
    ],
)
def test_anything_else_is_refused(query: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        SearchRequest.model_validate(query)


def test_codes_are_not_encoded() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        EncodeRequest.model_validate({"code": "00"})
    with pytest.raises(ValidationError, match="name one of image, text to search for, got none"):
        EncodeRequest.model_validate({})
