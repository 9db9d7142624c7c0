"""Signals as a wish."""

from __future__ import annotations

import signal
import threading

import pytest

from ucch.runs.stop_signals import StopSignals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_noted_and_handlers_come_back(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    with StopSignals() as stop:
        assert not stop()
        signal.raise_signal(number)
        assert stop()
        assert stop.number == number
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before


def test_outside_the_main_thread_nothing_is_set() -> None:
    heard = []

    def work() -> None:
        with StopSignals() as stop:
            heard.append(stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [False]
