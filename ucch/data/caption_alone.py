"""Pictures without a caption, and captions without a picture."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Alone"]


class Alone(NamedTuple):
    """What has one side.

    Attributes:
        images: names of pictures without a caption, with the split that the file says, empty for none.
        texts: name, text and split of captions without a picture.
    """

    images: dict[str, str]
    texts: list[tuple[str, str, str]]
