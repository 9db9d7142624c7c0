"""What is refused of one view, and of others than image and text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tests.training.growing.made import new_pairs
from tests.training.kit import small_recipe
from tests.training.test_views import apart_views, one_view, three_views
from ucch.baselines import BASELINES
from ucch.data import Items
from ucch.errors import DataError, RecipeError
from ucch.recipe import Recipe
from ucch.training import StreamTraining, Trainer, TrainingLoop, choose_goal, fit_baseline, fit_teacher
from ucch.training.calibrate import for_calibration
from ucch.training.check_views import check_views

PAIRS = " needs pairs of image and text, got items of "
PARTNERS = "goal must be neighbors or categories where items have one view and no partners, got "
REFUSED: list[tuple[tuple[str, ...], Items, type[Exception], str]] = [
    (("growing.earlier=runs/x",), one_view(), DataError, f"growing{PAIRS}text; docs/one_view.md says"),
    (("calibrate=true",), one_view(), DataError, f"a calibration{PAIRS}text"),
    (("calibrate=true", "baseline=itq"), one_view(), DataError, f"a calibration{PAIRS}text"),
    (("baseline=cvh",), one_view(), DataError, f"baseline cvh{PAIRS}text"),
    (("baseline=itq",), three_views(), DataError, f"baseline itq{PAIRS}image, text, audio"),
    (("trust=auto",), three_views(), DataError, f"pairs.trust = auto{PAIRS}image, text, audio"),
    (("objective=djsrh",), one_view(), DataError, f"objective djsrh{PAIRS}text"),
    (("objective=unihash", "labels.pseudo=kmeans"), apart_views(), DataError, f"objective unihash{PAIRS}image"),
    (("teacher.similarity=mie",), apart_views(), DataError, f"teacher mie{PAIRS}image, text, audio"),
    (("goal=both",), one_view(), RecipeError, f"{PARTNERS}'both'; leave --goal out, or give a second view"),
    (("goal=partners",), one_view(), RecipeError, f"{PARTNERS}'partners'"),
    (("keep=best",), one_view(), RecipeError, "training.keep must be last where items have one view, since best sco"),
    (("goal=neighbors",), apart_views(), RecipeError, "a closed-form start of 3 views needs a space that they share"),
    (("nested=true",), apart_views(), RecipeError, "a closed-form start of 3 views needs a space that they share"),
    (("start=closed-form",), apart_views(), RecipeError, "a closed-form start of 3 views needs a space"),
]


def trained(recipe: Recipe, items: Items) -> object:
    """What the estimators do."""
    if recipe.baseline != "none":
        return fit_baseline(recipe, items)
    return TrainingLoop(recipe, items)


@pytest.mark.parametrize("way", [check_views, choose_goal, for_calibration, trained])
@pytest.mark.parametrize(("settings", "items", "error", "message"), REFUSED)
def test_what_needs_pairs_is_refused_wherever_one_enters(
    way: Callable[[Recipe, Items], object],
    settings: tuple[str, ...],
    items: Items,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error) as refused:
        way(small_recipe(*settings), items)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(("settings", "items", "error", "message"), REFUSED)
def test_pairs_may_ask_for_all_of_it(
    settings: tuple[str, ...], items: Items, error: type[Exception], message: str
) -> None:
    check_views(small_recipe(*settings), new_pairs())


@pytest.mark.parametrize(
    ("settings", "items"),
    [
        ((), one_view()),
        (("goal=neighbors",), one_view()),
        (("goal=categories",), one_view()),
        (("goal=neighbors", "objective=djsrh", "teacher.similarity=mie"), one_view()),  # which the goal replaces
        (("teacher.similarity=none",), one_view()),
        (("nested=true", "bits=64"), one_view()),
        (("start=closed-form",), one_view()),
        (("goal=both", "keep=best"), three_views()),
        (("nested=true",), three_views()),
        (("keep=best",), apart_views()),
        (("goal=both", "start=random"), apart_views()),
        (("goal=both",), Items({"image": apart_views().views["image"], "sound": apart_views().views["audio"]})),
        (("baseline=cvh",), new_pairs()),
    ],
)
def test_what_other_views_can_do_goes_through(settings: tuple[str, ...], items: Items) -> None:
    check_views(small_recipe(*settings), items)


def test_baselines_of_one_view_say_so_themselves() -> None:
    for name in BASELINES:
        recipe = small_recipe(f"baseline={name}", "keep=best", "trust=auto")  # which a baseline does not ask for
        if BASELINES[name].one_view:
            check_views(recipe, one_view())
        else:
            with pytest.raises(DataError, match=f"^baseline {name}{PAIRS}text"):
                check_views(recipe, one_view())


def test_a_bare_trainer_and_a_stream_refuse_it_too() -> None:
    with pytest.raises(RecipeError, match=PARTNERS):
        Trainer(small_recipe("goal=partners"), one_view())
    with pytest.raises(RecipeError, match=PARTNERS):
        StreamTraining(
            small_recipe("goal=partners", "n_negatives=64", "epochs=auto"), one_view(), device=torch.device("cpu")
        )


def test_a_teacher_alone_is_fitted_to_pairs() -> None:
    assert fit_teacher(small_recipe(), one_view()) is None
    with pytest.raises(DataError, match=f"^teacher mie{PAIRS}text"):
        fit_teacher(small_recipe("teacher.similarity=mie"), one_view())
