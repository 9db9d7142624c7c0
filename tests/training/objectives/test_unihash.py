"""UniHash in the loop: the published sum of losses over the parts it is made of."""

from __future__ import annotations

from math import sqrt

import pytest
import torch

from tests.training.objectives.kit import batch_of, trainer_of
from ucch.data import NegativeLabelGenerator
from ucch.losses import label_correlation_loss, labels_overlap, pairwise_likelihood_loss
from ucch.training.objectives.unihash import UniHashObjective

ROWS = torch.arange(20)  # 0 and 10 carry no class, 5 all of them


@pytest.mark.parametrize("outputs", ["tanh", "query"])
@pytest.mark.parametrize(("reduction", "pair_weight"), [("sum", 1.0), ("mean", 64.0)])
def test_equals_its_parts(outputs: str, reduction: str, pair_weight: float) -> None:
    trainer = trainer_of(
        "unihash", f"outputs={outputs}", f"reduction={reduction}", f"pair_weight={pair_weight}", "n_label_negatives=5"
    )
    objective, batch = trainer.objective, batch_of(trainer, ROWS)
    assert isinstance(objective, UniHashObjective)
    draw = torch.Generator()
    draw.set_state(trainer.generator.get_state())
    loss = objective(batch, trainer.strategy)

    def squash(u: torch.Tensor) -> torch.Tensor:
        t = torch.tanh(u)
        return t if outputs == "tanh" else sqrt(12) * t / t.norm(dim=-1, keepdim=True)

    image, text, label = squash(batch.u_image), squash(batch.u_text), objective.label[ROWS]
    some = label.any(dim=1)
    related = labels_overlap(label[some], label[some])
    expected = pair_weight * pairwise_likelihood_loss(image[some], text[some], related, reduction=reduction)
    some = some & ~label.all(dim=1)
    assert (~some).nonzero().squeeze(1).tolist() == [0, 5, 10]
    negatives = NegativeLabelGenerator(objective.label, 5, generator=draw)(label[some])
    g = squash(objective.encoder.label(torch.cat([label[some][:, None], negatives], dim=1)))
    expected = expected + label_correlation_loss(image[some], text[some], g[:, 0], g[:, 1:], reduction=reduction)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-6)


def test_the_model_trains_the_encoder_and_each_parameter_once() -> None:
    trainer = trainer_of("unihash")
    objective = trainer.objective
    assert isinstance(objective, UniHashObjective)
    assert trainer.model.image_tower is objective.encoder.image_tower
    names = [name for name, _ in objective.encoder.named_parameters()]
    assert len(trainer.parameters) == len(names) == len({id(parameter) for parameter in trainer.parameters})
    before = objective.encoder.label_embedding.detach().clone()
    trainer.train_epoch()
    assert (objective.encoder.label_embedding != before).any()
    assert trainer.model.text_tower[2] is trainer.model.image_tower[2]
