"""Files of tensors for the fuzzer: ``.pt`` and ``.safetensors``."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from tests.reliability.bad_arrays import npz_arrays
from tests.reliability.family import HUGE, each
from ucch.data import load_items, load_npz

__all__ = ["read_tensor_file", "tensors_honest", "tensors_hostile"]

_DTYPES = (torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.bool, torch.complex64, torch.uint8)
_SHAPES = ((), (0,), (6,), (0, 3), (6, 0), (6, 3), (2, 2, 2), (1, 3))


class Reached:
    """What no reader may make."""


def _tensors() -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(array) for name, array in npz_arrays().items() if array.dtype.kind in "fiu"}


def _pt(held: Any) -> bytes:
    content = io.BytesIO()
    torch.save(held, content)
    return content.getvalue()


def tensors_honest() -> dict[str, bytes]:
    return {"plain.pt": _pt(_tensors()), "plain.safetensors": save(_tensors())}


def tensors_hostile(dice: random.Random) -> tuple[str, bytes]:
    name = dice.choice([*_tensors(), "other", "../../escape", ""])
    if dice.random() < 0.5:
        odd: Any = torch.zeros(dice.choice(_SHAPES)).to(dice.choice(_DTYPES))
        if odd.is_floating_point() and odd.numel():
            odd = torch.full_like(odd, dice.choice([float("nan"), float("inf"), 1.0]))
        odd = dice.choice(
            [odd, odd, odd.to_sparse(), Reached(), {"image": odd}, ["words"], "words", None, 3, [[1, 2], [3]]]
        )
        return "odd.pt", _pt(dice.choice([odd, {**_tensors(), name: odd}, {**_tensors(), name: odd}]))
    content = save(_tensors())
    length = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + length])
    one = head[dice.choice(list(head))]
    kind = dice.randrange(4)
    if kind == 0:
        one["shape"] = [json.loads(dice.choice(HUGE[:6])), dice.choice([1, 3])]
    elif kind == 1:
        one["data_offsets"] = [dice.randrange(10**6), dice.randrange(10**12)]
    elif kind == 2:
        one["dtype"] = dice.choice(["F64", "F8_E4M3", "BF16", "U64", "X", ""])
    else:
        head[name] = dict(one)
    raw = json.dumps(head).encode()
    return "bad.safetensors", len(raw).to_bytes(8, "little") + raw + content[8 + length :]


def read_tensor_file(path: Path) -> None:
    each(lambda: load_npz(path), lambda: load_items(path))
