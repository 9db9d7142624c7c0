"""Baselines by name."""

from __future__ import annotations

from ..by_name import ByName
from .baseline import Baseline

__all__ = ["BASELINES"]

BASELINES: ByName[type[Baseline]] = ByName(
    __package__,
    {
        "lsh": ".lsh:Lsh",
        "sign": ".sign:Sign",
        "itq": ".itq:Itq",
        "cca-itq": ".cca_itq:CcaItq",
        "cvh": ".cvh:Cvh",
        "cmfh": ".cmfh:Cmfh",
        "lssh": ".lssh:Lssh",
        "fsh": ".fsh:Fsh",
    },
)
