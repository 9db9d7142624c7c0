"""The image encoder trains along: gradients, warm-up, resuming, refusals."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.encoders.kit import ColourEncoder, TinyNetworkEncoder
from tests.images.kit import write_photographs
from tests.training.kit import small_recipe
from tests.training.test_train import StoppedError, same_state, stop_after
from ucch.data import Pairs
from ucch.encoders import ClipImageEncoder, NetworkImageEncoder
from ucch.errors import DataError, EncoderError, RecipeError
from ucch.extraction import encode_images
from ucch.recipe import Recipe
from ucch.runs import RunFolder
from ucch.runs.checkpoint import load_state
from ucch.training import FineTuning, Trainer, check_fine_tuning, train_run

N = 24
SETTINGS = ("source.images=photos", "fine_tuning.enabled=true", "frozen_epochs=2", "batch_size=8", "bits=8")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("tuning") / "photos"
    write_photographs(folder, n=N)
    return sorted(folder.iterdir())


def recipe_of(*settings: str) -> Recipe:
    return small_recipe(*SETTINGS, *settings)


def pairs_of(encoder: NetworkImageEncoder, paths: list[Path]) -> Pairs:
    """Features of the encoder as it is, and texts that tell the four colours apart."""
    return Pairs(encode_images(paths, encoder).features, np.eye(4, dtype=np.float32)[np.arange(N) % 4])


def tuned_run(folder: Path, paths: list[Path], recipe: Recipe) -> tuple[RunFolder, NetworkImageEncoder]:
    encoder = TinyNetworkEncoder()
    pairs, run = pairs_of(encoder, paths), RunFolder.create(folder, recipe)
    train_run(run, pairs, fine_tuning=FineTuning(encoder, paths, recipe))
    return run, encoder


@pytest.mark.parametrize("augment", ["true", "false"])
def test_features_are_those_of_the_photographs_in_the_order_of_the_rows(paths: list[Path], augment: str) -> None:
    encoder = TinyNetworkEncoder()
    tuning = FineTuning(encoder, paths, recipe_of(f"augment={augment}"))
    with tuning:
        tuning.epoch_start(1, torch.arange(N))
        assert not tuning.active
        tuning.epoch_start(2, torch.tensor([5, 3, 9, 1]))
        assert tuning.active
        features = torch.cat([tuning.features(3), tuning.features(1)]).detach().numpy()
    plain = pairs_of(encoder, paths).image[[5, 3, 9, 1]]
    assert np.allclose(features, plain, atol=1e-5) == (augment == "false")


def test_the_draw_differs_by_epoch_and_row_and_not_between_runs(paths: list[Path]) -> None:
    def draw(epoch: int, row: int) -> torch.Tensor:
        with FineTuning(TinyNetworkEncoder(), [paths[0]] * N, recipe_of()) as tuning:
            tuning.epoch_start(epoch, torch.tensor([row]))
            return tuning.features(1).detach()

    assert torch.equal(draw(2, 7), draw(2, 7))
    assert not torch.equal(draw(2, 7), draw(2, 8))
    assert not torch.equal(draw(2, 7), draw(3, 7))


@pytest.mark.parametrize("spec", ["tiny", "clip"])
def test_gradients_do_not_depend_on_how_many_pictures_are_held_at_once(
    paths: list[Path], spec: str, request: pytest.FixtureRequest
) -> None:
    gradients = []
    for at_once in (32, 3):
        encoder = (
            TinyNetworkEncoder() if spec == "tiny" else ClipImageEncoder(str(request.getfixturevalue("tiny_clip")))
        )
        with FineTuning(encoder, paths, recipe_of(f"pictures_at_once={at_once}")) as tuning:
            tuning.epoch_start(2, torch.arange(8))
            tuning.features(8).square().sum().backward()
        gradients.append([weight.grad for weight in tuning.parameters if weight.grad is not None])
    assert len(gradients[0]) == len(gradients[1]) > 1
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_until_the_warm_up_ends_it_is_the_run_on_features(paths: list[Path], tmp_path: Path) -> None:
    encoder = TinyNetworkEncoder()
    before, pairs = encoder.weights(), pairs_of(encoder, paths)
    recipe = recipe_of()
    plain = Trainer(small_recipe("batch_size=8", "bits=8"), pairs)
    trainer = Trainer(recipe, pairs, fine_tuning=FineTuning(encoder, paths, recipe))
    for _ in range(2):
        ours, theirs = trainer.train_epoch().as_dict(), plain.train_epoch().as_dict()
        assert same_state(ours, theirs)
    assert all(torch.equal(encoder.weights()[name], before[name]) for name in before)
    digest = encoder.digest
    trainer.train_epoch()
    assert not torch.equal(encoder.weights()["0.weight"], before["0.weight"])
    assert trainer.adam.param_groups[1]["lr"] == pytest.approx(trainer.adam.param_groups[0]["lr"] / 100)
    trainer.fine_tuning.finish()  # type: ignore[union-attr]
    assert encoder.digest != digest
    assert not any(weight.requires_grad for weight in encoder.network.parameters())


def test_it_brings_photographs_nearer_to_their_texts_than_the_frozen_encoder(paths: list[Path], tmp_path: Path) -> None:
    """Constant pixels lose their colour in the frozen encoder: its one filter that sees is a mean over the channels."""
    losses = []
    for frozen in (0, 39):
        encoder = TinyNetworkEncoder()
        with torch.no_grad():
            encoder.network[0].weight[:] = encoder.network[0].weight.mean((0, 1), keepdim=True)  # grey
        recipe = recipe_of(f"frozen_epochs={frozen}", "epochs=40", "encoder_learning_rate=1e-2", "augment=false")
        trainer = Trainer(recipe, pairs_of(encoder, paths), fine_tuning=FineTuning(encoder, paths, recipe))
        losses.append([trainer.train_epoch().loss for _ in range(39)][-1])
    assert losses[0] < losses[1]


@pytest.mark.parametrize(("stop", "optimizer"), [(1, "momentum"), (3, "momentum"), (3, "rotation")])
def test_resumed_equals_not_stopped(paths: list[Path], tmp_path: Path, stop: int, optimizer: str) -> None:
    recipe = recipe_of(f"optimizer={optimizer}")
    through, theirs = tuned_run(tmp_path / "through", paths, recipe)
    stopped = RunFolder.create(tmp_path / "stopped", recipe)
    encoder = TinyNetworkEncoder()
    pairs = pairs_of(encoder, paths)
    with pytest.raises(StoppedError):
        train_run(stopped, pairs, fine_tuning=FineTuning(encoder, paths, recipe), on_epoch=stop_after(stop))
    again = FineTuning(TinyNetworkEncoder(), paths, recipe)
    train_run(stopped, pairs, resume=True, fine_tuning=again)
    assert stopped.model_file.read_bytes() == through.model_file.read_bytes()
    assert same_state(load_state(stopped.checkpoint_file), load_state(through.checkpoint_file))
    assert same_state(again.encoder.weights(), theirs.weights())


def test_a_photograph_that_is_gone_is_named(paths: list[Path], tmp_path: Path) -> None:
    missing = [*paths[:-1], tmp_path / "gone.jpg"]
    with FineTuning(TinyNetworkEncoder(), missing, recipe_of()) as tuning:
        tuning.epoch_start(2, torch.arange(N))
        with pytest.raises(DataError, match=r"gone\.jpg: no such file; it could be read when the run began$"):
            tuning.features(N)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("source.images=''",), "fine_tuning trains on photographs; name them with --images"),
        (("epochs=auto",), "so say how many: set training.epochs, got 'auto'"),
        (("frozen_epochs=4",), "fine_tuning.frozen_epochs must be below training.epochs=4, got 4"),
        (("keep=best",), "fine_tuning goes with training.keep='last'"),
        (("optimizer=itq",), "fine_tuning does not go with optimizer 'itq'"),
    ],
)
def test_choices_that_do_not_go_together_are_refused(settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        check_fine_tuning(recipe_of(*settings))


def test_an_encoder_without_a_network_and_a_trainer_without_photographs_are_refused(paths: list[Path]) -> None:
    with pytest.raises(EncoderError, match="^image encoder colour cannot be trained on; it must be clip, vgg19 or"):
        FineTuning(ColourEncoder(), paths, recipe_of())
    encoder = TinyNetworkEncoder()
    with pytest.raises(RecipeError, match="^fine_tuning needs the photographs: it goes with ucch train --images$"):
        Trainer(recipe_of(), pairs_of(encoder, paths))
