"""Nested lengths: prefixes of a code that are trained as codes."""

from __future__ import annotations

import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.codes import unpack
from ucch.errors import RecipeError, RunError
from ucch.training import Trainer, choose_goal, nested_lengths, shortened
from ucch.training.build import check_optimizer
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


def test_a_shortened_model_gives_the_first_bits_and_leaves_the_long_one_alone() -> None:
    pairs = aligned_pairs()
    trainer = Trainer(small_recipe("goal=both", "nested=true", "bits=70"), pairs)
    model = trainer.finished_model()
    short = shortened(model, 32)
    for modality, rows in (("image", pairs.image), ("text", pairs.text)):
        long_codes, short_codes = (getattr(one, f"encode_{modality}")(rows) for one in (model, short))
        assert long_codes.shape[1] == 9
        assert (unpack(short_codes, 32) == unpack(long_codes, 70)[:, :32]).all()
    assert (short.n_bits, model.n_bits, short.recipe) == (32, 70, model.recipe)
    assert shortened(model, 70) is model


def test_codes_that_were_not_trained_for_it_are_not_cut() -> None:
    plain = Trainer(small_recipe("goal=both", "bits=70"), aligned_pairs()).finished_model()
    with pytest.raises(RunError, match="^the first 32 bits of a code of 70 .* train with --nested, or with --bits 32$"):
        shortened(plain, 32)
    nested = Trainer(small_recipe("goal=both", "bits=70", "nested=true"), aligned_pairs()).finished_model()
    with pytest.raises(RunError, match="^bits must be one of 32, 64, 70, as trained, got 40$"):
        shortened(nested, 40)
    with pytest.raises(ValueError, match=r"^n_bits must lie in \[1, 70\], the bits of a code, got 71$"):
        nested.first_bits(71)
