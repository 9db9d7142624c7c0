"""DGCPN in the loop: its cost by loops, three sides, neighbours listed once."""

from __future__ import annotations

import torch
from torch.nn.functional import cosine_similarity

from tests.training.objectives.kit import batch_of, trainer_of
from ucch.codes import sign
from ucch.teachers import dgcpn_similarity
from ucch.training.objectives.dgcpn import DgcpnObjective, dgcpn_cost

ROWS = torch.arange(12)


def test_cost_by_loops(generator: torch.Generator) -> None:
    image, text, s = (torch.randn(shape, generator=generator) for shape in ((3, 4), (3, 4), (3, 3)))

    def c(first: torch.Tensor, second: torch.Tensor) -> list[list[torch.Tensor]]:
        return [[cosine_similarity(a, b, dim=0) for b in second] for a in first]

    ii, it, tt = c(image, image), c(image, text), c(text, text)
    cells = [(i, j) for i in range(3) for j in range(3)]
    expected = sum((it[i][i] - 1.5) ** 2 for i in range(3)) / 3
    for m in (ii, it, tt):
        expected = expected + sum((m[i][j] - s[i, j]) ** 2 for i, j in cells if i != j) / 6
    for m, o in ((it, ii), (it, tt), (ii, tt)):
        expected = expected + sum((m[i][j] - o[i][j]) ** 2 for i, j in cells) / 9
    expected = expected + sum((it[i][j] - it[j][i]) ** 2 for i, j in cells) / 9
    torch.testing.assert_close(dgcpn_cost(image, text, s), expected)


def test_the_objective_adds_real_and_binary_sides() -> None:
    trainer = trainer_of("dgcpn", "n_neighbors=7")
    objective, batch = trainer.objective, batch_of(trainer, ROWS)
    assert isinstance(objective, DgcpnObjective)
    assert objective.neighbors.index.shape == (100, 7)
    s = dgcpn_similarity(batch.image, batch.text, ROWS, objective.neighbors).float()
    i, t = batch.h_image, batch.h_text
    expected = sum(dgcpn_cost(*side, s) for side in ((i, t), (i, sign(t)), (sign(i), t)))
    torch.testing.assert_close(objective(batch, trainer.strategy), expected)


def test_neighbours_are_two_fifths_of_the_pairs_at_most() -> None:
    objective = trainer_of("dgcpn").objective
    assert isinstance(objective, DgcpnObjective)
    assert objective.neighbors.index.shape == (100, 40)
