"""Sending to an accelerator."""

from __future__ import annotations

import torch

from tests.pretend_device import PRETEND, PretendDevice
from ucch.without_waiting import sent


def test_what_goes_to_an_accelerator_is_not_waited_for() -> None:
    rows = torch.arange(4)
    with PretendDevice() as device:
        there = sent(rows, PRETEND)
        assert not device.waits
        assert there.device.type == PRETEND
        assert sent(there, PRETEND) is there
        assert sent(there, "cpu").tolist() == [0, 1, 2, 3]
        assert device.waits["to the host"] == 1
        rows.to(PRETEND)
        assert device.waits["from the host, waiting"] == 1


def test_on_the_host_nothing_is_copied() -> None:
    rows = torch.arange(4)
    assert sent(rows, "cpu") is rows
