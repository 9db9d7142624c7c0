"""Digests: two encoders of one digest give the same features."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch
from torch import nn

__all__ = ["fingerprint"]


def fingerprint(settings: dict[str, Any], model: nn.Module | None = None) -> str:
    """Digest settings and weights.

    Args:
        settings: everything but the weights that decides the features, as JSON holds it.
        model: its parameters and buffers, name by name, count with dtype, shape and bytes.

    Returns:
        SHA-256 in hexadecimal. Reads every weight once.

    Example:
        >>> fingerprint({"size": 224}) == fingerprint({"size": 224}) != fingerprint({"size": 225})
        True
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, value in sorted((model.state_dict() if model is not None else {}).items()):
        tensor = value.detach().cpu().contiguous()
        digest.update(f"\n{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
