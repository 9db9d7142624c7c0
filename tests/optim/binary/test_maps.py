"""A map comes back from its name and options; nothing unknown does."""

from __future__ import annotations

import json

import pytest

import ucch.optim.binary
from tests.optim.binary.kit import MAPS as SHOWN
from ucch.optim import BinaryMap, ClipRule, LatentRule, MapChain, SignMap
from ucch.optim.binary.maps import MAPS, from_spec


@pytest.mark.parametrize("binary_map", SHOWN.values(), ids=SHOWN.keys())
def test_a_map_comes_back_from_json(binary_map: BinaryMap) -> None:
    assert from_spec(json.loads(json.dumps(binary_map.spec()))) == binary_map


def test_every_public_map_and_rule_is_listed_under_its_name() -> None:
    classes = [one for one in vars(ucch.optim.binary).values() if isinstance(one, type)]
    named = {one for one in classes if issubclass(one, BinaryMap | LatentRule) and "name" in vars(one)}
    assert named == set(MAPS.values())
    assert {one.name: one for one in named} == MAPS


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sign", "a saved binary map must be a dict with the name of the map, got 'sign'"),
        ({"scale": 1.0}, "a saved binary map must be a dict with the name of the map"),
        (
            {"map": "os.system"},
            "the saved binary map 'os.system' is unknown, known are annealed-tanh, .*sign; give",
        ),
        ({"map": "sign", "slope": 2.0}, "the saved binary map 'sign' has unknown options: slope"),
        ({"map": "binary-relax"}, "the options of the saved binary map 'binary-relax' cannot be read: .*steps"),
        ({"map": "sign", "scale": -1.0}, "scale must be a finite number above 0, got -1.0"),
        (
            {"map": "chain", "parts": [{"map": "clip"}]},
            "options of the saved binary map 'chain' cannot be read: the",
        ),
        ({"map": "chain", "parts": 3}, "the options of the saved binary map 'chain' cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused(spec: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_spec(spec)


def test_a_chain_keeps_the_order_of_its_parts() -> None:
    spec = MapChain(ClipRule(2.0), SignMap(scale="row")).spec()
    assert spec == {"map": "chain", "parts": [{"map": "clip", "bound": 2.0}, {"map": "sign", "scale": "row"}]}
