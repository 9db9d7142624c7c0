"""Registries: names, and what they stand for, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TypeVar

__all__ = ["ByName"]

Named = TypeVar("Named")


class ByName(MutableMapping[str, Named]):
    """A dict of names whose values are imported at their first use; to look whether a name is there imports nothing.

    Args:
        package: where places begin, ``__package__`` of the caller.
        places: ``.module:Attribute`` of each name.

    Example:
        >>> shapes = ByName("ucch.optim", {"momentum": ".momentum:MomentumBinary"})
        >>> "momentum" in shapes, shapes["momentum"].__name__
        (True, 'MomentumBinary')
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self.package = package
        self._places = dict(places)
        self._imported: dict[str, Named] = {}

    @classmethod
    def as_named(cls, package: str, names: Iterable[str], *, ending: str = "", **others: str) -> ByName[Named]:
        """Names that stand for the class of their name in the file of their name, ``cca-itq`` for ``.cca_itq:CcaItq``.

        Args:
            package: as of the class.
            names: in words between dashes.
            ending: of every class.
            others: places of names that stand for something else.
        """
        places = {
            name: f".{name.replace('-', '_')}:{''.join(word.capitalize() for word in name.split('-'))}{ending}"
            for name in names
        }
        return cls(package, {name: others.get(name, place) for name, place in places.items()})

    def __getitem__(self, name: str) -> Named:
        if name not in self._imported:
            module, _, attribute = self._places[name].partition(":")
            self._imported[name] = getattr(import_module(module, self.package), attribute)
        return self._imported[name]

    def __setitem__(self, name: str, value: Named) -> None:
        self._places.setdefault(name, "")
        self._imported[name] = value

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._imported.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
