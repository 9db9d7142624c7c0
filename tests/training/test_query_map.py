"""The query side of finished codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.kit import small_recipe
from tests.training.test_goal import aligned_pairs
from ucch.calibration import PartnerCalibration
from ucch.codes import unpack
from ucch.data import FeatureScaler, Items, Pairs
from ucch.models import HashModel, HashTower
from ucch.recipe import load_recipe
from ucch.training import TrainingLoop, query_map
from ucch.training.guarantee import what_is_kept
from ucch.training.query_map import fit_query_map, with_query_map


def lopsided(names: tuple[str, ...] = ("text",), n: int = 400) -> tuple[HashModel, Items]:
    """Codes of random planes whose outputs are of very unequal size, and items whose views are nearly alike."""
    rng = np.random.default_rng(0)
    meant = rng.normal(size=(n, 10)).astype(np.float32)
    views = {name: meant + 0.1 * rng.normal(size=meant.shape).astype(np.float32) for name in names}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tower = HashTower(10, 24, n_layers=1)
    with torch.no_grad():
        tower.last.bias.zero_()
        tower.last.weight.mul_(torch.logspace(-1, 1, 24)[:, None])
    scalers = {name: FeatureScaler.fit(rows) for name, rows in views.items()}
    return HashModel.of_views(scalers, dict.fromkeys(names, tower)).eval(), Items(views)


@pytest.mark.parametrize("names", [("text",), ("image", "text"), ("a", "b", "c")])
@pytest.mark.parametrize("shared", [True, False])
def test_real_queries_keep_more_of_items_it_was_not_fitted_to(names: tuple[str, ...], shared: bool) -> None:
    model, items = lopsided(names)
    asking = np.arange(60)
    before = what_is_kept(model, items, asking, shared=shared, real=True)
    codes, state = model.encode(names[0], items.views[names[0]]), {k: v.clone() for k, v in model.state_dict().items()}
    model.query_map = fit_query_map(model, items.take(slice(60, None)), shared=shared)
    after = what_is_kept(model, items, asking, shared=shared, real=True)
    assert after.neighbors > before.neighbors + 0.03
    np.testing.assert_array_equal(model.encode(names[0], items.views[names[0]]), codes)
    for name, value in state.items():
        assert torch.equal(model.state_dict()[name], value)


def test_seed_and_items_decide_everything() -> None:
    model, items = lopsided(("image", "text"))
    one, same, other = (fit_query_map(model, items, shared=True, partner_share=0.1, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    changed = items.views["text"].copy()
    changed[0] *= 3  # the same direction: towers and targets see unit rows
    assert torch.allclose(fit_query_map(model, Items({**items.views, "text": changed}), shared=True), one, atol=0.5)


@pytest.mark.parametrize("goal", ["neighbors", "partners", "both"])
def test_a_map_that_keeps_less_is_not_handed_over(goal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, items = lopsided(("image", "text"))
    recipe = load_recipe("default", [f"goal={goal}", "bits=24"])
    rows = np.arange(60, 400), np.arange(60)
    handed, verdict = with_query_map(model, items, *rows, recipe, shared=True)
    assert (handed.query_map is not None) == (verdict.hands_over == "trained")
    monkeypatch.setattr(query_map, "fit_query_map", lambda *args, **options: -torch.eye(24))
    handed, verdict = with_query_map(model, items, *rows, recipe, shared=True)
    assert (handed, verdict.hands_over, verdict.n_pairs) == (model, "start", 60)
    assert verdict.start == what_is_kept(model, items, rows[1], shared=True, real=True)


def test_what_real_queries_keep_against_a_loop() -> None:
    model, items = lopsided()
    kept = what_is_kept(model, items, np.arange(20), shared=True, real=True)
    rows = items.views["text"]
    signs = unpack(model.encode("text", rows), 24).astype(np.float32)
    unit = model.scalers()["text"](torch.from_numpy(rows)).numpy()
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    shares = []
    for row in range(20):
        nearest = np.argsort(-unit[20:] @ unit[row])[:10]
        found = np.argsort(-signs[20:] @ model.real("text", rows)[row])[:10]
        shares.append(len(np.intersect1d(nearest, found)) / 10)
    assert kept.neighbors == pytest.approx(np.mean(shares), abs=0.01)  # but for ties
    assert kept.partners is None


def test_a_run_hands_it_over_with_the_same_codes(tmp_path: Path) -> None:
    pairs = aligned_pairs()
    loop = TrainingLoop(small_recipe("goal=both"), pairs)
    model = loop.train(lambda text: None)
    plain = loop.trainer.finished_model()
    np.testing.assert_array_equal(model.encode_image(pairs.image), plain.encode_image(pairs.image))
    assert loop.query_verdict is not None
    assert loop.outcome()["real_query"] == loop.query_verdict.as_dict()
    by_map, outputs = loop.query_verdict.trained, loop.query_verdict.start
    assert (model.query_map is not None) == (sum(vars(by_map).values()) >= sum(vars(outputs).values()))
    model.query_map = 2 * torch.eye(12) + 0.3
    unseen = pairs.take(loop.unseen)
    sides = model.real_image(unseen.image), model.real_text(unseen.text)
    calibration = loop.calibration(model)
    assert calibration == PartnerCalibration.fit(*sides, as_queries=lambda u: u @ model.query_map.numpy())
    assert calibration is not None
    assert calibration.hamming == PartnerCalibration.fit(*sides).hamming
    assert calibration.real != PartnerCalibration.fit(*sides).real


def test_codes_for_categories_have_none() -> None:
    pairs = aligned_pairs(60)
    loop = TrainingLoop(small_recipe("goal=categories"), Pairs(pairs.image, pairs.text))
    assert loop.train(lambda text: None).query_map is None
    assert "real_query" not in loop.outcome()
