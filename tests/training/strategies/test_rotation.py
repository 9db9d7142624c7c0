"""``rotation``: momentum on rotated outputs; a refit turns rows and outputs alike, and nothing else moves."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from tests.training.growing.made import earlier_run, growing, new_pairs
from tests.training.kit import small_pairs, small_recipe
from tests.training.test_goal import aligned_pairs
from tests.training.test_hashing_step import recipe_of, step_of, stream, trained
from ucch.codes import pack, sign
from ucch.data import Pairs
from ucch.losses import CrossModalRankingLoss
from ucch.optim import random_rotation
from ucch.recipe import Recipe
from ucch.training import Objective, Trainer
from ucch.training.growing import GrowingTrainer
from ucch.training.strategies import Batch, Strategy
from ucch.training.strategies.momentum import Momentum
from ucch.training.strategies.outputs import pair_outputs
from ucch.training.strategies.rotation import Rotation
from ucch.training.strategies.view_weights import neighbor_correlation, view_weights


def trainer_of(*settings: str, pairs: Pairs | None = None) -> Trainer:
    return Trainer(small_recipe("optimizer=rotation", *settings), small_pairs() if pairs is None else pairs)


def after(trainer: Trainer, epochs: int) -> Trainer:
    for _ in range(epochs):
        trainer.train_epoch()
    return trainer


def rotation_of(trainer: Trainer) -> Tensor:
    assert isinstance(trainer.strategy, Rotation)
    return trainer.strategy.rotation.matrix


def fitted(rows: Tensor, turns: int) -> Tensor:
    """ITQ's turns as its paper writes them."""
    centred, rotation = (rows - rows.mean(dim=0)).numpy(), np.eye(rows.shape[1], dtype=np.float32)
    for _ in range(turns):
        codes = np.where(centred @ rotation >= 0, 1.0, -1.0)
        u, _, wt = np.linalg.svd(codes.T @ centred)
        rotation = (u @ wt).T.astype(np.float32)
    return torch.from_numpy(rotation)


@pytest.mark.parametrize("weights", ["equal", "neighbors"])
def test_a_loop_that_is_written_out_gives_the_same_towers_table_and_rotation(weights: str) -> None:
    """The reference: queries of rotated outputs, rows that follow them by weight, and after an epoch one rotation."""
    settings = ("optimizer=rotation", "warmup_epochs=0", "n_negatives=96", "mask_own=false", "rotation.n_iterations=5")
    step = step_of(2, *settings, f"rotation.weights={weights}")
    assert isinstance(step.strategy, Rotation)
    towers, loss = copy.deepcopy(step.towers), step.recipe.loss
    table, rotation = step.bank.values().clone(), step.strategy.rotation.matrix.clone()
    trained(step, stream(epochs=3))

    adam = torch.optim.Adam(towers.parameters(), lr=0.01)
    ranking = CrossModalRankingLoss(loss.margin, loss.shift, loss.kappa)
    for number, (index, views) in enumerate(stream(epochs=3), 1):
        u = towers(views)
        image, text = (normalize(torch.tanh(u[name] @ rotation), dim=1) for name in ("image", "text"))
        logits = [h @ sign(table).T / 12**0.5 / loss.temperature for h in (image, text)]
        own, others = (logits[0].gather(1, index[:, None]), logits[0]), (logits[1].gather(1, index[:, None]), logits[1])
        found = sum(cross_entropy(torch.cat(both, dim=1), torch.zeros(32, dtype=torch.int64)) for both in (own, others))
        cost = loss.beta * found + (1 - loss.beta) * ranking(image, text)
        adam.zero_grad()
        cost.backward()
        adam.step()
        by = [torch.ones(()), torch.ones(())]
        if weights == "neighbors":
            by = [neighbor_correlation(views[name], h) ** 2 for name, h in (("image", image), ("text", text))]
        mean = normalize((by[0] * image + by[1] * text).detach(), dim=1)
        table[index] = normalize(0.4 * table[index] + 0.6 * mean, dim=1)
        if number % 3 == 0:
            change = fitted(table, 5)
            table, rotation = normalize(table @ change, dim=1), rotation @ change
    for ours, theirs in zip(step.towers.parameters(), towers.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(step.bank.values(), table, atol=1e-4, rtol=0)
    torch.testing.assert_close(step.strategy.rotation.matrix, rotation, atol=1e-4, rtol=0)


def test_without_a_turn_it_is_momentum_bit_for_bit() -> None:
    """At the identity the first epoch is momentum's: the rotation is all that differs."""
    ours, theirs = step_of(2, "optimizer=rotation"), step_of(2, "optimizer=momentum")
    assert isinstance(ours.strategy, Rotation)
    ours.strategy.rotation.matrix.copy_(torch.eye(12))
    ours.generator.set_state(theirs.generator.get_state())
    batches = list(stream())
    for step in (ours, theirs):
        trained(step, iter(batches[:2]))
    for mine, others in zip(ours.towers.parameters(), theirs.towers.parameters(), strict=True):
        assert torch.equal(mine, others)
    assert torch.equal(ours.bank.latent, theirs.bank.latent)


def test_a_refit_keeps_cosines_of_rows_and_of_outputs_and_brings_rows_nearer_to_their_codes() -> None:
    trainer = trainer_of()
    strategy, loose = trainer.strategy, []
    strategy.epoch_end = lambda: None  # type: ignore[method-assign]
    after(trainer, 2)
    rows, matrix = trainer.bank.values().clone(), rotation_of(trainer).clone()
    u = pair_outputs(trainer.model, small_pairs())[0]
    del strategy.epoch_end
    counts = strategy.moved()
    strategy.epoch_end()
    turned, other = trainer.bank.values(), rotation_of(trainer)
    torch.testing.assert_close(turned @ turned.T, rows @ rows.T, atol=1e-5, rtol=0)
    torch.testing.assert_close(turned, rows @ matrix.T @ other, atol=1e-5, rtol=0)
    torch.testing.assert_close((u @ other) @ (u @ other).T, u @ u.T, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(other @ other.T, torch.eye(12), atol=1e-5, rtol=0)
    for part in (rows, turned):
        centred = part - part.mean(dim=0)
        loose.append(float((sign(centred) - centred).square().sum()))
    assert loose[1] < loose[0]
    flips = int((sign(rows) != sign(turned)).sum())
    assert strategy.moved() == {"flips": counts["flips"] + flips, "rows": counts["rows"]}


def test_finished_outputs_are_the_rotated_outputs_and_their_signs_the_codes() -> None:
    trainer = after(trainer_of(), 3)
    finished = trainer.finished_model()
    for before, turned in zip(
        *(pair_outputs(model, small_pairs()) for model in (trainer.model, finished)), strict=True
    ):
        torch.testing.assert_close(turned, before @ rotation_of(trainer), atol=1e-4, rtol=0)
    image = pair_outputs(finished, small_pairs())[0]
    assert (finished.encode_image(small_pairs().image) == pack(sign(image))).all()


@pytest.mark.parametrize("weighed", [False, True])
def test_rows_take_in_queries_and_those_of_one_side_the_query_they_have(weighed: bool) -> None:
    index, views = next(stream())
    seen = {"image": torch.arange(32) % 4 != 0, "text": torch.arange(32) % 4 != 1}
    settings = ("rotation.weights=neighbors",) if weighed else ()
    step = step_of(2, "optimizer=rotation", "warmup_epochs=0", "momentum=0", *settings)
    out = step(index, views, seen)
    weights = view_weights(views, out.queries, seen) if weighed else {"image": 1.0, "text": 1.0}
    step.after_step()
    h, rows = out.queries, step.bank.values(index)
    for only, name in ((~seen["text"], "image"), (~seen["image"], "text")):
        torch.testing.assert_close(rows[only], h[name][only].detach())
    both = seen["image"] & seen["text"]
    mean = weights["image"] * h["image"] + weights["text"] * h["text"]
    torch.testing.assert_close(rows[both], normalize(mean[both].detach(), dim=1))
    assert Rotation.takes_one_sided()


def test_rows_keep_their_lengths_where_the_rule_does_not_normalise() -> None:
    trainer = after(trainer_of("table.normalize=false"), 2)
    with torch.no_grad():
        trainer.bank.latent.mul_(3)
    before = trainer.bank.values().norm(dim=1)
    trainer.strategy.epoch_end()
    torch.testing.assert_close(trainer.bank.values().norm(dim=1), before, atol=1e-5, rtol=1e-5)


def test_of_many_rows_evenly_spaced_ones_are_looked_at_and_all_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucch.training.strategies.rotation._FITTED", 30)
    monkeypatch.setattr("ucch.optim.table_rows._PIECE_ELEMENTS", 7 * 12)
    trainer = trainer_of()
    rows, matrix = trainer.bank.values().clone(), rotation_of(trainer).clone()
    trainer.strategy.epoch_end()
    change = fitted(rows[::4], 50)
    torch.testing.assert_close(rotation_of(trainer), matrix @ change, atol=1e-4, rtol=0)
    torch.testing.assert_close(trainer.bank.values(), rows @ change, atol=1e-4, rtol=0)


def test_towers_that_start_in_closed_form_are_rotated_already() -> None:
    trainer = trainer_of("goal=categories", "start=closed-form", pairs=aligned_pairs(60))
    assert torch.equal(rotation_of(trainer), torch.eye(12))
    assert torch.equal(trainer.bank.codes(), sign(sum(pair_outputs(trainer.model, trainer.pairs))))
    drawn = rotation_of(trainer_of())
    assert not torch.equal(drawn, torch.eye(12))
    assert drawn.shape == random_rotation(12).shape


class Outputs(Objective):
    """Reads outputs and no queries."""

    @classmethod
    def passes_queries_by(cls, recipe: Recipe) -> bool:
        return True

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        return (torch.tanh(batch.u_image) - torch.tanh(batch.u_text)).square().mean()


def test_momentum_stands_in_where_a_loss_reads_outputs() -> None:
    """What is folded into towers must be what the loss has seen; the run is then momentum's bit for bit."""
    for settings in (("goal=both", "neighbor_batch=32"), ("objective=cirh",), ("goal=both", "nested=true")):
        ours = after(trainer_of(*settings, pairs=aligned_pairs(60)), 1)
        theirs = after(Trainer(small_recipe("optimizer=momentum", *settings), aligned_pairs(60)), 1)
        assert type(ours.strategy) is Momentum
        assert torch.equal(ours.bank.latent, theirs.bank.latent)
        for mine, others in zip(ours.parameters, theirs.parameters, strict=True):
            assert torch.equal(mine, others)
    own = Trainer(small_recipe("optimizer=rotation"), small_pairs(), objective=Outputs)
    assert type(own.strategy) is Momentum


def test_a_run_that_goes_on_turns_no_more() -> None:
    """Its rotation is in the towers; another one would leave the earlier codes behind."""
    earlier = earlier_run("optimizer=rotation")
    trainer = GrowingTrainer(growing("optimizer=rotation"), new_pairs(), earlier=earlier)
    assert type(trainer.strategy) is Momentum
    u = pair_outputs(trainer.model, new_pairs())
    assert torch.equal(trainer.bank.codes()[:60], sign(u[0] + u[1]))
    kept = earlier.model.encode_image(small_pairs().image)
    after(trainer, 2)
    again = trainer.finished_model().encode_image(small_pairs().image)
    assert np.mean(np.unpackbits(kept, axis=1) == np.unpackbits(again, axis=1)) > 0.9


def test_options_are_read_from_the_section() -> None:
    strategy = trainer_of("rotation.n_iterations=3").strategy
    assert isinstance(strategy, Rotation)
    assert strategy.rotation.n_iterations == 3
    assert recipe_of().rotation.n_iterations == 50
