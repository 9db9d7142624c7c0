"""Training on one view, and on three."""

from __future__ import annotations

import math
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.codes import hamming_distance
from ucch.data import Items, Pairs
from ucch.errors import RecipeError
from ucch.metrics import cosine_neighbors
from ucch.models import HashModel
from ucch.recipe import Recipe
from ucch.runs import RunFolder
from ucch.training import Trainer, choose_goal, fit_baseline, hold_out, train_run
from ucch.training.checkpoints import CHECKPOINT_SECONDS
from ucch.training.guarantee import what_is_kept
from ucch.training.objectives.neighbors import NeighborsObjective
from ucch.training.validation import pair_score

QUICK = ("epochs=2", "neighbor_batch=32", "hidden_width=8")


def one_view(n: int = 240) -> Items:
    return Items({"text": aligned_pairs(n).image})


def three_views(n: int = 240, width: int = 24) -> Items:
    """Three noisy looks at one point of a space."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(n, width)) * np.linspace(1.5, 0.3, width)
    looks = {name: points + 0.25 * rng.normal(size=points.shape) for name in ("image", "text", "audio")}
    return Items({name: rows.astype(np.float32) for name, rows in looks.items()})


def apart_views(n: int = 100) -> Items:
    """Three views of different widths."""
    pairs = small_pairs(n)
    return Items({**pairs.views, "audio": pairs.image[:, :3] ** 2}, pairs.label)


def trained(items: Items, *settings: str) -> Trainer:
    trainer = Trainer(small_recipe(*QUICK, *settings), items)
    while trainer.epoch < trainer.n_epochs:
        trainer.train_epoch()
    return trainer


def test_one_view_keeps_neighbours_and_says_why() -> None:
    choice = choose_goal(small_recipe(), one_view())
    assert (choice.goal, choice.recipe.objective, choice.recipe.model.start) == (
        "neighbors",
        "neighbors",
        "closed-form",
    )
    assert str(choice) == (
        "codes for neighbors (the features' neighbours are kept): items have one view, so there are no partners to find"
    )
    assert choose_goal(small_recipe("nested=true", "bits=64"), one_view()).goal == "neighbors"
    assert choose_goal(small_recipe("goal=categories"), one_view()).goal == "categories"
    assert choose_goal(choice.recipe, one_view()).recipe == choice.recipe


@pytest.mark.parametrize("goal", ["both", "partners"])
def test_one_view_has_no_partners(goal: str) -> None:
    with pytest.raises(RecipeError, match=f"goal must be neighbors or categories where items have one view.*'{goal}'"):
        choose_goal(small_recipe(f"goal={goal}"), one_view())


def test_three_views_of_one_space_keep_both() -> None:
    choice = choose_goal(small_recipe(), three_views())
    assert choice.goal == "both"
    assert "all views share a space" in choice.reason
    assert "widths differ" in choose_goal(small_recipe(), apart_views()).reason


@pytest.mark.parametrize("n_views", [1, 3])
@pytest.mark.parametrize("shared", [True, False])
def test_targets_against_a_loop(n_views: int, shared: bool) -> None:
    if n_views == 1 and not shared:
        return  # a view shares its space with itself
    items = three_views() if shared else apart_views()
    items = Items({name: items.views[name] for name in items.names[:n_views]})
    start = "closed-form" if shared else "random"
    objective = NeighborsObjective(
        small_recipe("objective=neighbors", f"start={start}"), items, generator=torch.Generator()
    )
    assert objective.shared == shared
    generator = torch.Generator().manual_seed(1)
    views = [torch.randn(5, rows.shape[1], generator=generator) for rows in items.views.values()]
    found = objective.target(*views)
    share, t, n = objective.partner_share, objective.temperature, 5 * n_views
    assert share == (0.0 if n_views == 1 else 0.1)
    units = [normalize(rows, dim=1) for rows in views]
    for i in range(n):
        partners = {j for j in range(n) if j % 5 == i % 5 and j != i}
        own = units[i // 5]
        likeness = (
            [float(torch.cat(units)[i] @ row) for row in torch.cat(units)]
            if shared
            else [float(own[i % 5] @ own[j % 5]) for j in range(n)]
        )
        left_out = {i} if shared else {i, *partners}
        weight = [0.0 if j in left_out else math.exp(likeness[j] / t) for j in range(n)]
        given = share / max(1, len(partners))
        expected = [(1 - share) * w / sum(weight) + given * (j in partners) for j, w in enumerate(weight)]
        assert found[i].tolist() == pytest.approx(expected, abs=1e-5)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(n))


def test_all_views_of_a_space_go_through_one_map() -> None:
    trainer = Trainer(small_recipe(*QUICK), three_views())
    assert len(set(trainer.model.towers().values())) == 1
    model = trained(three_views()).finished_model()
    assert len(set(model.towers().values())) == 3  # the finished model has a copy for each
    assert model.names == ("image", "text", "audio")


@pytest.mark.parametrize("optimizer", ["momentum", "rotation", "itq", "bi-half", "discrete", "straight-through"])
@pytest.mark.parametrize("n_views", [1, 3])
def test_ucch_itself_trains_on_other_views(optimizer: str, n_views: int) -> None:
    items = apart_views()
    items = Items({name: items.views[name] for name in items.names[:n_views]})
    trainer = trained(items, "goal=categories", f"optimizer={optimizer}")
    model = trainer.finished_model()
    assert {name: tower.n_features for name, tower in model.towers().items()} == {
        name: rows.shape[1] for name, rows in items.views.items()
    }
    assert all(model.encode(name, rows).shape == (100, 2) for name, rows in items.views.items())


def test_what_one_view_keeps_against_a_loop() -> None:
    items, rows = one_view(60), np.array([3, 8, 20, 41])
    model = trained(items).finished_model()
    kept = what_is_kept(model, items, rows, shared=True)
    others = np.setdiff1d(np.arange(60), rows)
    features = model.scalers()["text"](torch.from_numpy(items.views["text"])).numpy()
    near = cosine_neighbors(features[rows], features[others])
    codes = model.encode("text", items.views["text"])
    distance = hamming_distance(codes[rows], codes[others])
    shares = []
    for query in range(4):
        for item in near.items[near.queries == query]:
            nearer, tied = (
                (distance[query] < distance[query, item]).sum(),
                (distance[query] == distance[query, item]).sum(),
            )
            shares.append(min(max(10 - nearer, 0), tied) / tied)
    assert kept.neighbors == pytest.approx(np.mean(shares))
    assert kept.partners is None


def test_a_run_of_one_view_hands_over_what_keeps_more_on_items_set_aside() -> None:
    trainer = trained(one_view())
    trainer.finished_model()
    verdict = trainer.verdict
    assert verdict is not None
    best = max(("trained", "start"), key=lambda name: getattr(verdict, name).neighbors)
    assert verdict.hands_over == best or verdict.trained.neighbors == verdict.start.neighbors
    assert "items set aside: neighbours 0." in str(verdict)
    assert "partners" not in str(verdict)


def test_the_score_of_held_out_items_is_the_mean_over_ordered_views() -> None:
    items = three_views(40)
    model = trained(three_views()).finished_model()
    train, held_out = hold_out(small_recipe(), items)
    assert (type(held_out), len(train) + len(held_out)) == (Items, 40)
    by_two = [
        pair_score(
            HashModel(*(model.scalers()[name] for name in two), *(model.tower(name) for name in two)),
            Pairs(*(held_out.views[name] for name in two)),
        )
        for two in permutations(items.names, 2)
    ]
    assert pair_score(model, held_out) == pytest.approx(np.mean(by_two))


@pytest.mark.parametrize("n_views", [1, 3])
def test_resumed_is_not_stopped(n_views: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CHECKPOINT_SECONDS > 0
    items = three_views()
    items = Items({name: items.views[name] for name in items.names[:n_views]})
    monkeypatch.setattr("ucch.training.checkpoints.CHECKPOINT_SECONDS", 0.0)
    recipe = small_recipe(*QUICK)
    whole = train_run(RunFolder.create(tmp_path / "whole", recipe), items)
    run, steps = RunFolder.create(tmp_path / "cut", recipe), []

    def break_off(loss: float) -> None:
        steps.append(loss)
        if len(steps) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_run(run, items, on_step=break_off)
    resumed = train_run(run, items, resume=True)
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value)
    assert run.model().names == items.names
    assert run.calibration() is None


@pytest.mark.parametrize("method", ["sign", "lsh", "itq"])
def test_baselines_that_ask_nothing_of_pairs_take_one_view(method: str) -> None:
    recipe, items = Recipe(bits=12, baseline=method), one_view()
    model, _ = fit_baseline(recipe, items)
    alike, _ = fit_baseline(recipe, Pairs(items.views["text"], items.views["text"]))
    codes = model.encode("text", items.views["text"])
    assert np.array_equal(codes, alike.encode_text(items.views["text"]))
    assert model.names == ("text",)
