"""Towers by kind; files without a kind are perceptrons, as before there were others."""

from __future__ import annotations

from typing import Any

import pytest

from ucch.models import TOWERS, HashTower, build_tower


def test_without_a_kind_it_is_a_perceptron() -> None:
    tower = HashTower(5, 3, width=4, n_layers=2)
    assert "kind" not in tower.config()
    assert type(build_tower(tower.config())) is HashTower


@pytest.mark.parametrize(
    ("kind", "options"), [("sparse-code", {"n_components": 2, "n_atoms": 4}), ("residual", {"width": 4, "gain": 0.5})]
)
def test_every_kind_is_named_by_its_config(kind: str, options: dict[str, Any]) -> None:
    tower = TOWERS[kind](5, 3, **options)
    assert type(build_tower(tower.config())) is TOWERS[tower.config()["kind"]]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        build_tower({"kind": "nonsense"})
