"""A small extraction for tests of files."""

from __future__ import annotations

from pathlib import Path

from tests.encoders.kit import ColourEncoder
from tests.images.kit import write_photographs
from ucch.data.captions import read_captions
from ucch.encoders import BowEncoder
from ucch.extraction import Extraction, extract

IMAGE_SPEC, TEXT_SPEC = "tests.encoders.kit:ColourEncoder", "bow:8,tfidf"


def small_extraction(folder: Path, captions_each: int = 2) -> Extraction:
    """Twelve photographs under ``folder``, encoded by colour and by words."""
    captions = read_captions(write_photographs(folder / "photos", n=12, captions_each=captions_each))
    return extract(
        folder / "photos",
        captions,
        ColourEncoder(),
        BowEncoder("8,tfidf"),
        specs=(IMAGE_SPEC, TEXT_SPEC),
        query_share=0.25,
    )
