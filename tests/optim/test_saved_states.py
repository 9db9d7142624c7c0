"""States of table optimizers saved by version 0.1.0, before counts of rows left out, ``lr`` and ``strict``.

``tests/figures/table_states.safetensors`` has for each optimizer the table and the state after six steps, and both
after one more (and one more ``refresh``), as that version computed them; its metadata has the param groups.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn.functional import normalize

from ucch.optim import Bop, CodeBank, DiscreteCodes, MomentumBinary, TableOptimizer, observe_keys

FILE = Path(__file__).resolve().parents[1] / "figures" / "table_states.safetensors"
BUILDS: dict[str, type[TableOptimizer]] = {"momentum": MomentumBinary, "bop": Bop, "discrete": DiscreteCodes}


def saved(name: str) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    with safe_open(FILE, framework="pt") as file:
        names = [key for key in file.keys() if key.startswith(name)]  # noqa: SIM118 - it is no dict
        tensors = {key.removeprefix(f"{name}."): file.get_tensor(key) for key in names}
        return tensors, json.loads(file.metadata()["groups"])[name]


def one_more_step(name: str, bank: CodeBank, optimizer: TableOptimizer) -> None:
    generator = torch.Generator().manual_seed(6)
    index = torch.randperm(12, generator=generator)[:5]
    views = [torch.randn(5, 8, generator=generator) for _ in range(2)]
    if name == "bop":
        keys = bank.keys(index, n_negatives=6, generator=torch.Generator().manual_seed(6))
        observe_keys(bank.latent, index, keys, [normalize(view, dim=1) for view in views], temperature=0.5)
    else:
        bank.observe(index, *views)
    optimizer.step()
    if isinstance(optimizer, DiscreteCodes):
        optimizer.refresh(bank.latent, torch.randn(12, 3, generator=torch.Generator().manual_seed(8)))


@pytest.mark.parametrize("name", BUILDS)
def test_a_state_of_an_earlier_version_loads_and_goes_on(name: str) -> None:
    tensors, groups = saved(name)
    bank = CodeBank(12, 8)
    optimizer = BUILDS[name](bank.parameters())
    bank.load_state_dict({"latent": tensors["latent"]})
    state = {key.removeprefix("state."): value for key, value in tensors.items() if key.startswith("state.")}
    optimizer.load_state_dict({"state": {0: state}, "param_groups": groups})
    for option, value in groups[0].items():
        assert option == "params" or optimizer.param_groups[0][option] == value
    one_more_step(name, bank, optimizer)
    torch.testing.assert_close(bank.latent.detach(), tensors["after"], rtol=1e-6, atol=1e-6)
    for key in state:
        torch.testing.assert_close(optimizer.state[bank.latent][key], tensors[f"after.{key}"], rtol=1e-6, atol=1e-6)
    assert int(optimizer.state[bank.latent]["step"]) == 7
