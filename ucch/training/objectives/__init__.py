"""Objectives: costs beside UCCH's own losses, which are the trainer's; some need labels or make labels up."""

from __future__ import annotations

from .cirh import CirhObjective
from .dgcpn import DgcpnObjective
from .djsrh import DjsrhObjective
from .jdsh import JdshObjective
from .label_objective import Comparison, LabelObjective
from .mlwch_like import MlwchLikeObjective
from .neighbors import NeighborsObjective
from .objective import Objective
from .uchm_like import UchmLikeObjective
from .unihash import UniHashObjective

__all__ = ["OBJECTIVES", "Comparison", "LabelObjective", "Objective"]

OBJECTIVES: dict[str, type[Objective]] = {
    "cirh": CirhObjective,
    "dgcpn": DgcpnObjective,
    "djsrh": DjsrhObjective,
    "jdsh": JdshObjective,
    "mlwch-like": MlwchLikeObjective,
    "neighbors": NeighborsObjective,
    "uchm-like": UchmLikeObjective,
    "unihash": UniHashObjective,
}
