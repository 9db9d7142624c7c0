"""Recipe sections of the methods that learn from labels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section_base import Count, NotNegative, Positive, Section

__all__ = ["LabelSection", "LabelSections", "LabelledObjective", "MlwchLikeSection", "UniHashSection"]

LabelledObjective = Literal["unihash", "mlwch-like"]


class LabelSection(Section):
    """Where labels come from and what outputs are compared with; read by the objectives that need labels.

    ``pseudo`` makes labels up from the features, which leaves the run unsupervised; ``against`` compares outputs with
    those of the batch or, after warm-up, with the codes of ``table.n_negatives`` rows of the code table;
    ``ucch_weight`` adds the losses of section ``loss``.
    """

    pseudo: Literal["none", "tags", "kmeans"] = "none"
    n_tags: Count = 3
    n_clusters: Annotated[int, Field(ge=2)] = 64
    n_nearest: Count = 3
    against: Literal["batch", "table"] = "batch"
    ucch_weight: NotNegative = 0.0


class UniHashSection(Section):
    """UniHash (Wu et al. 2022). Published: ``reduction = "sum"`` with ``pair_weight = 1``.

    With means, a ``pair_weight`` of 64 balances the losses as the published sums do at the published batch of 64.
    ``outputs = "query"`` hands the losses the optimizer's queries in place of tanh(u). ``n_layers`` of the encoder,
    all but the first shared, are ours.
    """

    n_layers: Annotated[int, Field(ge=2)] = 4
    n_label_negatives: Count = 9
    label_temperature: Positive = 0.05
    pair_weight: NotNegative = 64.0
    reduction: Literal["mean", "sum"] = "mean"
    outputs: Literal["query", "tanh"] = "tanh"


class MlwchLikeSection(Section):
    """After MLWCH (Yi et al. 2024), a reconstruction: every value is ours."""

    contrast_temperature: Positive = 0.2
    bandwidth: Positive = 0.5
    nonlinear_weight: NotNegative = 1.0
    quantization_weight: NotNegative = 0.01


class LabelSections(Section):
    """Those sections by name, as a recipe has them."""

    labels: LabelSection = LabelSection()
    unihash: UniHashSection = UniHashSection()
    mlwch_like: MlwchLikeSection = MlwchLikeSection()
