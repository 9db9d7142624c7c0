"""Nested lengths: prefixes of a code that are trained as codes."""

from __future__ import annotations

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.errors import RecipeError
from ucch.training import Trainer, choose_goal
from ucch.training.build import check_optimizer
from ucch.training.nested import nested_lengths
from ucch.training.objectives.neighbors import NeighborsObjective

LENGTHS = {1: (1,), 31: (31,), 32: (32,), 33: (32, 33), 64: (32, 64), 200: (32, 64, 128, 200), 256: (32, 64, 128, 256)}


@pytest.mark.parametrize(("n_bits", "lengths"), LENGTHS.items())
def test_lengths_double_and_end_with_the_whole(n_bits: int, lengths: tuple[int, ...]) -> None:
    assert nested_lengths(n_bits) == lengths


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["goal=categories"], "goal 'categories'"),
        (["objective=djsrh"], "objective 'djsrh'"),
        (["baseline=itq"], "the baseline 'itq'"),
    ],
)
def test_nested_lengths_that_nothing_trains_are_refused(settings: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match=f"^model.nested goes with .* got {message}"):
        check_optimizer(small_recipe("nested=true", *settings))
    for goal in ("auto", "both", "partners", "neighbors"):
        check_optimizer(small_recipe("nested=true", f"goal={goal}"))


def test_auto_trains_nested_lengths_by_neighbours_whatever_the_pairs() -> None:
    choice = choose_goal(small_recipe("nested=true"), small_pairs())
    assert (choice.goal, choice.reason) == ("both", "nested lengths are trained so")


def test_the_cost_is_that_of_every_length_on_its_share_of_the_anchors() -> None:
    trainer = Trainer(small_recipe("goal=both", "nested=true", "bits=70", "batch_size=12"), aligned_pairs())
    objective = trainer.objective
    assert isinstance(objective, NeighborsObjective)
    seen = []

    def note(_: object, args: tuple[object, ...], out: torch.Tensor) -> None:
        seen.append((args[0], objective._seen, float(out.detach())))

    objective.register_forward_hook(note)
    generator = torch.Generator().manual_seed(0)
    shared_out = []
    objective._shared_out = lambda n: (
        shared_out.append(torch.randperm(n, generator=generator).chunk(3)) or shared_out[-1]
    )  # type: ignore[method-assign,func-returns-value]
    trainer.train_epoch()
    batch, inputs, cost = seen[0]
    codes = torch.where(torch.cat([batch.u_image, batch.u_text]) >= 0, 1.0, -1.0)
    target, expected = objective.target(*inputs), 0.0
    for rows, length in zip(shared_out[0], (32, 64, 70), strict=True):
        for i in rows.tolist():
            others = [j for j in range(24) if j != i]
            logits = 10.0 * codes[:, :length] @ codes[i, :length] / length
            total = torch.logsumexp(logits[others], dim=0)
            expected -= sum(float(target[i, j] * (logits[j] - total)) for j in others) / 24
    assert sorted(torch.cat(shared_out[0]).tolist()) == list(range(24))
    assert cost == pytest.approx(expected, rel=1e-4)


def test_every_length_learns_a_scale_and_a_run_resumed_is_the_run_not_stopped() -> None:
    recipe = small_recipe("goal=both", "nested=true", "bits=64")
    through, stopped, resumed = (Trainer(recipe, aligned_pairs()) for _ in range(3))
    for _ in range(3):
        through.train_epoch()
    stopped.train_epoch()
    resumed.load_state_dict(stopped.state_dict())
    for _ in range(2):
        resumed.train_epoch()
    assert isinstance(through.objective, NeighborsObjective)
    scales = through.objective.log_scale.detach().tolist()
    assert len(set(scales)) == 2
    for name, value in through.finished_model().state_dict().items():
        assert torch.equal(resumed.finished_model().state_dict()[name], value), name
