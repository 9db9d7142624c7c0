"""Recipe sections of the teacher and of the method built around it."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from .section_base import Count, ForgivingName, NotNegative, Positive, Section, Share

__all__ = [
    "TEACHERS",
    "MieSection",
    "TaughtObjective",
    "TeacherName",
    "TeacherSection",
    "TeacherSections",
    "UchmLikeSection",
]


_Teacher = Literal["auto", "none", "mie", "joint-semantics"]
TeacherName = Annotated[_Teacher, ForgivingName]
TEACHERS: tuple[str, ...] = get_args(_Teacher)
TaughtObjective = Literal["uchm-like"]
Closed = Annotated[float, Field(ge=0, le=1)]


class TeacherSection(Section):
    """A similarity of training pairs, learnt without labels, that guides UCCH's losses; docs/teachers.md.

    Ways of guiding, each off at 0: ``target_weight`` is the share of the contrastive loss's target that goes to keys
    of alike pairs, ``ranking_weight`` the same in the ranking loss, ``negatives_weight`` how far the most alike
    ``negatives_share`` of all pairs lose their weight as negatives, ``closeness_weight`` weighs the squared distance
    of the outputs' cosines from the teacher's. ``auto`` takes ``joint-semantics`` where the modalities' agreement
    reaches ``least_lift`` and propagation foretells unseen dimensions at least ``least_gain`` times as well as cosines
    do, else ``mie`` where the agreement reaches ``mie_least_lift``, else none. Of more than
    ``most_pairs`` pairs a teacher is fitted to at most that many, in memory, and describes the others by chunks.
    """

    similarity: TeacherName = "auto"
    target_weight: Share = 0.8
    target_temperature: Positive = 0.3
    ranking_weight: Share = 0.3
    negatives_weight: Closed = 0.0
    negatives_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    closeness_weight: NotNegative = 0.0
    least_lift: NotNegative = 1.25
    least_gain: NotNegative = 0.97
    mie_least_lift: NotNegative = 2.0
    most_pairs: Annotated[int, Field(ge=2)] = 200_000
    teacher_image_weight: Closed = 0.5
    graph_neighbors: Annotated[int, Field(ge=0)] = 0
    n_components: Count = 64
    n_walks: Count = 4
    n_anchors: Annotated[int, Field(ge=2)] = 8192


class MieSection(Section):
    """The modality-interaction generator: a reconstruction of UCHM's, every value ours."""

    generator_form: Literal["product", "transformer"] = "product"
    generator_width: Count = 512
    n_outputs: Count = 128
    n_heads: Count = 8
    generator_layers: Count = 2
    generator_steps: Count = 400
    generator_rate: Positive = 1e-3
    token_dropout: Share = 0.2
    view_weight: NotNegative = 1.0
    anchor_weight: NotNegative = 1.0
    binary_weight: NotNegative = 0.1
    balance_weight: NotNegative = 0.1
    anchor_image_weight: Closed = 0.6
    view_temperature: Positive = 0.2


class UchmLikeSection(Section):
    """The hashing loss after UCHM (Tu et al. 2023), a reconstruction: every value ours."""

    selection: Literal["vote", "greedy", "sum"] = "vote"
    n_votes: Count = 16
    bit_weight: NotNegative = 0.001


class TeacherSections(Section):
    """Those sections by name, as a recipe has them."""

    teacher: TeacherSection = TeacherSection()
    mie: MieSection = MieSection()
    uchm_like: UchmLikeSection = UchmLikeSection()
