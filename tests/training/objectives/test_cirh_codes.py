"""The graph autoencoder of CIRH: shapes, learning, repeatable codes."""

from __future__ import annotations

import numpy as np
import torch

from tests.training.kit import small_pairs
from ucch.recipe.reconstruction_sections import CirhSection
from ucch.training.objectives.cirh_codes import GraphAutoencoder, batch_similarity, cirh_codes

SECTION = CirhSection(graph_width=16, graph_batch=40, graph_steps=60)


def features() -> tuple[torch.Tensor, torch.Tensor]:
    pairs = small_pairs()
    return torch.from_numpy(pairs.image), torch.from_numpy(pairs.text)


def codes(seed: int = 0) -> torch.Tensor:
    return cirh_codes(*features(), 12, SECTION, seed=seed, generator=torch.Generator().manual_seed(seed))


def test_codes_repeat_and_tell_classes_apart() -> None:
    ours = codes()
    assert ours.shape == (100, 12)
    assert set(ours.unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(ours, codes())
    label = torch.from_numpy(np.argmax(small_pairs().label, axis=1))  # type: ignore[arg-type]
    alike = ours @ ours.T / 12
    same = label[:, None] == label[None, :]
    assert alike[same].mean() > alike[~same].mean() + 0.3


def test_the_cost_falls() -> None:
    torch.manual_seed(0)
    image, text = (rows[:40].float() for rows in features())
    network = GraphAutoencoder(8, 5, 12, width=16)
    similarity = batch_similarity(image, text, SECTION)
    adam = torch.optim.Adam(network.parameters(), lr=1e-2)
    costs = []
    for _ in range(30):
        adam.zero_grad()
        cost = network.cost(image, text, similarity)
        torch.autograd.backward(cost)
        adam.step()
        costs.append(float(cost.detach()))
    assert costs[-1] < 0.8 * costs[0]
