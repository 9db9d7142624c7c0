"""Similarities of training pairs without labels: closed forms over batches of features, and learnt ones."""

from .cirh import cirh_similarity
from .cosines import cosines, mixed_cosines
from .dgcpn import dgcpn_neighbors, dgcpn_similarity
from .djsrh import djsrh_similarity
from .jdsh import Thresholds, fit_thresholds, jdsh_joint, jdsh_similarity
from .neighbors import Neighbors, neighbor_lists

__all__ = [
    "Neighbors",
    "Thresholds",
    "cirh_similarity",
    "cosines",
    "dgcpn_neighbors",
    "dgcpn_similarity",
    "djsrh_similarity",
    "fit_thresholds",
    "jdsh_joint",
    "jdsh_similarity",
    "mixed_cosines",
    "neighbor_lists",
]
