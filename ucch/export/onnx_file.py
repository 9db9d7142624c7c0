"""A traced module as one ONNX file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import RunError
from ..extras import require
from ..files import replacing
from ..plain_json import one_line

__all__ = ["OPSET", "write_onnx"]

OPSET = 18  # the one that torch's exporter writes without converting
OUTPUTS = ("codes", "outputs")


def write_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    path: str | Path,
    *,
    inputs: Sequence[str],
    dynamic: Sequence[Mapping[int, str]],
    facts: Mapping[str, Any],
) -> None:
    """Trace a module that gives codes and outputs, and write it with its weights into one file.

    Args:
        module: in evaluation mode.
        example: inputs to trace with, at least two rows.
        path: replaced as a whole.
        inputs: their names.
        dynamic: for each, its axes of any length by name.
        facts: kept in the file's metadata, as JSON values.

    Raises:
        MissingPackageError: onnx or onnxscript is not installed.
        RunError: the exporter finds no graph, or the file cannot be written.
    """
    path = Path(path)
    for package in ("onnx", "onnxscript"):
        require(package, extra="onnx", need="ucch export")
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of names that axes share
            program = torch.onnx.export(
                module.eval(),
                example,
                dynamo=True,
                input_names=list(inputs),
                output_names=list(OUTPUTS),
                dynamic_shapes=_shapes(module, dynamic),
                opset_version=OPSET,
                verbose=False,
            )
            assert program is not None
            program.model.metadata_props.update({name: json.dumps(value) for name, value in facts.items()})
            with replacing(path) as aside:
                program.save(str(aside), external_data=False)
    except RunError:
        raise
    except Exception as error:  # the exporter fails in as many ways as there are operators
        raise RunError(
            f"{path.name} cannot be exported by torch {torch.__version__}: {one_line(error)[:400]};"
            " without --fuse only scaling and towers are"
        ) from error


def _shapes(module: nn.Module, dynamic: Sequence[Mapping[int, str]]) -> Any:
    """Dimensions as torch.export takes them; those of ``*tokens`` are one argument of the module."""
    axes = {name: torch.export.Dim(name) for one in dynamic for name in one.values()}
    shapes = tuple({axis: axes[name] for axis, name in one.items()} for one in dynamic)
    return (shapes,) if len(shapes) > 1 or getattr(module, "names", None) == ["input_ids"] else shapes
