"""Registries that import what a name stands for when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from ucch.baselines import BASELINES
from ucch.by_name import ByName
from ucch.training import OBJECTIVES, STRATEGIES


def test_it_is_a_dict_of_what_names_stand_for() -> None:
    kinds = ByName[type]("fractions", {"fraction": "fractions:Fraction"})
    assert kinds["fraction"] is Fraction
    assert (list(kinds), len(kinds), kinds.get("other")) == (["fraction"], 1, None)
    kinds["whole"] = int
    assert dict(kinds) == {"fraction": Fraction, "whole": int}
    del kinds["fraction"], kinds["whole"]
    assert dict(kinds) == {}
    with pytest.raises(KeyError, match="fraction"):
        kinds["fraction"]


def test_to_look_for_a_name_imports_nothing() -> None:
    code = """
import sys
from ucch.by_name import ByName
kinds = ByName("xml", {"tree": ".etree.ElementTree:ElementTree"})
assert "tree" in kinds and "other" not in kinds and list(kinds) == ["tree"]
assert "xml" not in sys.modules
assert kinds["tree"].__name__ == "ElementTree"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_stand_for_the_class_of_their_name_in_the_file_of_their_name() -> None:
    kinds: ByName[type] = ByName.as_named("ucch.baselines", ["cca-itq", "own"], own=".cvh:Cvh")
    assert [kinds[name].__name__ for name in ("cca-itq", "own")] == ["CcaItq", "Cvh"]
    assert list(kinds) == ["cca-itq", "own"]
    ended: ByName[type] = ByName.as_named("ucch.training.objectives", ["mlwch-like"], ending="Objective")
    assert ended["mlwch-like"].__name__ == "MlwchLikeObjective"


@pytest.mark.parametrize("registry", [BASELINES, OBJECTIVES, STRATEGIES], ids=["baselines", "objectives", "strategies"])
def test_every_place_is_there(registry: ByName[type]) -> None:
    kinds = list(registry.values())
    assert all(isinstance(kind, type) for kind in kinds)
    assert len(set(kinds)) == len(registry)
