"""Digests of encoders."""

from __future__ import annotations

import torch
from torch import nn

from ucch.encoders import fingerprint


def test_equal_weights_and_settings_give_equal_digests() -> None:
    first, second = nn.Linear(2, 3), nn.Linear(2, 3)
    second.load_state_dict(first.state_dict())
    assert fingerprint({"a": 1, "b": 2}, first) == fingerprint({"b": 2, "a": 1}, second)


def test_one_changed_value_changes_the_digest() -> None:
    model = nn.BatchNorm1d(3)
    before = fingerprint({}, model)
    with torch.no_grad():
        model.running_mean[1] += 1e-6
    assert fingerprint({}, model) != before


def test_the_kind_of_number_counts() -> None:
    model = nn.Linear(2, 2)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    assert fingerprint({}, model) != fingerprint({}, model.double())
    assert len(fingerprint({})) == 64
