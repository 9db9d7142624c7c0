"""Feature scaling, fitted on the training rows, saved with the model and applied at encoding."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from .._checks import one_of
from ..errors import DataError
from .arrays import FeatureArray, check_matrix
from .statistics import FeatureStatistics, feature_statistics

__all__ = ["APPLIED", "MODES", "FeatureScaler", "choose_mode"]

MODES = ("auto", "center", "global", "none", "standard", "unit")
APPLIED = ("center", "global", "none", "standard", "unit", "unit+global")

_FEW_VALUES = 8
_ROUNDING = 1e-6  # deviations below this share of the mean are rounding noise of float32


def choose_mode(statistics: FeatureStatistics) -> tuple[str, str]:
    """Resolve ``auto`` from the training features alone, without labels.

    1. Rows of fewer than eight values: ``global``. There is too little to judge by.
    2. One dimension holds more than half of the variance, and fewer than a tenth of the values are zeros:
       ``standard``. That dimension has another unit than the others and would drown them. Among zeros, as in counts,
       it is a frequent word, and the others are rare words that nobody wants enlarged.
    3. The row lengths deviate by more than half of their mean: ``unit+global``. Lengths that differ so much, of
       documents or of raw embeddings, hide what the rows are about.
    4. Else ``global``.

    The numbers behind the rule are in ``docs/scaling_table.md``, which ``benchmarks/scaling_study.py`` writes.

    Returns:
        The mode, one of ``APPLIED``, and the reason in one short sentence.
    """
    variance, total = statistics.variance, float(statistics.variance.sum())
    if len(variance) < _FEW_VALUES:
        return "global", f"rows of {len(variance)} values are too short to judge by"
    largest = float(variance.max()) / total if total > 0 else 0.0
    if largest > 0.5 and statistics.zero_share < 0.1:
        return "standard", f"dimension {int(variance.argmax())} holds {largest:.0%} of the variance"
    spread = statistics.length_deviation / statistics.length_mean if statistics.length_mean > 0 else 0.0
    if spread > 0.5:
        return "unit+global", f"row lengths deviate by {spread:.0%} of their mean"
    return "global", "no dimension holds most of the variance and row lengths are alike"


class FeatureScaler(nn.Module):
    """Scale features by numbers learnt from the training rows, as a part of the model.

    With mean ``m`` and variances ``s_j^2`` of the d dimensions over the training rows,

    * ``none``: ``x``
    * ``center``: ``x - m``
    * ``global``: ``(x - m) / sqrt(sum_j s_j^2)``, centred, then one scale
    * ``standard``: ``(x_j - m_j) / (s_j sqrt(d))``, centred, then each dimension its own scale
    * ``unit``: ``x / |x|``; a row of zeros stays zeros
    * ``auto``: :func:`choose_mode` decides between ``global``, ``standard``, and ``unit`` followed by ``global``

    ``unit``, ``global`` and ``standard`` all end at rows of length 1, as a root mean square over the training rows.
    Whatever d is, the towers and their learning rate then meet inputs of one size; variances of 1, hence lengths of
    ``sqrt(d)``, let them learn wide features by heart. A dimension that does not vary, beyond 1e-6 of its mean, which
    float32 hardly resolves, is only centred.

    Build it with :meth:`fit`. To save it, keep its ``state_dict()`` (tensors) and its :meth:`config` (words and
    numbers); ``FeatureScaler.from_config(config)`` followed by ``load_state_dict`` gives it back.

    Args:
        n_features: d, columns of the features.
        mode: one of ``MODES``, as asked for.
        resolved: the mode applied, one of ``APPLIED``; differs from ``mode`` only under ``auto``.
        reason: why it is applied, in a short sentence.

    Shape:
        (B, d) of any real dtype -> (B, d) float32.

    Example:
        >>> scaler = FeatureScaler.fit(np.array([[1.0, 10.0], [3.0, 10.0]]), "global")
        >>> scaler(torch.tensor([[1.0, 10.0], [5.0, 12.0]]))
        tensor([[-1.,  0.],
                [ 3.,  2.]])
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_features: int, mode: str, resolved: str, reason: str) -> None:
        super().__init__()
        one_of("mode", mode, MODES)
        one_of("resolved", resolved, APPLIED)
        self.n_features = n_features
        self.mode = mode
        self.resolved = resolved
        self.reason = reason
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("scale", torch.ones(n_features))

    @classmethod
    def fit(
        cls, features: FeatureArray, mode: str = "auto", *, name: str = "features", chunk_rows: int | None = None
    ) -> FeatureScaler:
        """Fit to training features, in one pass (two for ``unit+global``) over chunks of rows with float64 sums.

        Args:
            features: (n, d) real numbers, in memory or memory-mapped; never copied as a whole.
            mode: one of ``MODES``; ``auto`` by default.
            name: what the array is called in messages.
            chunk_rows: rows read at a time; chosen by width by default.

        Raises:
            ValueError: ``mode`` is none of ``MODES``.
            DataError: ``features`` is not a matrix of finite real numbers.
        """
        one_of("mode", mode, MODES)
        statistics = feature_statistics(check_matrix(name, features), name=name, chunk_rows=chunk_rows)
        resolved, reason = choose_mode(statistics) if mode == "auto" else (mode, "asked for")
        if resolved == "unit+global":
            statistics = feature_statistics(features, unit_rows=True, name=name, chunk_rows=chunk_rows)
        scaler = cls(features.shape[1], mode, resolved, reason)
        if resolved not in ("none", "unit"):
            scaler.mean.copy_(torch.from_numpy(statistics.mean))
        if resolved in ("global", "unit+global", "standard"):
            scaler.scale.copy_(torch.from_numpy(_scale(statistics, each=resolved == "standard")))
        return scaler

    def forward(self, x: Tensor) -> Tensor:
        """Scale a batch; float64 input is centred in float64."""
        if x.dim() != 2 or x.shape[1] != self.n_features:
            raise ValueError(f"x must have shape (rows, {self.n_features}), got shape {tuple(x.shape)}")
        if not x.is_floating_point():
            x = x.to(torch.float32)
        if self.resolved.startswith("unit"):
            x = nn.functional.normalize(x.to(torch.promote_types(x.dtype, torch.float32)), dim=1)
        if self.resolved not in ("none", "unit"):
            x = (x - self.mean) / self.scale
        return x.to(torch.float32)

    def config(self) -> dict[str, str | int]:
        """Words and numbers that, with the ``state_dict``, give the scaler back."""
        return {
            "n_features": self.n_features,
            "mode": self.mode,
            "resolved": self.resolved,
            "reason": self.reason,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, str | int]) -> FeatureScaler:
        """Build an empty scaler from :meth:`config`; load its ``state_dict`` next.

        Raises:
            DataError: ``config`` lacks a key, has another one, or holds a value that no scaler has.
        """
        keys = {"n_features", "mode", "resolved", "reason"}
        if set(config) != keys:
            raise DataError(f"a scaler's config must have the keys {', '.join(sorted(keys))}, got {sorted(config)}")
        try:
            return cls(int(config["n_features"]), str(config["mode"]), str(config["resolved"]), str(config["reason"]))
        except ValueError as error:
            raise DataError(f"a scaler's config is wrong: {error}") from error

    def extra_repr(self) -> str:
        return f"{self.n_features}, mode={self.mode}, resolved={self.resolved}"


def _scale(statistics: FeatureStatistics, *, each: bool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What centred features are divided by, (d,): one number, or one for ``each`` dimension."""
    if each:
        deviation = np.sqrt(statistics.variance)
        varies = deviation > _ROUNDING * np.abs(statistics.mean)
        return np.where(varies, deviation * np.sqrt(np.count_nonzero(varies)), 1.0)
    length, level = np.sqrt(statistics.variance.sum()), np.linalg.norm(statistics.mean)
    return np.full(len(statistics.mean), length if length > _ROUNDING * level else 1.0)
