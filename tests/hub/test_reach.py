"""Whether the hub answers, said soon."""

from __future__ import annotations

import pytest

from tests.hub.hub_server import Hub
from ucch.hub.reach import hub_address, unreachable


def test_a_hub_that_answers_is_reached(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub_address() == hub.address
    assert unreachable() == ""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert unreachable() == "HF_HUB_OFFLINE is set"


def test_behind_a_proxy_nothing_is_tried(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.shutdown()
    hub.server_close()
    monkeypatch.setattr("ucch.hub.reach.getproxies", dict)
    assert "refused" in unreachable()
    monkeypatch.setattr("ucch.hub.reach.getproxies", lambda: {"https": "http://proxy"})
    assert unreachable() == ""
