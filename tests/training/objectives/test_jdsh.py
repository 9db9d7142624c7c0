"""JDSH in the loop: its cost from its parts, thresholds of the training pairs."""

from __future__ import annotations

import numpy as np
import torch

from tests.training.kit import small_pairs
from tests.training.objectives.kit import batch_of, trainer_of
from ucch.data import Pairs
from ucch.teachers import fit_thresholds, jdsh_joint, jdsh_similarity
from ucch.teachers.cosines import cosines
from ucch.training.objectives.jdsh import JdshObjective

ROWS = torch.arange(20)


def test_equals_its_parts_with_thresholds_of_all_pairs() -> None:
    trainer = trainer_of("jdsh", "jdsh.own_weight=0.2", "jdsh.left=0.1")
    objective, batch = trainer.objective, batch_of(trainer, ROWS)
    assert isinstance(objective, JdshObjective)
    everything = [torch.from_numpy(rows) for rows in (trainer.pairs.image, trainer.pairs.text)]
    expected = fit_thresholds(jdsh_joint(*everything), left=0.1, right=0.8)
    assert objective.thresholds == expected
    s = jdsh_similarity(batch.image, batch.text, expected).float()
    i, t = batch.h_image, batch.h_text
    own = sum((cosines(side) - s).square().mean() for side in (i, t))
    both = sum((cosines(*sides) - s).square().mean() for sides in ((i, t), (t, i)))
    cost = 0.2 * own + both - cosines(i, t).diagonal().mean()
    torch.testing.assert_close(objective(batch, trainer.strategy), cost)


def test_captions_stand_with_their_images() -> None:
    pairs = small_pairs()
    rows = np.repeat(np.arange(100), 2)
    several = Pairs(pairs.image, np.repeat(pairs.text, 2, axis=0), image_of_text=rows)
    objectives = [trainer_of("jdsh", pairs=data).objective for data in (pairs, several)]
    assert all(isinstance(objective, JdshObjective) for objective in objectives)
    first, second = (objective.thresholds for objective in objectives)  # type: ignore[union-attr]
    np.testing.assert_allclose(
        [first.left, first.right, first.low, first.high], [second.left, second.right, second.low, second.high]
    )
