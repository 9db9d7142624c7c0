"""CIRH in the loop: its cost from its parts."""

from __future__ import annotations

import torch

from tests.training.objectives.kit import batch_of, trainer_of
from ucch.teachers import cirh_similarity
from ucch.training.objectives.cirh import CirhObjective
from ucch.training.objectives.rebuilding import rebuilding_errors

ROWS = torch.arange(3, 23)
SMALL = ("graph_width=8", "graph_steps=3", "graph_batch=40")


def test_equals_its_parts() -> None:
    trainer = trainer_of("cirh", *SMALL, "structure_weight=0.5")
    objective, batch = trainer.objective, batch_of(trainer, ROWS)
    assert isinstance(objective, CirhObjective)
    f, g, c = torch.tanh(batch.u_image), torch.tanh(batch.u_text), objective.target[ROWS]
    fit = (f - c).square().mean() + (g - c).square().mean() + (f - g).square().mean()
    similarity = cirh_similarity(batch.image, batch.text).float()
    expected = fit + 0.5 * sum(rebuilding_errors(f, g, similarity))
    torch.testing.assert_close(objective(batch, trainer.strategy), expected)


def test_targets_are_found_again_from_the_recipe() -> None:
    first, second = (trainer_of("cirh", *SMALL).objective for _ in range(2))
    assert isinstance(first, CirhObjective)
    assert isinstance(second, CirhObjective)
    assert torch.equal(first.target, second.target)
    assert "target" not in first.state_dict()
