"""Deciding for a teacher, and fitting it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.kit import small_pairs, small_recipe
from ucch.data import Pairs
from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe
from ucch.training import TeacherStage, Trainer, fit_teacher, takes_teacher
from ucch.training.teacher.fitting import GUIDED

MIE = ("similarity=mie", "generator_steps=6", "generator_width=16", "n_outputs=8")


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([part.detach().flatten() for part in [*trainer.parameters, trainer.bank.latent]])


def unrelated(n: int = 100) -> Pairs:
    """Modalities that have nothing to do with one another."""
    rng = np.random.default_rng(0)
    return Pairs(rng.normal(size=(n, 8)), rng.normal(size=(n, 5)))


def test_auto_takes_a_teacher_where_the_modalities_agree_and_none_where_they_do_not() -> None:
    recipe = small_recipe("similarity=auto")
    agreeing, strange = TeacherStage(recipe, small_pairs()), TeacherStage(recipe, unrelated())
    assert (agreeing.kind, strange.kind) == ("joint-semantics", "none")
    assert strange.lift < 1.25 < agreeing.lift
    assert strange.gain is None
    assert strange.finished() is None
    teacher = agreeing.finished()
    assert teacher is not None
    assert teacher.notes == {"lift": agreeing.lift, "gain": agreeing.gain}


def test_auto_takes_the_generator_where_every_item_is_its_own() -> None:
    """Modalities that agree throughout, but have no groups: propagation would blur, and mie tells pairs apart."""
    single = np.random.default_rng(0).normal(size=(300, 6))
    views = [single @ np.random.default_rng(seed).normal(size=(6, width)) for seed, width in ((1, 40), (2, 30))]
    stage = TeacherStage(small_recipe("similarity=auto"), Pairs(*views))
    assert stage.lift > 2.0
    assert stage.gain is not None
    assert stage.gain < 0.95
    assert stage.kind == "mie"
    assert TeacherStage(small_recipe("similarity=auto", "mie_least_lift=30"), Pairs(*views)).kind == "none"
    assert TeacherStage(small_recipe("similarity=auto", "least_gain=0"), Pairs(*views)).kind == "joint-semantics"


def test_beyond_most_pairs_a_teacher_is_fitted_to_some_and_describes_all() -> None:
    """The others stand where a teacher of all pairs has them; below the limit nothing is extended."""
    pairs = small_pairs(3000)
    some = TeacherStage(small_recipe("similarity=auto", "most_pairs=300"), pairs)
    every = TeacherStage(small_recipe("similarity=auto", "most_pairs=3000"), pairs)
    assert (some.kind, len(some.image), len(every.image)) == ("joint-semantics", 300, 3000)
    assert every.fitted is pairs
    assert torch.equal(some.sample_rows, torch.arange(0, 3000, 10))
    seen: list[tuple[int, int]] = []
    extended, whole = some.finished(lambda done, total: seen.append((done, total))), every.finished()
    assert extended is not None
    assert whole is not None
    assert (len(extended), extended.rows.dtype, whole.rows.dtype) == (3000, torch.float16, torch.float32)
    assert seen == [(3000, 3000)]
    assert pairs.label is not None
    for teacher in (extended, whole):
        nearest = teacher.nearest(torch.arange(500), 10).numpy()
        assert (pairs.label[nearest] & pairs.label[:500, None]).any(axis=2).mean() > 0.95


def test_beyond_most_pairs_the_generator_describes_the_others_too() -> None:
    """One fitted to every second pair describes those as it does without the others."""
    pairs = small_pairs(100)
    half = Pairs(pairs.image[::2], pairs.text[::2])
    teacher = fit_teacher(small_recipe(*MIE, "most_pairs=50"), pairs)
    alone = fit_teacher(small_recipe(*MIE), half)
    assert teacher is not None
    assert alone is not None
    torch.testing.assert_close(teacher.rows[::2].float(), alone.rows, atol=1e-3, rtol=0)


def test_a_run_trains_by_an_extended_teacher() -> None:
    recipe = small_recipe("similarity=joint-semantics", "most_pairs=40")
    trainer = Trainer(recipe, small_pairs())
    trainer.train_epoch()
    trainer.train_epoch()
    assert trainer.teacher is not None
    assert trainer.teacher.rows.dtype == torch.float16


def test_one_column_says_nothing_about_unseen_ones() -> None:
    pairs = small_pairs()
    stage = TeacherStage(small_recipe("similarity=auto"), Pairs(pairs.image, pairs.text[:, :1]))
    assert stage.gain == 0.0
    assert stage.kind != "joint-semantics"


def test_a_run_that_auto_decides_against_is_the_run_without_teacher_bit_for_bit() -> None:
    auto, none = (Trainer(small_recipe(f"similarity={kind}"), unrelated()) for kind in ("auto", "none"))
    for trainer in (auto, none):
        trainer.train_epoch()
        trainer.train_epoch()
    assert torch.equal(weights(auto), weights(none))


def test_the_towers_start_and_the_draws_are_the_same_with_a_teacher() -> None:
    with_one, without = (Trainer(small_recipe(*s), small_pairs()) for s in (MIE, ("similarity=none",)))
    assert torch.equal(weights(with_one), weights(without))
    assert torch.equal(with_one.generator.get_state(), without.generator.get_state())


def test_labels_are_not_read() -> None:
    pairs = small_pairs()
    bare = Pairs(pairs.image, pairs.text)
    for settings in (("similarity=joint-semantics",), MIE):
        found = [fit_teacher(small_recipe(*settings), p) for p in (pairs, bare)]
        assert torch.equal(*(teacher.rows for teacher in found if teacher is not None))


def test_the_fitted_teacher_knows_the_classes() -> None:
    label = small_pairs().label
    assert label is not None
    for settings in (("similarity=joint-semantics",), ("similarity=mie", "generator_steps=60")):
        teacher = fit_teacher(small_recipe(*settings), small_pairs())
        assert teacher is not None
        nearest = teacher.nearest(torch.arange(100), 5).numpy()
        assert (label[nearest] & label[:, None]).any(axis=2).mean() > 0.9


def test_who_takes_a_teacher() -> None:
    assert takes_teacher(Recipe())
    assert not takes_teacher(load_recipe("ucch-paper"))
    assert not takes_teacher(small_recipe("similarity=none"))
    assert takes_teacher(small_recipe("similarity=auto"))
    assert not takes_teacher(load_recipe("unihash"))
    assert all(takes_teacher(small_recipe(f"objective={name}", "similarity=auto")) for name in GUIDED)


def test_transformer_form_sees_bags_as_tokens() -> None:
    rng = np.random.default_rng(0)
    bags = Pairs(rng.normal(size=(40, 6)), (rng.random((40, 12)) < 0.2).astype(np.float32))
    form = (*MIE, "generator_form=transformer", "n_heads=2")
    stage = TeacherStage(small_recipe(*form), bags)
    assert stage.mie is not None
    assert stage.mie.generator.bag
    assert torch.equal(stage.mie.text, torch.from_numpy(bags.text))
    teacher = fit_teacher(small_recipe(*form, "most_pairs=20"), bags)
    assert teacher is not None
    assert len(teacher) == 40
    dense = TeacherStage(small_recipe(*form), small_pairs())
    assert dense.mie is not None
    assert not dense.mie.generator.bag


def test_a_form_that_does_not_fit_is_a_fault_of_the_recipe() -> None:
    with pytest.raises(RecipeError, match="recipe section mie: width must be a multiple of n_heads, got 16 and 3"):
        TeacherStage(small_recipe(*MIE, "generator_form=transformer", "n_heads=3"), small_pairs())


def test_a_teacher_of_other_pairs_is_refused() -> None:
    teacher = fit_teacher(small_recipe("similarity=joint-semantics"), small_pairs(50))
    with pytest.raises(ValueError, match="teacher must describe the 100 training pairs, got 50 rows"):
        Trainer(small_recipe(), small_pairs(), teacher=teacher)
