from .agreement import neighbor_lift
from .cirh import cirh_similarity
from .cosines import cosines, mixed_cosines
from .dgcpn import dgcpn_neighbors, dgcpn_similarity
from .djsrh import djsrh_similarity
from .item_features import ItemScalers, item_features, item_scalers, scaled_items
from .jdsh import Thresholds, fit_thresholds, jdsh_joint, jdsh_similarity
from .joint_semantics import JointSemantics, diffusion_rows, joint_rows, joint_semantics_rows
from .mie import MieGenerator
from .mie_loss import MieWeights, anchor_similarity, mie_loss
from .mie_training import MieTraining
from .neighbors import Neighbors, neighbor_lists
from .split_half import propagation_gain
from .teacher import Teacher

__all__ = [
    "ItemScalers",
    "JointSemantics",
    "MieGenerator",
    "MieTraining",
    "MieWeights",
    "Neighbors",
    "Teacher",
    "Thresholds",
    "anchor_similarity",
    "cirh_similarity",
    "cosines",
    "dgcpn_neighbors",
    "dgcpn_similarity",
    "diffusion_rows",
    "djsrh_similarity",
    "fit_thresholds",
    "item_features",
    "item_scalers",
    "jdsh_joint",
    "jdsh_similarity",
    "joint_rows",
    "joint_semantics_rows",
    "mie_loss",
    "mixed_cosines",
    "neighbor_lift",
    "neighbor_lists",
    "propagation_gain",
    "scaled_items",
]
