"""Recipe sections of the deep baselines, which rebuild a similarity of the features in the codes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section_base import Count, NotNegative, Positive, Section

__all__ = [
    "CirhSection",
    "DgcpnSection",
    "DjsrhSection",
    "JdshSection",
    "ReconstructionObjective",
    "ReconstructionSections",
]

ReconstructionObjective = Literal["djsrh", "jdsh", "dgcpn", "cirh"]
Part = Annotated[float, Field(ge=0, le=1)]


class DjsrhSection(Section):
    """DJSRH (Su et al. 2019). Published ``image_weight``: .9 MIRFLICKR, .6 NUS-WIDE, .3 Wikipedia.

    ``own_weight``, of the terms within a modality: .1, and .3 on Wikipedia.
    """

    image_weight: Part = 0.6
    second_order: Part = 0.4
    scale: Positive = 1.5
    own_weight: NotNegative = 0.1


class JdshSection(Section):
    """JDSH (Liu et al. 2020), values published for MIRFLICKR; its thresholds are quantiles here, a reconstruction."""

    image_weight: NotNegative = 0.5
    text_weight: NotNegative = 0.1
    cross_weight: NotNegative = 0.4
    pull_low: NotNegative = 0.1
    pull_high: NotNegative = 0.2
    left: Part = 0.05
    right: Part = 0.8
    own_weight: NotNegative = 0.1


class DgcpnSection(Section):
    """DGCPN (Yu et al. 2021). Neighbours: 2,000 of 5,000 published; here no more than two fifths of the pairs."""

    image_weight: Part = 0.99
    neighbor_share: Part = 0.3
    n_neighbors: Count = 2000
    pair_target: Positive = 1.5


class CirhSection(Section):
    """CIRH (Zhu et al. 2022). ``graph_*`` are of the network that finds target codes; its sizes and steps are ours."""

    image_weight: Part = 0.6
    kept_share: Part = 0.4
    graph_share: Part = 0.4
    structure_weight: NotNegative = 0.01
    graph_width: Count = 512
    graph_batch: Annotated[int, Field(ge=2)] = 512
    graph_steps: Count = 300
    graph_learning_rate: Positive = 1e-3


class ReconstructionSections(Section):
    """Those sections by name, as a recipe has them; the names are those of the objectives."""

    djsrh: DjsrhSection = DjsrhSection()
    jdsh: JdshSection = JdshSection()
    dgcpn: DgcpnSection = DgcpnSection()
    cirh: CirhSection = CirhSection()
