"""Objectives: costs beside UCCH's own losses, which are the trainer's; some need labels or make labels up."""

from __future__ import annotations

from ...by_name import ByName
from .label_objective import Comparison, LabelObjective
from .objective import Objective

__all__ = ["OBJECTIVES", "Comparison", "LabelObjective", "Objective"]

OBJECTIVES: ByName[type[Objective]] = ByName(
    __name__,
    {
        "cirh": ".cirh:CirhObjective",
        "dgcpn": ".dgcpn:DgcpnObjective",
        "djsrh": ".djsrh:DjsrhObjective",
        "jdsh": ".jdsh:JdshObjective",
        "mlwch-like": ".mlwch_like:MlwchLikeObjective",
        "neighbors": ".neighbors:NeighborsObjective",
        "uchm-like": ".uchm_like:UchmLikeObjective",
        "unihash": ".unihash:UniHashObjective",
    },
)
