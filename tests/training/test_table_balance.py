"""Warnings about bits that say nothing and codes that are alike."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import CodeBank
from ucch.training.table_balance import BalanceWatch, table_balance


@pytest.mark.parametrize("n_codes", [5, 4096, 10_000])
def test_likeness_is_the_mean_agreement_of_all_pairs(n_codes: int, generator: torch.Generator) -> None:
    bank = CodeBank(n_codes, 6, generator=generator)
    bank.latent.data[:, 2] = -1.0
    dead, likeness = table_balance(bank)
    rows = bank.codes(torch.arange(0, n_codes, -(-n_codes // 4096)))
    loops = sum((row == rows).double().mean() for row in rows) / len(rows)
    assert dead >= 1
    assert likeness == pytest.approx(float(loops))


def test_one_code_for_all_is_all_alike() -> None:
    bank = CodeBank(300, 8)
    bank.latent.data.fill_(1.0)
    assert table_balance(bank) == (8, 1.0)


def said(watch: BalanceWatch, *lines: tuple[int, float]) -> dict[int, str]:
    texts = {
        epoch: watch.see({"epoch": epoch, "dead_bits": dead, "likeness": likeness})
        for epoch, (dead, likeness) in enumerate(lines, start=1)
    }
    return {epoch: text for epoch, text in texts.items() if text is not None}


def test_dead_bits_are_said_once_per_stretch_after_warm_up() -> None:
    watch = BalanceWatch(n_codes=1000, n_bits=16, n_epochs=8, warmup_epochs=1)
    heard = said(watch, *[(1, 0.5)] * 4, (0, 0.5), (3, 0.5), (3, 0.5))
    assert list(heard) == [3, 7]
    assert heard[7] == (
        "3 of 16 bits are the same in every code for 2 epochs (epoch 7); they tell nothing apart. Fewer --bits, or"
        " --optimizer bi-half, which balances every bit"
    )


def test_collapse_is_said_in_place_of_its_dead_bits() -> None:
    heard = said(BalanceWatch(n_codes=1000, n_bits=16, n_epochs=20), *[(14, 0.97)] * 9)
    assert list(heard) == [5]
    assert heard[5].startswith(
        "the codes have collapsed: two of them agree on 97% of their bits for 5 epochs (epoch 5)"
    )
    assert heard[5].endswith("or lower the learning rate: --set learning_rate=1e-4")


def test_balanced_codes_and_small_sets_are_let_be() -> None:
    assert said(BalanceWatch(n_codes=1000, n_bits=16, n_epochs=4), *[(0, 0.6)] * 8) == {}
    assert said(BalanceWatch(n_codes=255, n_bits=16, n_epochs=4), *[(16, 1.0)] * 8) == {}
