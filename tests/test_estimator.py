"""The scikit-learn face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from tests.training.kit import SMALL, small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from ucch import CrossModalHasher
from ucch.errors import DataError, RecipeError, RunError
from ucch.runs import RunFolder
from ucch.training import TrainingLoop, train_run

SETTINGS = tuple(setting for setting in SMALL if not setting.startswith("bits"))


@pytest.fixture(scope="module")
def fitted() -> CrossModalHasher:
    pairs = small_pairs()
    return CrossModalHasher(12, settings=SETTINGS, device="cpu").fit(pairs.image, pairs.text)


def test_codes_are_packed_and_pairs_lie_near(fitted: CrossModalHasher) -> None:
    pairs = small_pairs(40, seed=5)
    image, text = fitted.encode_image(pairs.image), fitted.encode_text(pairs.text)
    assert image.dtype == text.dtype == np.uint8
    assert image.shape == text.shape == (40, 2)


def test_equals_the_command_line_of_the_same_recipe(fitted: CrossModalHasher, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe())
    model = train_run(run, small_pairs())
    image = small_pairs(30, seed=8).image
    assert np.array_equal(model.encode_image(image), fitted.encode_image(image))
    assert np.array_equal(CrossModalHasher.load(run.model_file).encode_image(image), fitted.encode_image(image))


def test_fitting_twice_gives_the_same_codes() -> None:
    pairs = small_pairs()
    hasher = CrossModalHasher(12, settings=SETTINGS, device="cpu")
    first = hasher.fit(pairs.image, pairs.text).encode_text(pairs.text)
    assert np.array_equal(hasher.fit(pairs.image, pairs.text).encode_text(pairs.text), first)


def test_parameters_are_scikit_learns() -> None:
    hasher = CrossModalHasher(32, epochs=3, seed=7)
    assert hasher.get_params()["n_bits"] == 32
    assert clone(hasher).get_params() == hasher.get_params()
    assert hasher.set_params(n_bits=16) is hasher
    assert hasher.n_bits == 16
    assert repr(CrossModalHasher(16)) == "CrossModalHasher(n_bits=16)"
    with pytest.raises(ValueError, match="Invalid parameter 'bits' for estimator CrossModalHasher"):
        hasher.set_params(bits=1)


def test_before_fit_it_says_so(tmp_path: Path) -> None:
    hasher = CrossModalHasher()
    for call in (lambda: hasher.encode_image(np.ones((1, 2))), lambda: hasher.save(tmp_path / "m")):
        with pytest.raises(NotFittedError, match=r"not fitted yet; call fit\(image, text\) or load\(path\) first"):
            call()


def test_saved_and_loaded_it_encodes_alike(fitted: CrossModalHasher, tmp_path: Path) -> None:
    fitted.save(tmp_path / "mine.safetensors")
    again = CrossModalHasher.load(tmp_path / "mine.safetensors")
    text = small_pairs(30, seed=8).text
    assert np.array_equal(again.encode_text(text), fitted.encode_text(text))
    assert again.n_bits == 12
    assert again.recipe_ == fitted.recipe_
    with pytest.raises(RunError, match=r"mine\.safetensors exists; pass overwrite=True to replace it"):
        fitted.save(tmp_path / "mine.safetensors")
    fitted.save(tmp_path / "mine.safetensors", overwrite=True)


def test_wrong_options_and_data_are_refused_by_fit() -> None:
    pairs = small_pairs()
    with pytest.raises(RecipeError, match="recipe key bits: input should be greater than or equal to 1, got 0"):
        CrossModalHasher(0).fit(pairs.image, pairs.text)
    with pytest.raises(RecipeError, match="recipe must be a .toml file or one of"):
        CrossModalHasher(recipe="nope").fit(pairs.image, pairs.text)
    with pytest.raises(DataError, match=r"image and text must have one row per pair"):
        CrossModalHasher().fit(pairs.image, pairs.text[:50])


def test_labels_are_taken_by_the_recipes_that_learn_from_them() -> None:
    pairs = small_pairs()
    assert pairs.label is not None
    classes = pairs.label.argmax(axis=1)
    by_classes, by_matrix = (
        CrossModalHasher(12, recipe="mlwch-like", settings=SMALL[1:4], epochs=2).fit(pairs.image, pairs.text, label)
        for label in (classes, pairs.label)
    )
    assert np.array_equal(by_classes.encode_image(pairs.image), by_matrix.encode_image(pairs.image))
    with pytest.raises(DataError, match="recipe mlwch-like learns from labels, but the training pairs have no label"):
        CrossModalHasher(12, recipe="mlwch-like").fit(pairs.image, pairs.text)
    with pytest.raises(DataError, match="image and label must have one row per pair"):
        CrossModalHasher(12, recipe="mlwch-like").fit(pairs.image, pairs.text, classes[:-1])


def test_pairs_are_held_out_where_the_recipe_says_so() -> None:
    pairs = small_pairs()
    settings = (*SETTINGS, "learning_rate=0.05", "training.keep=best")
    best = CrossModalHasher(12, settings=settings, device="cpu").fit(pairs.image, pairs.text)
    loop = TrainingLoop(small_recipe(*settings), pairs)
    model = loop.train(lambda text: None)
    assert len(loop.rows) == 90
    assert all("validation" in line for line in loop.history)
    assert loop.best["score"] == max(line["validation"] for line in loop.history)
    assert np.array_equal(best.encode_image(pairs.image), model.encode_image(pairs.image))


def test_it_is_the_run_of_the_command_without_its_files(tmp_path: Path) -> None:
    pairs = small_pairs()
    for settings in ((), ("training.keep=best",), ("optimizer=itq",)):
        run = RunFolder.create(tmp_path / "-".join(["run", *settings]), small_recipe(*settings))
        train_run(run, pairs)
        hasher = CrossModalHasher(12, settings=(*SETTINGS, *settings), device="cpu").fit(pairs.image, pairs.text)
        for name, value in run.model().state_dict().items():
            assert torch.equal(hasher.model_.state_dict()[name], value), (settings, name)


def test_what_the_command_warns_of_is_a_warning() -> None:
    pairs = small_pairs()
    settings = (
        *SETTINGS[:-1],
        "optimizer=momentum",
        "epochs=14",
        "learning_rate=1e-12",
        "schedule=constant",
        "similarity=none",
    )
    with pytest.warns(UserWarning, match="no bit of the code table has flipped for 5 epochs"):
        CrossModalHasher(12, settings=settings, device="cpu").fit(pairs.image, pairs.text)


def test_it_says_what_the_codes_are_for() -> None:
    pairs = aligned_pairs()
    hasher = CrossModalHasher(16, settings=("epochs=2",), device="cpu").fit(pairs.image, pairs.text)
    assert hasher.outcome_["goal"] == "both"
    assert hasher.outcome_["kept"]["hands_over"] in ("trained", "start")
    assert hasher.recipe_.objective == "neighbors"


def test_items_of_one_side_are_fitted_and_encoded() -> None:
    pairs = small_pairs(60)
    image, text = np.array(pairs.image), np.array(pairs.text)
    seen = np.arange(60) % 3 != 0
    image[~seen] = np.nan
    hasher = CrossModalHasher(n_bits=8, epochs=1, settings=["width=16", "batch_size=20", "one_sided=keep"]).fit(
        image, text
    )
    filled = np.where(seen[:, None], image, 0)
    told = CrossModalHasher(n_bits=8, epochs=1, settings=["width=16", "batch_size=20"])
    told.fit(filled, text, image_seen=seen)
    codes = hasher.encode_item(filled, text, image_seen=seen)
    np.testing.assert_array_equal(codes, told.encode_item(filled, text, image_seen=seen))
    np.testing.assert_array_equal(codes[~seen], hasher.encode_text(text)[~seen])
    with pytest.raises(DataError, match="finite"):
        told.fit(image, text)


def test_more_pairs_go_on_from_what_is_learnt() -> None:
    first, more = small_pairs(), small_pairs(60, seed=9)
    hasher = small_hasher().partial_fit(first.image, first.text)
    fitted = small_hasher().fit(first.image, first.text)
    assert np.array_equal(hasher.encode_image(first.image), fitted.encode_image(first.image))
    before = hasher.encode_image(more.image)
    hasher.partial_fit(more.image, more.text)
    assert hasher._earlier is not None
    assert hasher._earlier.n_items == 160
    assert 0 < np.unpackbits(before ^ hasher.encode_image(more.image)).mean() < 0.25
    hasher.partial_fit(more.image, more.text)
    assert hasher._earlier.n_items == 220


def test_a_loaded_estimator_goes_on_without_the_codes_of_earlier_pairs(tmp_path: Path) -> None:
    pairs, more = small_pairs(), small_pairs(60, seed=9)
    small_hasher().fit(pairs.image, pairs.text).save(tmp_path / "model.safetensors")
    loaded = CrossModalHasher.load(tmp_path / "model.safetensors").partial_fit(more.image, more.text)
    assert loaded._earlier is not None
    assert loaded._earlier.n_items == 60


def test_what_does_not_go_on_is_refused() -> None:
    pairs = small_pairs()
    hasher = CrossModalHasher(n_bits=4, recipe="cvh").fit(pairs.image, pairs.text)
    with pytest.raises(RecipeError, match="a baseline is fitted in one go and cannot go on"):
        hasher.partial_fit(pairs.image, pairs.text)
    with pytest.raises(DataError, match="text must have 5 columns, the features of the earlier run, got 4"):
        small_hasher().fit(pairs.image, pairs.text).partial_fit(pairs.image, pairs.text[:, :4])


def small_hasher() -> CrossModalHasher:
    return CrossModalHasher(n_bits=12, settings=("width=16", "batch_size=32", "n_negatives=24"), epochs=2)
