"""Sections that every run has: features, towers, table, losses, the loop, where features come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section_base import Count, NotNegative, Positive, Section, Share

__all__ = [
    "FeatureSection",
    "FineTuningSection",
    "LossSection",
    "ModelSection",
    "SourceSection",
    "TableSection",
    "TrainingSection",
]


class FeatureSection(Section):
    """How features are scaled before the towers; fitted on the training rows."""

    image_scaling: Literal["auto", "none", "center", "global", "standard", "unit"] = "auto"
    text_scaling: Literal["auto", "none", "center", "global", "standard", "unit"] = "auto"

    def of(self, view: str) -> str:
        """The scaling of a view; one that is not called ``image`` is scaled as texts are."""
        return self.image_scaling if view == "image" else self.text_scaling


class ModelSection(Section):
    """The two hash towers; 3 and 2 linear layers as published, or, started in closed form, one linear map.

    With ``nested`` the first 32, 64, 128 and so on bits of a code are codes themselves.
    """

    start: Literal["auto", "closed-form", "random"] = "auto"
    width: Count = 1024
    image_layers: Count = 3
    text_layers: Count = 2
    nested: bool = False

    def layers_of(self, view: str) -> int:
        """Layers of the tower of a view; one that is not called ``image`` has those of texts."""
        return self.image_layers if view == "image" else self.text_layers


class TableSection(Section):
    """The code table and its optimizer (Hu et al. 2023, section 3.2)."""

    momentum: Share = 0.4
    normalize: bool = True
    init: Literal["unbiased", "published"] = "unbiased"
    negatives: Literal["shared", "per_anchor"] = "shared"
    n_negatives: Count = 4096
    mask_own: bool = True
    warmup_epochs: Annotated[int, Field(ge=0)] = 1
    placement: Literal["replicated", "sharded"] = "replicated"


class LossSection(Section):
    """``beta`` times the contrastive hashing loss plus ``1 - beta`` times the ranking loss (Eq. 2)."""

    beta: Annotated[float, Field(ge=0, le=1)] = 0.7
    temperature: Positive = 0.9
    ranking: Literal["cross_modal", "max_margin"] = "cross_modal"
    margin: NotNegative = 0.2
    shift: NotNegative = 0.1
    kappa: Positive = 1.0


class TrainingSection(Section):
    """The loop around them.

    ``features_on`` says where an accelerator finds the features: sent to it once (``device``), a batch at a time from
    pinned memory (``host``), or the first where both modalities take at most half of its free memory. ``compile``
    compiles towers and losses, which changes nothing but rounding.

    An epoch is one pass over the pairs, or ends after ``epoch_steps`` steps: of very many pairs, a part may do.

    With ``calibrate`` one pair in twenty, at least 100 (one in ten of under 1,000) and at most 1,000, is set aside to
    learn what distances mean; where pairs are set aside anyway, to keep the best epoch or for the guarantee of a goal,
    those are taken without it.
    """

    epochs: Count | Literal["auto"] = "auto"
    epoch_steps: Count | None = None
    batch_size: Annotated[int, Field(ge=2)] = 256
    learning_rate: Positive = 1e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    weight_decay: NotNegative = 1e-6
    clip_norm: Positive = 1.0
    nonfinite_steps: Count = 10
    precision: Literal["float32", "bfloat16"] = "float32"
    features_on: Literal["auto", "device", "host"] = "auto"
    compile: bool = False
    keep: Literal["last", "best"] = "last"
    validation_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    calibrate: bool = False


class SourceSection(Section):
    """Where features come from instead of ``data``; empty where ``data`` is used.

    Photographs and captions to take them from, or ``stream``, a folder of shards or a list of their paths, ``-`` on
    standard input, each to be met once; docs/streams.md.
    """

    images: str = ""
    captions: str = ""
    encoding: str = ""
    image_encoder: str = ""
    text_encoder: str = ""
    query_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    split_seed: Annotated[int, Field(ge=0)] = 0
    group_near: bool = False
    max_bad: Annotated[float, Field(ge=0, le=1)] = 0.05
    stream: str = ""


class FineTuningSection(Section):
    """The image encoder trained on with the towers, after the published code's mode for raw images."""

    enabled: bool = False
    frozen_epochs: Annotated[int, Field(ge=0)] = 5
    encoder_learning_rate: Positive = 1e-5
    augment: bool = True
    smallest_crop: Annotated[float, Field(gt=0, le=1)] = 0.5
    pictures_at_once: Count = 32
