"""The picture that a caption file means, where it writes the name in another way."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ..errors import DataError

__all__ = ["NameTable", "spell"]

_MOST = 20_000  # names that the nearest one is looked for among


class NameTable:
    """Find pictures by the names that captions give them.

    Names are compared as they are; then with ``\\`` as ``/``, without ``./`` and in one form of Unicode; then without
    case; then by the longest common end of the path, of one picture alone, with the ending and without; a number also
    finds COCO's ``000000000007.jpg`` and ``COCO_val2014_000000000007.jpg``. So names with other folders, absolute
    paths and addresses of the web find the picture they end in.

    Args:
        names: of the pictures, each once.

    Example:
        >>> table = NameTable(["photos/Ä.JPG", "photos/b.png"])
        >>> table.find("/home/me/a\\u0308.jpg"), table.find("b.webp"), table.find("c.jpg")
        ((0, 3), (1, 4), None)
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._exact = {name: place for place, name in enumerate(names)}
        spelt = [spell(name) for name in names]
        self._spelt = _unique(spelt)
        self._folded = _unique([name.casefold() for name in spelt])
        self._parts = [tuple(name.casefold().split("/")) for name in spelt]
        self._by_last: dict[str, list[int]] = defaultdict(list)
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._by_number: dict[str, list[int]] = defaultdict(list)
        for place, parts in enumerate(self._parts):
            self._by_last[parts[-1]].append(place)
            stem = _stem(parts[-1])
            self._by_stem[stem].append(place)
            number = re.search(r"(?:^|_)0*([1-9]\d*|0)$", stem)
            if number:
                self._by_number[number[1]].append(place)

    def find(self, name: str) -> tuple[int, int] | None:
        """Place of the picture, and how far the name had to be bent (0: not at all); None where none or several fit."""
        if name in self._exact:
            return self._exact[name], 0
        spelt = spell(name)
        for level, (key, held) in enumerate(((spelt, self._spelt), (spelt.casefold(), self._folded)), start=1):
            if key in held:
                return held[key], level
        parts = tuple(spelt.casefold().split("/"))
        stem = _stem(parts[-1])
        groups = [self._by_last[parts[-1]], self._by_stem[stem]]
        if stem.isascii() and stem.isdecimal():
            groups.append(self._by_number[stem.lstrip("0") or "0"])
        for level, group in enumerate(groups, start=3):
            place = self._longest_common_end(parts, group)
            if place is not None:
                return place, level
        return None

    def nearest(self, name: str) -> str:
        """The name most like this one; empty where none is near."""
        last = spell(name).rpartition("/")[2]
        shown = {PurePosixPath(held).name: held for held in self.names[:_MOST]}
        near = difflib.get_close_matches(last, shown, n=1)
        return shown[near[0]] if near else ""

    def find_all(self, names: Sequence[str], what: str) -> list[int | None]:
        """Find many names; of those that mean one picture, the least bent counts.

        Args:
            names: each once.
            what: the captions, for the message.

        Raises:
            DataError: two names with other folders or endings fit one picture equally well.
        """
        found = [self.find(name) for name in names]
        best: dict[int, tuple[int, int]] = {}
        for row, hit in enumerate(found):
            if hit is None:
                continue
            place, level = hit
            level = 0 if level < 3 else level  # another spelling, not another name
            if place in best and best[place][1] == level > 0:
                raise DataError(
                    f"{what} name {names[best[place][0]][:200]!r} and {names[row][:200]!r}, which both fit the picture"
                    f" {self.names[place][:200]!r} alone; name the folders as they are"
                )
            if place not in best or level < best[place][1]:
                best[place] = (row, level)
        return [None if hit is None or (0 if hit[1] < 3 else hit[1]) > best[hit[0]][1] else hit[0] for hit in found]

    def _longest_common_end(self, parts: tuple[str, ...], places: Sequence[int]) -> int | None:
        if len(places) == 1:
            return places[0]
        lengths = [(_common_end(parts[:-1], self._parts[place][:-1]), place) for place in places]
        longest = max(lengths, default=(0, 0))[0]
        fitting = [place for length, place in lengths if length == longest]
        return fitting[0] if len(fitting) == 1 else None


def spell(name: str) -> str:
    """Bring a name into one spelling: ``/`` between its parts, ``.`` and ``..`` resolved, no host, composed Unicode."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", name):
        with suppress(ValueError):
            name = unquote(urlsplit(name).path)
    parts: list[str] = []
    for part in name.replace("\\", "/").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return unicodedata.normalize("NFC", "/".join(parts))


def _unique(keys: Sequence[str]) -> dict[str, int]:
    """Places by key, without the keys of several."""
    held: dict[str, int] = {}
    several = set()
    for place, key in enumerate(keys):
        if held.setdefault(key, place) != place:
            several.add(key)
    return {key: place for key, place in held.items() if key not in several}


def _stem(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and len(ending) <= 5 else name


def _common_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    length = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        length += 1
    return length
