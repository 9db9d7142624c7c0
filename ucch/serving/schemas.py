"""What the server takes and answers; unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["EncodeAnswer", "EncodeRequest", "Health", "Hit", "Item", "Reason", "SearchAnswer", "SearchRequest"]

MAX_TEXT, MAX_K, MAX_ONLY, MAX_ID = 2000, 200, 10_000, 1024


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EncodeRequest(_Strict):
    """One query: words, or a picture."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)] | None = None
    image: Annotated[str, Field(min_length=1, description="the bytes of an image file in base64")] | None = None

    @model_validator(mode="after")
    def _one(self) -> EncodeRequest:
        given = [name for name in ("text", "image", "code", "like") if getattr(self, name, None) is not None]
        if len(given) != 1:
            named = " and ".join(given) or "none"
            raise ValueError(f"name one of {', '.join(sorted(self._queries()))} to search for, got {named}")
        return self

    @classmethod
    def _queries(cls) -> set[str]:
        return {"text", "image", "code", "like"} & set(cls.model_fields)


class SearchRequest(EncodeRequest):
    """One query and how many items are wanted."""

    code: Annotated[str, Field(pattern="^([0-9a-fA-F]{2})+$", description="a packed code in hexadecimal")] | None = None
    like: (
        Annotated[str, Field(min_length=1, max_length=MAX_ID, description="an item of the index, by its id")] | None
    ) = None
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 10
    only: Annotated[list[str], Field(max_length=MAX_ONLY, description="answer with these ids alone")] | None = None
    asks: Annotated[
        Literal["image", "text"] | None, Field(description="what the code is one of, for a probability")
    ] = None
    real_query: Annotated[bool, Field(description="order by the query's outputs, not rounded to a code")] = False

    @model_validator(mode="after")
    def _not_rounded(self) -> SearchRequest:
        if self.real_query and (self.code is not None or self.like is not None):
            raise ValueError("real_query goes with text and image; a code is rounded already")
        return self

    @property
    def modality(self) -> Literal["image", "text"] | None:
        """What the query is; None for an item of the index, and for a code of which nothing was said."""
        if self.code is not None:
            return self.asks
        return "text" if self.text is not None else "image" if self.image is not None else None


class Hit(BaseModel):
    """One item found; ``probability`` and ``match`` where the index is calibrated and the query of the other modality.

    The probability is that the item is the query's own partner; a match is weak where items are so far from all.
    """

    id: str
    distance: int
    differing_bits: list[int]
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    match: Literal["likely", "weak"] | None = None
    picture: str | None = None
    text: str | None = None


class SearchAnswer(BaseModel):
    """The items found, nearest first, equal distances in the order of the ids.

    Distances are bits that differ; of a real query, whose order is finer, those of its code.
    """

    bits: int
    code: str
    hits: list[Hit]
    encode_milliseconds: float
    search_milliseconds: float


class EncodeAnswer(BaseModel):
    """The code of a query, packed, most significant bit first, in hexadecimal."""

    bits: int
    code: str
    encode_milliseconds: float


class Item(BaseModel):
    """One item of the index with all its texts."""

    id: str
    picture: str | None = None
    texts: list[str] = []


class Health(BaseModel):
    """What is served, and what to begin with: frequent words of the items' texts, and items from all over the index."""

    status: str
    version: str
    items: int
    bits: int
    kind: str
    text: bool
    image: bool
    pictures: bool
    calibrated: bool
    words: list[str]
    examples: list[Item]


class Reason(BaseModel):
    """Why a request was refused."""

    reason: str
