"""Training on a stream of shards."""

from __future__ import annotations

import copy
import gc
import itertools
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from tests.training.kit import small_pairs, small_recipe
from ucch.codes import sign
from ucch.data import Items, Pairs
from ucch.errors import DataError, RecipeError, RunError
from ucch.losses import CrossModalRankingLoss
from ucch.recipe import Recipe
from ucch.runs.checkpoint import load_state, save_state
from ucch.training import StreamTraining, train_stream
from ucch.training.strategies.recent_codes import RecentCodes, RotatedRecentCodes

BATCH, RING = 32, 80


def recipe(*settings: str) -> Recipe:
    return small_recipe(f"batch_size={BATCH}", f"n_negatives={RING}", "similarity=none", "epochs=auto", *settings)


def shards(n: int, size: int = 100) -> Iterator[Pairs]:
    for number in range(n):
        pairs = small_pairs(size, seed=number)
        yield Pairs(pairs.image, pairs.text)


def weights(training: StreamTraining) -> torch.Tensor:
    return torch.cat([part.detach().flatten() for part in [*training.parameters, training.step.bank.latent]])


def test_a_loop_with_a_ring_written_out_gives_the_same_towers() -> None:
    """Positives are the batch's own codes; negatives the ring, in which the batch has just overwritten the oldest."""
    wanted = recipe("schedule=constant", "learning_rate=0.01", "optimizer=momentum")
    training = train_stream(shards(3), wanted)

    first = next(shards(1))
    start = StreamTraining(wanted, first)
    model, ring, generator = start.model, start.step.bank.latent.detach().clone(), start.generator
    adam = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=wanted.training.weight_decay)
    ranking, place = CrossModalRankingLoss(wanted.loss.margin, wanted.loss.shift, wanted.loss.kappa), 0
    root = wanted.bits**0.5
    for pairs in shards(3):
        order = torch.randperm(100, generator=generator)
        for rows in order.split(BATCH)[:3]:
            u = (
                model.image_outputs(torch.from_numpy(pairs.image)[rows]),
                model.text_outputs(torch.from_numpy(pairs.text)[rows]),
            )
            h = [normalize(torch.tanh(one), dim=1) for one in u]
            slots = (place + torch.arange(BATCH)) % RING
            ring[slots] = (h[0] + h[1]).detach() / 2
            keys = sign(ring)
            loss = torch.zeros(())
            for query in h:
                logits = query @ keys.T / root / wanted.loss.temperature
                loss = loss + torch.nn.functional.cross_entropy(logits, slots) * wanted.loss.beta
            loss = loss + (1 - wanted.loss.beta) * ranking(*h)
            adam.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), wanted.training.clip_norm)
            adam.step()
            place += BATCH
    for mine, theirs in zip(training.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=1e-4)
    assert torch.equal(sign(training.step.bank.latent), sign(ring))


@pytest.mark.parametrize("optimizer", ["momentum", "rotation"])
def test_codes_of_a_pair_agree_after_some_shards(optimizer: str) -> None:
    figures: list[dict[str, float]] = []
    chosen = recipe("learning_rate=0.01", f"optimizer={optimizer}")
    training = train_stream(shards(25), chosen, n_shards=25, on_shard=lambda _, line: figures.append(line))
    assert [line["shard"] for line in figures] == list(range(1, 26))
    assert (training.rows, figures[-1]["skipped"]) == (25 * 96, 0)
    assert figures[-1]["agreement"] > 0.85 > figures[0]["agreement"]
    assert figures[-1]["learning_rate"] < 0.1 * figures[0]["learning_rate"]


def test_a_rotation_turns_with_the_ring_and_ends_in_the_model() -> None:
    turns: list[tuple[int, torch.Tensor]] = []

    def see(training: StreamTraining, line: dict[str, float]) -> None:
        turns.append((training.rows // RING, training.step.strategy.rotation.matrix.clone()))  # type: ignore[attr-defined]

    small = recipe("optimizer=rotation")
    training = train_stream(shards(9, size=BATCH), small, on_shard=see)
    for (one, before), (other, after) in itertools.pairwise(turns):
        assert torch.equal(before, after) == (one == other)
    strategy, images = training.step.strategy, torch.from_numpy(next(shards(1)).image)
    assert isinstance(strategy, RotatedRecentCodes)
    with torch.no_grad():
        rotated = training.model.image_outputs(images) @ strategy.rotation.matrix
        torch.testing.assert_close(training.finished_model().image_outputs(images), rotated, atol=1e-5, rtol=1e-4)
    near = train_stream(shards(1), recipe("optimizer=rotation", "goal=neighbors", "start=random", "neighbor_batch=32"))
    assert type(near.step.strategy) is RecentCodes


@pytest.mark.parametrize("optimizer", ["momentum", "rotation"])
def test_resumed_from_a_saved_state_is_not_stopped(tmp_path: Path, optimizer: str) -> None:
    own = recipe(f"optimizer={optimizer}")
    through = train_stream(shards(4), own, n_shards=4)
    kept: list[Path] = []

    def keep(training: StreamTraining, line: dict[str, float]) -> None:
        if line["shard"] == 2:
            kept.append(tmp_path / "state.safetensors")
            save_state(kept[0], copy.deepcopy(training.state_dict()))

    train_stream(shards(3), own, n_shards=4, on_shard=keep)
    again: list[float] = []
    resumed = train_stream(
        shards(4), own, n_shards=4, state=load_state(kept[0]), on_shard=lambda _, line: again.append(line["shard"])
    )
    assert again == [3, 4]
    assert torch.equal(weights(resumed), weights(through))


def test_neighbours_are_kept_from_the_start_that_the_first_shard_gives() -> None:
    """Both modalities in one space, every pair its own: the objective trains among a batch, and resumes too."""

    def alike(n: int) -> Iterator[Pairs]:
        for number in range(n):
            rows = np.random.default_rng(number).normal(size=(90, 24)).astype(np.float32)
            yield Pairs(
                rows, rows + 0.3 * np.random.default_rng(number + 50).normal(size=rows.shape).astype(np.float32)
            )

    wanted = recipe("goal=both", "neighbor_batch=32", "hidden_width=8")
    states: list[dict[str, object]] = []
    through = train_stream(alike(3), wanted, on_shard=lambda t, _: states.append(copy.deepcopy(t.state_dict())))
    assert through.choice.goal == "both"
    assert through.objective is not None
    resumed = train_stream(alike(3), wanted, state=states[0])
    assert torch.equal(weights(resumed), weights(through))


@pytest.mark.slow
def test_nothing_is_held_of_shards_that_are_done_and_the_state_does_not_grow() -> None:
    given: list[weakref.ref[Pairs]] = []
    sizes: list[int] = []

    def watched() -> Iterator[Pairs]:
        for pairs in shards(6):
            gc.collect()
            assert all(one() is None for one in given)
            given.append(weakref.ref(pairs))
            yield pairs
            del pairs

    def measure(training: StreamTraining, _: dict[str, float]) -> None:
        strategy = training.step.strategy
        sizes.append(sum(part.nbytes for part in [*training.model.parameters(), strategy.bank.latent]))

    train_stream(watched(), recipe(), on_shard=measure)
    assert (len(given), len(set(sizes))) == (6, 1)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("keep=best",), "recipe key training.keep must be last in a stream, got 'best'"),
        (("optimizer=bop",), "recipe key optimizer must be momentum or rotation in a stream, got 'bop'"),
        (("similarity=mie",), "recipe key teacher.similarity must be auto or none in a stream, got 'mie'"),
        (("n_negatives=16",), "the ring of a stream, must hold a batch of 32, got 16"),
    ],
)
def test_what_a_stream_has_not_is_refused(settings: tuple[str, ...], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        train_stream(shards(1), recipe(*settings))


def test_a_stream_of_nothing_and_pairs_of_one_side_are_refused() -> None:
    with pytest.raises(DataError, match="at least one shard, got none"):
        train_stream(iter(()), recipe())
    with pytest.raises(DataError, match="a batch of 32 pairs, got 20"):
        train_stream(shards(1, size=20), recipe())
    pairs = small_pairs(60)
    lacking = Pairs(pairs.image, pairs.text, image_seen=np.arange(60) > 3)
    with pytest.raises(DataError, match="must have both sides"):
        train_stream([lacking], recipe())


def test_a_state_of_another_first_shard_is_refused() -> None:
    state = train_stream(shards(1), recipe()).state_dict()
    pairs = small_pairs(60)
    with pytest.raises(RunError, match="the state does not fit the recipe and the first shard: .*; go on with those"):
        train_stream([Pairs(pairs.image[:, :6], pairs.text)], recipe(), state=state)


def test_a_shard_of_other_views_or_widths_is_named_and_changes_nothing() -> None:
    training = train_stream(shards(1), recipe())
    before, drawn = weights(training), training.generator.get_state()
    pairs = small_pairs(60)
    wide = Pairs(pairs.image, np.ones((60, 9)), split="train")
    with pytest.raises(
        DataError, match=r"^shard 2: text_train must have 5 columns, as in the first shard, got 9; take the features of"
    ):
        training.train_shard(wide)
    for views in ({"image": pairs.image}, {**pairs.views, "audio": pairs.text}):
        names = ", ".join(views)
        with pytest.raises(DataError, match=f"^shard 2 must have the views of the first, image, text, got {names}; "):
            training.train_shard(Items(views))
    assert (training.shard, training.rows) == (1, 96)
    assert torch.equal(weights(training), before)
    assert torch.equal(training.generator.get_state(), drawn)
    training.train_shard(Items({"text": pairs.text, "image": pairs.image}))  # names count, not their order
    assert training.shard == 2
