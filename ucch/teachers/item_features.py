"""Scaled features of training items, one row a modality each: what teachers are fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import FeatureScaler, Pairs
from ..data.arrays import row_chunks

__all__ = ["item_features"]


@torch.no_grad()
def item_features(pairs: Pairs, *, image_scaling: str = "auto", text_scaling: str = "auto") -> tuple[Tensor, Tensor]:
    """Scale both modalities as the towers' inputs are; of several captions, their mean.

    Args:
        pairs: N training pairs; labels are not read.
        image_scaling, text_scaling: modes of :class:`~ucch.data.FeatureScaler`.

    Returns:
        (N, dx) and (N, dy), float32; zeros where an item lacks the side.
    """
    image, text = _side(pairs, "image", image_scaling), _side(pairs, "text", text_scaling)
    if pairs.image_of_text is None:
        return image, text
    item = torch.from_numpy(np.asarray(pairs.item_of_text, dtype=np.int64))
    counts = torch.bincount(item, minlength=len(pairs)).to(text.dtype)
    return image, torch.zeros(len(pairs), text.shape[1]).index_add_(0, item, text) / counts[:, None]


def _side(pairs: Pairs, kind: str, mode: str) -> Tensor:
    """Scaled rows of a modality, zeros where an item lacks it."""
    scaled, mask = _scaled(pairs.side(kind), mode, pairs.array_name(kind)), pairs.side_mask(kind)
    if mask is None:
        return scaled
    rows = torch.zeros(len(mask), scaled.shape[1])
    rows[torch.from_numpy(mask)] = scaled
    return rows


def _scaled(features: Any, mode: str, name: str) -> Tensor:
    scaler = FeatureScaler.fit(features, mode, name=name)
    return torch.cat([scaler(torch.from_numpy(np.array(features[rows]))) for rows in row_chunks(features, 4096)])
