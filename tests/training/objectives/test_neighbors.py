"""The features' own neighbours as targets."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.data import Pairs
from ucch.training import Trainer
from ucch.training.objectives.neighbors import NeighborsObjective, neighbor_temperature


def objective_of(pairs: Pairs, *settings: str) -> NeighborsObjective:
    recipe = small_recipe("objective=neighbors", "start=closed-form", *settings)
    return NeighborsObjective(recipe, pairs, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("goal", ["both", "partners", "neighbors"])
@pytest.mark.parametrize("shared", [True, False])
def test_targets_against_a_loop(goal: str, shared: bool) -> None:
    pairs = aligned_pairs() if shared else small_pairs()
    objective = objective_of(pairs, f"goal={goal}")
    assert objective.shared == shared
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(5, pairs.image.shape[1], generator=generator)
    text = torch.randn(5, pairs.text.shape[1], generator=generator)
    found = objective.target(image, text)
    share, t = objective.partner_share, objective.temperature
    a, b = normalize(image, dim=1), normalize(text, dim=1)
    for i in range(10):
        partner = (i + 5) % 10
        if shared:
            likeness = [float(torch.cat([a, b])[i] @ row) for row in torch.cat([a, b])]
        else:
            own = a if i < 5 else b
            likeness = [float(own[i % 5] @ own[j % 5]) for j in range(10)]
        left_out = {i} if shared else {i, partner}
        weight = [0.0 if j in left_out else math.exp(likeness[j] / t) for j in range(10)]
        expected = [(1 - share) * w / sum(weight) + share * (j == partner) for j, w in enumerate(weight)]
        assert found[i].tolist() == pytest.approx(expected, abs=1e-5)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(10))


def test_its_cost_is_the_cross_entropy_of_codes() -> None:
    pairs = aligned_pairs()
    trainer = Trainer(small_recipe("goal=both"), pairs)
    objective = trainer.objective
    assert isinstance(objective, NeighborsObjective)
    seen = []
    objective.register_forward_hook(lambda _, args, out: seen.append((args[0], objective._seen, float(out.detach()))))
    trainer.train_epoch()
    batch, inputs, cost = seen[0]
    codes = torch.where(torch.cat([batch.u_image, batch.u_text]) >= 0, 1.0, -1.0)
    target = objective.target(*inputs)
    logits = 10.0 * (codes @ codes.T) / codes.shape[1]  # the first step, before the scale moved
    expected = 0.0
    for i in range(len(codes)):
        others = [j for j in range(len(codes)) if j != i]
        total = torch.logsumexp(logits[i, others], dim=0)
        expected -= sum(float(target[i, j] * (logits[i, j] - total)) for j in others)
    assert cost == pytest.approx(expected / len(codes), rel=1e-4)


def test_in_a_shared_space_both_modalities_have_one_map_and_a_finished_model_has_two() -> None:
    trainer = Trainer(small_recipe("goal=neighbors"), aligned_pairs())
    assert trainer.model.image_tower.last is trainer.model.text_tower.last
    trainer.train_epoch()
    model = trainer.finished_model()
    assert model.image_tower.last is not model.text_tower.last
    assert torch.equal(model.image_tower.last.weight, model.text_tower.last.weight)
    apart = Trainer(small_recipe("goal=neighbors"), small_pairs())
    assert apart.model.image_tower.last is not apart.model.text_tower.last


def test_the_scale_and_the_towers_learn_and_the_cost_falls() -> None:
    trainer = Trainer(small_recipe("goal=neighbors", "epochs=30", "learning_rate=0.01"), aligned_pairs())
    before = trainer.model.image_tower.last.weight.detach().clone()
    costs = [trainer.train_epoch().objective for _ in range(trainer.n_epochs)]
    assert costs[-1] < costs[0]
    assert not torch.equal(trainer.model.image_tower.last.weight, before)
    assert isinstance(trainer.objective, NeighborsObjective)
    assert float(trainer.objective.log_scale.detach()) != pytest.approx(math.log(10.0), abs=1e-4)


@pytest.mark.parametrize("wanted", [3.0, 10.0, 40.0])
def test_the_temperature_gives_the_perplexity_asked_for(wanted: float) -> None:
    features = torch.randn(200, 16, generator=torch.Generator().manual_seed(0))
    t = neighbor_temperature(features, wanted)
    rows = normalize(features, dim=1)
    likeness = (rows @ rows.T).fill_diagonal_(float("-inf"))
    share = torch.softmax(likeness / t, dim=1)
    assert math.exp(float(torch.special.entr(share).sum(dim=1).mean())) == pytest.approx(wanted, rel=1e-3)


def test_a_temperature_of_two_or_equal_rows_is_a_number() -> None:
    for features in (torch.eye(2), torch.ones(6, 3)):
        assert 1e-3 <= neighbor_temperature(features, 10.0) <= 10.0 * (1 + 1e-9)


def test_a_run_resumed_is_the_run_not_stopped() -> None:
    through, stopped, resumed = (Trainer(small_recipe("goal=both"), aligned_pairs()) for _ in range(3))
    for _ in range(4):
        through.train_epoch()
    for _ in range(2):
        stopped.train_epoch()
    resumed.load_state_dict(stopped.state_dict())
    for _ in range(2):
        resumed.train_epoch()
    for name, value in through.finished_model().state_dict().items():
        assert torch.equal(resumed.finished_model().state_dict()[name], value), name
    assert through.verdict == resumed.verdict


def test_several_captions_of_an_image() -> None:
    pairs = aligned_pairs(120)
    captions = Pairs(pairs.image, np.repeat(pairs.text, 2, axis=0), image_of_text=np.repeat(np.arange(120), 2))
    trainer = Trainer(small_recipe("goal=both"), captions)
    trainer.train_epoch()
    assert trainer.finished_model().encode_text(captions.text).shape == (240, 2)
    assert trainer.verdict is not None


def test_noise_is_of_the_length_asked_for_and_none_leaves_unit_rows() -> None:
    image, text = torch.randn(400, 24), torch.randn(400, 24)
    still = objective_of(aligned_pairs(), "noise=0")
    torch.testing.assert_close(still.inputs(image, text), (normalize(image, dim=1), normalize(text, dim=1)))
    noisy, _ = objective_of(aligned_pairs(), "noise=1").inputs(image, text)
    cosine = (noisy * normalize(image, dim=1)).sum(dim=1)
    assert float(cosine.mean()) == pytest.approx(math.sqrt(0.5), abs=0.02)  # as much noise as signal
    torch.testing.assert_close(noisy.norm(dim=1), torch.ones(400))
