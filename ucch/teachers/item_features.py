"""Scaled features of training items, one row a modality each: what teachers are fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import FeatureScaler, Pairs
from ..data.arrays import row_chunks

__all__ = ["ItemScalers", "item_features", "item_scalers", "scaled_items"]

ItemScalers = tuple[FeatureScaler, FeatureScaler]


@torch.no_grad()
def item_features(pairs: Pairs, *, image_scaling: str = "auto", text_scaling: str = "auto") -> tuple[Tensor, Tensor]:
    """Scale both modalities as the towers' inputs are; of several captions, their mean.

    Args:
        pairs: N training pairs; labels are not read.
        image_scaling, text_scaling: modes of :class:`~ucch.data.FeatureScaler`.

    Returns:
        (N, dx) and (N, dy), float32; zeros where an item lacks the side.
    """
    return scaled_items(pairs, item_scalers(pairs, image_scaling=image_scaling, text_scaling=text_scaling))


def item_scalers(pairs: Pairs, *, image_scaling: str = "auto", text_scaling: str = "auto") -> ItemScalers:
    """Fit the scaling of either modality to the sides that are there; arguments as of :func:`item_features`."""
    image, text = (
        FeatureScaler.fit(pairs.side(kind), mode, name=pairs.array_name(kind))
        for kind, mode in (("image", image_scaling), ("text", text_scaling))
    )
    return image, text


@torch.no_grad()
def scaled_items(pairs: Pairs, scalers: ItemScalers) -> tuple[Tensor, Tensor]:
    """As :func:`item_features`, by scalers that were fitted to these pairs or to others."""
    image, text = _side(pairs, "image", scalers[0]), _side(pairs, "text", scalers[1])
    if pairs.image_of_text is None:
        return image, text
    item = torch.from_numpy(np.asarray(pairs.item_of_text, dtype=np.int64))
    counts = torch.bincount(item, minlength=len(pairs)).to(text.dtype)
    return image, torch.zeros(len(pairs), text.shape[1]).index_add_(0, item, text) / counts[:, None]


def _side(pairs: Pairs, kind: str, scaler: FeatureScaler) -> Tensor:
    """Scaled rows of a modality, zeros where an item lacks it."""
    mask = pairs.side_mask(kind)
    if mask is None:
        return _scaled(pairs.side(kind), scaler)
    rows = torch.zeros(len(mask), scaler.n_features)
    if mask.any():
        rows[torch.from_numpy(mask)] = _scaled(pairs.side(kind), scaler)
    return rows


def _scaled(features: Any, scaler: FeatureScaler) -> Tensor:
    return torch.cat([scaler(torch.from_numpy(np.array(features[rows]))) for rows in row_chunks(features, 4096)])
