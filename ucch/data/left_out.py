"""What a reader left out, by reason, so that nothing vanishes unsaid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..images import ImageSource

__all__ = ["LeftOut"]

SHOWN = 3


class LeftOut(dict[str, list[Any]]):
    """Count what was left out: reason -> [how many, the first three by name].

    Example:
        >>> left_out = LeftOut()
        >>> for name in "abcd":
        ...     left_out.add("captions without text", name)
        >>> left_out.sentence()
        'captions without text: 4 (a, b, c, ...)'
    """

    @classmethod
    def of_source(cls, source: ImageSource) -> LeftOut:
        """What a place of pictures holds that is no picture, or none that can be read."""
        left_out = cls()
        for name in source.without_image:
            left_out.add("samples without a picture", name)
        for name in source.unread:
            left_out.add("pictures of a kind that is not read, convert them to JPEG", name)
        return left_out

    def add(self, reason: str, name: str, count: int = 1) -> None:
        """Count one more (or ``count`` more under one name)."""
        entry = self.setdefault(reason, [0, []])
        entry[0] += count
        if len(entry[1]) < SHOWN:
            entry[1].append(name[:200])

    def count(self, reason: str) -> int:
        """How many were left out for a reason."""
        return int(self[reason][0]) if reason in self else 0

    def merged(self, *others: LeftOut) -> LeftOut:
        """Both together."""
        whole = LeftOut()
        for part in (self, *others):
            for reason, (count, names) in part.items():
                entry = whole.setdefault(reason, [0, []])
                entry[0] += count
                entry[1] += names[: SHOWN - len(entry[1])]
        return whole

    def sentence(self) -> str:
        """One line, empty where nothing was left out."""
        return "; ".join(f"{reason}: {count} ({_shown(count, names)})" for reason, (count, names) in self.items())

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {reason: {"count": count, "first": list(names)} for reason, (count, names) in self.items()}


def _shown(count: int, names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed + ["..."] * (count > len(listed)))
