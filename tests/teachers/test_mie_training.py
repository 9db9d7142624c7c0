"""Training the generator."""

from __future__ import annotations

import copy

import torch

from ucch.teachers import MieGenerator, MieTraining


def training() -> MieTraining:
    generator = torch.Generator().manual_seed(0)
    image, text = torch.randn(40, 6, generator=generator), torch.randn(40, 5, generator=generator)
    torch.manual_seed(0)
    net = MieGenerator(6, 5, n_outputs=8, width=16)
    return MieTraining(net, image, text, n_steps=9, batch_size=16, seed=3)


def test_epochs_make_at_least_the_steps_and_the_loss_falls() -> None:
    run = training()
    assert (run.steps_per_epoch, run.n_epochs) == (2, 5)
    before = torch.random.get_rng_state()
    for _ in range(20):
        run.train_epoch()
    assert run.losses[-1] < run.losses[0]
    assert torch.equal(torch.random.get_rng_state(), before)
    assert run.rows().shape == (40, 8)


def test_a_loaded_state_goes_on_bit_for_bit() -> None:
    through, stopped, resumed = training(), training(), training()
    for _ in range(4):
        through.train_epoch()
    for _ in range(2):
        stopped.train_epoch()
    resumed.load_state_dict(copy.deepcopy(stopped.state_dict()))
    for _ in range(2):
        resumed.train_epoch()
    assert torch.equal(resumed.rows(), through.rows())
    assert resumed.losses == through.losses
