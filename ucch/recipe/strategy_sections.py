"""Names of the optimizers, and their recipe sections: each its own few parameters, with their source."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from .section_base import Count, ForgivingName, NotNegative, Positive, Section

__all__ = [
    "OPTIMIZERS",
    "BiHalfSection",
    "BopSection",
    "ContinuationSection",
    "DiscreteSection",
    "GreedySection",
    "ItqSection",
    "OptimizerName",
    "QuantizationSection",
    "RotationSection",
    "StraightThroughSection",
    "StrategySections",
]


_Optimizer = Literal[
    "momentum",
    "rotation",
    "straight-through",
    "continuation",
    "greedy",
    "bi-half",
    "bop",
    "discrete",
    "itq",
    "quantization",
    "none",
]
OptimizerName = Annotated[_Optimizer, ForgivingName]
OPTIMIZERS: tuple[str, ...] = get_args(_Optimizer)


class StraightThroughSection(Section):
    """Straight-through sign: clipped as in Courbariaux et al. 2016; keys from overwritten rows or the batch."""

    form: Literal["clipped", "identity", "soft"] = "clipped"
    keys: Literal["memory", "batch"] = "memory"


class ContinuationSection(Section):
    """Tanh continuation (Cao et al. 2017), its schedule scaled to the run; the last slope is ours."""

    last_slope: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 10.0
    path: Literal["square_root", "geometric"] = "square_root"


class GreedySection(Section):
    """GreedyHash (Su et al. 2018): weight of the cubic penalty."""

    alpha: NotNegative = 0.1


class BiHalfSection(Section):
    """Bi-half (Li and van Gemert 2021): gamma for images; thresholds per modality and running median are ours."""

    gamma: NotNegative = 6.0
    shared: bool = False
    rate: Annotated[float, Field(gt=0, le=1)] = 0.1
    keys: Literal["memory", "batch"] = "memory"


class BopSection(Section):
    """Bop (Helwegen et al. 2019): gamma as in larq; the threshold is ``scale * gamma * 2 / (B T D)``, ours."""

    gamma: Annotated[float, Field(gt=0, le=1)] = 1e-4
    scale: Positive = 1.0


class DiscreteSection(Section):
    """Discrete cyclic coordinate descent (SDH, DSDH): DSDH's values; the target is ours."""

    mu: Positive = 1.0
    nu: Positive = 1.0
    eta: NotNegative = 55.0
    n_sweeps: Count = 10
    n_components: Count = 64


class ItqSection(Section):
    """ITQ (Gong et al. 2013): a rotation fitted every epoch, or once at the end of continuous training."""

    at: Literal["epoch", "end"] = "epoch"
    n_iterations: Count = 50


class RotationSection(Section):
    """Rotation of momentum's outputs, fitted every epoch, ours; at most as many turns as ITQ has (Gong et al. 2013).

    ``weights`` says how far rows of the table follow each view: all alike (``equal``), or by how far neighbours in its
    features tell its codes (``neighbors``).
    """

    weights: Literal["equal", "neighbors"] = "equal"
    n_iterations: Count = 50


class QuantizationSection(Section):
    """Quantisation penalty on momentum's outputs; ``auto`` takes the weight of the penalty's source."""

    kind: Literal["l1", "log_cosh", "l2", "cubic", "cauchy"] = "l1"
    weight: NotNegative | Literal["auto"] = "auto"


class StrategySections(Section):
    """Those sections by name, as a recipe has them."""

    straight_through: StraightThroughSection = StraightThroughSection()
    continuation: ContinuationSection = ContinuationSection()
    greedy: GreedySection = GreedySection()
    bi_half: BiHalfSection = BiHalfSection()
    bop: BopSection = BopSection()
    discrete: DiscreteSection = DiscreteSection()
    itq: ItqSection = ItqSection()
    quantization: QuantizationSection = QuantizationSection()
    rotation: RotationSection = RotationSection()
