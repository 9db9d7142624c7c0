"""Single choices changed, and what is refused."""

from __future__ import annotations

import pytest

from ucch.errors import RecipeError
from ucch.recipe import Recipe, with_settings


@pytest.mark.parametrize(
    ("setting", "section", "field", "value"),
    [
        ("loss.temperature=.5", "loss", "temperature", 0.5),
        ("temperature = 1e-1", "loss", "temperature", 0.1),
        ("kappa=2", "loss", "kappa", 2.0),
        ("mask_own=false", "table", "mask_own", False),
        ("negatives=per_anchor", "table", "negatives", "per_anchor"),
        ('negatives="per_anchor"', "table", "negatives", "per_anchor"),
        ("epochs=auto", "training", "epochs", "auto"),
        ("epochs=7", "training", "epochs", 7),
    ],
)
def test_settings_change_one_choice(setting: str, section: str, field: str, value: object) -> None:
    changed = with_settings(Recipe(), [setting])
    assert getattr(getattr(changed, section), field) == value
    expected = Recipe().model_dump()
    expected[section][field] = value
    assert changed.model_dump() == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("temperature", "a setting must read key=value, got 'temperature'"),
        ("temperatur=1", "recipe has no key 'temperatur'; did you mean loss.temperature?"),
        ("los.temperature=1", "recipe has no key 'los.temperature'; did you mean loss.temperature?"),
        ("temperature=warm", "recipe key loss.temperature: input should be a valid number, got 'warm'"),
        ("temperature=0", "recipe key loss.temperature: input should be greater than 0, got 0"),
        ("width=2.5", "recipe key model.width: input should be a valid integer, got 2.5"),
        ("momentum=1", "recipe key table.momentum: input should be less than 1, got 1"),
        ("mask_own=3", "recipe key table.mask_own: input should be a valid boolean, got 3"),
        ("init=zero", "recipe key table.init: input should be 'unbiased' or 'published', got 'zero'"),
        ("bits=0", "recipe key bits: input should be greater than or equal to 1, got 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(setting: str, message: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        with_settings(Recipe(), [setting])
    assert str(refusal.value) == message


def test_a_key_without_a_near_one_lists_them_all() -> None:
    with pytest.raises(RecipeError, match=r"recipe has no key 'zzz'; keys are name, bits, seed, .*loss\.kappa"):
        with_settings(Recipe(), ["zzz=1"])
