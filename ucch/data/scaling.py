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

__all__ = ["MODES", "FeatureScaler", "choose_mode"]

MODES = ("auto", "center", "global", "none", "standard", "unit")

_ROUNDING = 1e-6  # deviations below this share of the mean are rounding noise of float32


def choose_mode(statistics: FeatureStatistics) -> tuple[str, str]:
    """Resolve ``auto`` from the training features alone, without labels.

    Returns:
        The mode and the reason in one short sentence.
    """
    return "global", "centring and one scale keep the meaning of the dimensions"


class FeatureScaler(nn.Module):
    """Scale features by numbers learnt from the training rows, as a part of the model.

    With mean ``m`` and variance ``s_j^2`` of dimension j over the training rows,

    | mode | output |
    |---|---|
    | ``none`` | ``x`` |
    | ``center`` | ``x - m`` |
    | ``global`` | ``(x - m) / sqrt(mean_j s_j^2)``: one scale, so that an average dimension has variance 1 |
    | ``standard`` | ``(x_j - m_j) / s_j``: every dimension has variance 1 |
    | ``unit`` | ``x / |x|``; a row of zeros stays zeros |
    | ``auto`` | one of these, chosen by :func:`choose_mode` from the training features |

    A dimension that does not vary (beyond 1e-6 of its mean, which float32 hardly resolves) is only centred.

    Build it with :meth:`fit`. To save it, keep its ``state_dict()`` (tensors) and its :meth:`config` (words and
    numbers); ``FeatureScaler.from_config(config)`` followed by ``load_state_dict`` gives it back.

    Args:
        n_features: d, columns of the features.
        mode: one of ``MODES``, as asked for.
        resolved: the mode applied; differs from ``mode`` only under ``auto``.
        reason: why it is applied, in a short sentence.

    Shape:
        (B, d) of any real dtype -> (B, d) float32.

    Example:
        >>> scaler = FeatureScaler.fit(np.array([[1.0, 10.0], [3.0, 10.0]]), "standard")
        >>> scaler(torch.tensor([[1.0, 10.0], [5.0, 12.0]]))
        tensor([[-1.,  0.],
                [ 3.,  2.]])
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, n_features: int, mode: str, resolved: str, reason: str) -> None:
        super().__init__()
        one_of("mode", mode, MODES)
        one_of("resolved", resolved, [word for word in MODES if word != "auto"])
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
        """Fit to training features, in one pass over chunks of rows with float64 sums.

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
        scaler = cls(features.shape[1], mode, resolved, reason)
        if resolved in ("center", "global", "standard"):
            scaler.mean.copy_(torch.from_numpy(statistics.mean))
        if resolved == "global":
            spread, level = np.sqrt(statistics.variance.mean()), np.sqrt(np.square(statistics.mean).mean())
            scaler.scale.fill_(float(spread) if spread > _ROUNDING * level else 1.0)
        if resolved == "standard":
            deviation = np.sqrt(statistics.variance)
            varies = deviation > _ROUNDING * np.abs(statistics.mean)
            scaler.scale.copy_(torch.from_numpy(np.where(varies, deviation, 1.0)))
        return scaler

    def forward(self, x: Tensor) -> Tensor:
        """Scale a batch; float64 input is centred in float64."""
        if x.dim() != 2 or x.shape[1] != self.n_features:
            raise ValueError(f"x must have shape (rows, {self.n_features}), got shape {tuple(x.shape)}")
        if not x.is_floating_point():
            x = x.to(torch.float32)
        if self.resolved == "none":
            return x.to(torch.float32)
        if self.resolved == "unit":
            return nn.functional.normalize(x.to(torch.float32), dim=1)
        return ((x - self.mean) / self.scale).to(torch.float32)

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
