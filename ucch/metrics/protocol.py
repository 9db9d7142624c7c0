"""How a MAP is computed, as data: two numbers may be compared where their protocols are equal."""

from __future__ import annotations

from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal

from .._checks import one_of
from ._cut import TIES, check_cutoff, check_ties
from .average_precision import Denominator, NoRelevant, average_precision, mean_over_queries
from .histograms import DistanceHistograms

__all__ = ["PROTOCOLS", "Protocol", "mean_average_precision"]


@dataclass(frozen=True)
class Protocol:
    """The four choices behind a MAP.

    Attributes:
        cutoff: last rank that counts; None for MAP@ALL.
        ties: ``expected``, ``optimistic``, ``pessimistic``, or ``stable`` (by database index; needs the codes).
        no_relevant: queries without a relevant item are skipped (``skip``) or count as 0 (``zero``).
        denominator: AP is divided by all relevant items (``relevant``) or those found within the cutoff
            (``retrieved``).

    Raises:
        TypeError: ``cutoff`` is not an int.
        ValueError: a value is none of the above.

    Example:
        >>> str(Protocol(cutoff=50, denominator="retrieved"))
        'MAP@50, ties expected, queries without relevant items skipped, divided by relevant items retrieved'
        >>> Protocol(cutoff=50, denominator="retrieved").short
        'MAP@50, retrieved'
    """

    cutoff: int | None = None
    ties: Literal["expected", "stable", "optimistic", "pessimistic"] = "expected"
    no_relevant: NoRelevant = "skip"
    denominator: Denominator = "relevant"

    def __post_init__(self) -> None:
        check_cutoff(self.cutoff)
        one_of("ties", self.ties, (*TIES, "stable"))
        one_of("no_relevant", self.no_relevant, ("skip", "zero"))
        one_of("denominator", self.denominator, ("relevant", "retrieved"))

    @property
    def short(self) -> str:
        """The cutoff and the choices that differ from the default, as in ``MAP@50, zero, retrieved``."""
        choices = [
            getattr(self, field.name) for field in fields(self)[1:] if getattr(self, field.name) != field.default
        ]
        return ", ".join([f"MAP@{self._where}", *choices])

    @property
    def _where(self) -> str:
        return "ALL" if self.cutoff is None else str(self.cutoff)

    def __str__(self) -> str:
        missing = "skipped" if self.no_relevant == "skip" else "counted as 0"
        found = "" if self.denominator == "relevant" else " retrieved"
        return (
            f"MAP@{self._where}, ties {self.ties}, queries without relevant items {missing},"
            f" divided by relevant items{found}"
        )


PROTOCOLS: MappingProxyType[str, Protocol] = MappingProxyType(
    {
        "ucch": Protocol(),
        "djsrh": Protocol(cutoff=50, no_relevant="zero", denominator="retrieved"),
        "unihash": Protocol(no_relevant="zero"),
    }
)
"""What each family of papers prints. All sorted with an unstable argsort, so that ties fell as the NumPy build had it;
the presets take the expectation over tie orders instead, which needs no luck to repeat."""


def mean_average_precision(histograms: DistanceHistograms, protocol: Protocol | None = None) -> float:
    """Average AP over the queries that count under ``protocol``.

    Args:
        histograms: counts of Q queries.
        protocol: default ``PROTOCOLS["ucch"]``: MAP@ALL, expected under ties, queries without relevant items
            skipped.

    Returns:
        MAP in [0, 1]; NaN where no query counts.

    Raises:
        ValueError: ``protocol.ties`` is ``stable``, which counts cannot answer.
    """
    protocol = protocol or PROTOCOLS["ucch"]
    values = average_precision(
        histograms,
        cutoff=protocol.cutoff,
        ties=check_ties(protocol.ties),
        denominator=protocol.denominator,
        no_relevant=protocol.no_relevant,
    )
    return mean_over_queries(values)
