"""A model as the bytes of one safetensors file, and the model that such a file holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..data.items import check_view_names
from ..data.scaling import FeatureScaler
from ..errors import RunError
from ..files import check_regular
from ..plain_json import one_line, parse_json
from .hash_tower import HashTower
from .towers import build_tower

if TYPE_CHECKING:
    from .hash_model import HashModel

__all__ = ["model_bytes", "read_model"]

_FORMAT = "ucch-model-1"
_USUAL = ("image", "text")  # views that a file need not name
Model = TypeVar("Model", bound="HashModel")


def model_bytes(model: HashModel) -> bytes:
    """Weights and everything needed to rebuild the model; equal models give equal bytes."""
    config = {
        "format": _FORMAT,
        "recipe": model.recipe,
        **({} if model.names == _USUAL else {"views": list(model.names)}),
        **{f"{name}_scaler": scaler.config() for name, scaler in model.scalers().items()},
        **{f"{name}_tower": tower.config() for name, tower in model.towers().items()},
    }
    # Copies, since towers may share layers while they train and a safetensors file shares nothing.
    tensors = {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}
    content: bytes = save(tensors, metadata={"ucch": json.dumps(config)})
    return content


def read_model(path: Path, build: Callable[[Mapping[str, FeatureScaler], Mapping[str, HashTower]], Model]) -> Model:
    """The model of a file, on the CPU, for encoding.

    Args:
        path: what :func:`model_bytes` gave.
        build: the model of scalers and towers by view, as :meth:`~ucch.models.HashModel.of_views`.

    Raises:
        RunError: the file is missing, damaged, or no model of this format.
    """
    check_regular(path, RunError)
    try:
        with safe_open(path, framework="pt") as file:
            config: dict[str, Any] = parse_json((file.metadata() or {}).get("ucch", "{}"))
            if config.get("format") != _FORMAT:
                raise RunError(f"{path} holds {config.get('format', 'no format')!r}, expected {_FORMAT!r}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        names = config.get("views", list(_USUAL))
        check_view_names(names)
        n_layers = [config[f"{name}_tower"].get("n_layers", 1) for name in names]
        if not all(type(count) is int and 0 < count <= len(tensors) for count in n_layers):
            raise ValueError(f"towers of {n_layers} layers, in a file of {len(tensors)} arrays")
        with torch.device("meta"):  # shapes without memory: what is there comes from the file alone
            model = build(
                {name: FeatureScaler.from_config(config[f"{name}_scaler"]) for name in names},
                {name: build_tower(config[f"{name}_tower"]) for name in names},
            )
            if "query_map" in tensors:  # files of models without one are as they ever were
                model.query_map = torch.empty(model.n_bits, model.n_bits)
        _check_dtypes(model, tensors)
        model.load_state_dict(tensors, assign=True)
        model.recipe = str(config["recipe"])
    except RunError:
        raise
    except Exception as error:  # a forged header fails in as many ways as there are kinds of values
        raise RunError(f"{path} cannot be read as a model: {one_line(error)}") from error
    return model.eval()


def _check_dtypes(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    for name, value in model.state_dict().items():
        if name in tensors and tensors[name].dtype != value.dtype:
            raise ValueError(f"{name} must be {value.dtype}, got {tensors[name].dtype}")
