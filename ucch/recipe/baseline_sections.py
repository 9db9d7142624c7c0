"""Recipe sections of the baselines: methods without a training loop."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from .section_base import Count, ForgivingName, NotNegative, Positive, Section

__all__ = ["BASELINES", "BaselineName", "BaselineSections", "CmfhSection", "FshSection", "LinearSection", "LsshSection"]


_Baseline = Literal["none", "lsh", "sign", "itq", "cca-itq", "cvh", "cmfh", "lssh", "fsh"]
BaselineName = Annotated[_Baseline, ForgivingName]
BASELINES: tuple[str, ...] = get_args(_Baseline)[1:]


class LinearSection(Section):
    """Baselines in closed form: lsh, sign, itq, cca-itq and cvh.

    ``ridge`` is a share of a modality's mean variance; ``rotation_sweeps`` is of ITQ's rotation (Gong et al. 2013).
    """

    ridge: NotNegative = 1e-4
    rotation_sweeps: Count = 50


class CmfhSection(Section):
    """CMFH (Ding et al. 2014): weight of the projections and of all norms, and turns; as published."""

    projection_weight: Positive = 100.0
    regularization: Positive = 0.01
    sweeps: Count = 25


class LsshSection(Section):
    """LSSH (Zhou et al. 2014), as published; ``max_rows`` training rows are used."""

    atoms: Count = 512
    sparsity: Annotated[float, Field(ge=0, le=1)] = 0.5
    text_weight: Positive = 0.05
    link_weight: Positive = 0.2
    outer_rounds: Count = 20
    max_rows: Count = 10_000


class FshSection(Section):
    """FSH (Liu et al. 2017), values of the author's re-implementation; the ridge is ours."""

    anchors: Count = 50
    nearest: Count = 10
    regression_weight: Positive = 300.0
    rounds: Count = 100
    regression_ridge: NotNegative = 1e-4


class BaselineSections(Section):
    """Those sections by name, as a recipe has them."""

    linear: LinearSection = LinearSection()
    cmfh: CmfhSection = CmfhSection()
    lssh: LsshSection = LsshSection()
    fsh: FshSection = FshSection()
