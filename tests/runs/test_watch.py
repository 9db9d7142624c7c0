"""Warnings about codes that rest or whirl."""

from __future__ import annotations

import pytest

from ucch.runs.watch import FlipWatch


def lines(flips: list[float], rates: list[float] | None = None) -> list[dict[str, float]]:
    rates = rates or [1.0] * len(flips)
    return [
        {"epoch": number + 1, "flips_per_row": flip, "learning_rate": rate}
        for number, (flip, rate) in enumerate(zip(flips, rates, strict=True))
    ]


def warnings(watch: FlipWatch, flips: list[float], rates: list[float] | None = None) -> dict[int, str]:
    said = {int(line["epoch"]): watch.see(line) for line in lines(flips, rates)}
    return {epoch: text for epoch, text in said.items() if text is not None}


def test_stillness_is_said_once_per_stretch() -> None:
    watch = FlipWatch(n_epochs=20, n_bits=16, patience=5)
    said = warnings(watch, [3.0, 0, 0, 0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0])
    assert list(said) == [6, 14]
    assert (
        said[6] == "no bit of the code table has flipped for 5 epochs (epoch 6): its keys no longer follow the outputs"
    )


def test_codes_that_rest_because_outputs_agree_with_them_are_no_alarm() -> None:
    def said(flips: list[float], agreement: float) -> list[int]:
        watch = FlipWatch(n_epochs=20, n_bits=16, patience=5)
        found = [watch.see({**line, "key_agreement": agreement}) for line in lines(flips)]
        return [number + 1 for number, text in enumerate(found) if text is not None]

    assert said([3.0] + [0.0] * 9, 0.95) == []
    assert said([3.0] + [0.0] * 9, 0.6) == [6]
    assert said([0.0] * 9, 0.95) == [5]  # outputs that learnt keys by heart which never moved


def test_long_runs_have_more_patience() -> None:
    assert list(warnings(FlipWatch(n_epochs=80, n_bits=16), [0.0] * 30)) == [20]


def test_restless_codes_are_said() -> None:
    said = warnings(FlipWatch(n_epochs=20, n_bits=16, patience=3), [7.0] * 5)
    assert list(said) == [3]
    assert said[3] == (
        "7.0 bits of every moved code have flipped in each of 3 epochs (epoch 3): the keys are close to noise"
    )


def test_warm_up_and_the_end_of_a_schedule_may_do_as_they_like() -> None:
    assert warnings(FlipWatch(n_epochs=8, n_bits=16, warmup_epochs=6, patience=2), [8.0] * 6) == {}
    rates = [1.0, 1.0] + [0.05] * 10
    assert warnings(FlipWatch(n_epochs=8, n_bits=16, patience=2), [1.0, 1.0] + [0.0] * 10, rates) == {}


@pytest.mark.parametrize("flips", [0.01, 1.0, 6.0])
def test_learning_codes_are_not_warned_about(flips: float) -> None:
    assert warnings(FlipWatch(n_epochs=20, n_bits=16), [flips] * 20) == {}
