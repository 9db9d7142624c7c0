"""The step over named views: a plain loop is the trainer, three views against their formula, and whatever loops do."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from tests.training.kit import small_pairs, small_recipe
from ucch.binarize import tanh_query
from ucch.codes import pack, sign
from ucch.errors import RecipeError
from ucch.losses import contrastive_hashing_logits, cross_modal_ranking_loss
from ucch.optim import in_batch_keys
from ucch.recipe import Recipe, load_recipe
from ucch.training import STRATEGIES, HashingStep, Trainer

WIDTHS = {"image": 8, "text": 5, "sound": 3}
Views = dict[str, Tensor]


def recipe_of(*settings: str) -> Recipe:
    return small_recipe("similarity=none", *settings)


def step_of(n_views: int = 2, *settings: str, n_items: int = 96, **options: Any) -> HashingStep:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        towers = {name: nn.Linear(width, 12) for name, width in list(WIDTHS.items())[:n_views]}
    return HashingStep(towers, n_items, recipe_of(*settings), **options)


def stream(n_views: int = 2, epochs: int = 1, n_items: int = 96) -> Iterator[tuple[Tensor, Views]]:
    """Batches of 32 that share a class, over and over."""
    drawn = torch.Generator().manual_seed(3)
    kind = torch.randint(3, (n_items,), generator=drawn)
    rows = {
        name: torch.randn(3, width, generator=drawn)[kind] + 0.2 * torch.randn(n_items, width, generator=drawn)
        for name, width in list(WIDTHS.items())[:n_views]
    }
    for _ in range(epochs):
        for index in torch.randperm(n_items, generator=drawn).split(32):
            yield index, {name: features[index] for name, features in rows.items()}


def trained(step: HashingStep, batches: Iterator[tuple[Tensor, Views]], rate: float = 0.01) -> list[float]:
    adam, losses = torch.optim.Adam(step.parameters(), lr=rate), []
    for index, views in batches:
        loss = step(index, views).loss
        adam.zero_grad()
        loss.backward()
        adam.step()
        step.after_step()
        losses.append(loss.item())
    return losses


def same(ours: HashingStep, theirs: HashingStep) -> bool:
    mine, others = ours.state_dict(), theirs.state_dict()
    return mine.keys() == others.keys() and all(torch.equal(mine[name], others[name]) for name in mine)


def test_a_plain_loop_is_the_trainer_bit_for_bit() -> None:
    pairs, recipe = small_pairs(96), recipe_of("schedule=constant", "clip_norm=1e9")
    trainer = Trainer(recipe, pairs)
    step = HashingStep(copy.deepcopy(trainer.model.towers()), 96, recipe, scalers=trainer.model.scalers())
    order = copy.deepcopy(trainer.generator.get_state())
    adam = torch.optim.Adam(step.parameters(), lr=1e-3, weight_decay=1e-6, fused=True)
    step.generator.set_state(order)
    for _ in range(3):
        trainer.train_epoch()
        for index in torch.randperm(96, generator=step.generator).split(32):
            features = {"image": pairs.image, "text": pairs.text}
            out = step(index, {name: torch.from_numpy(array[index.numpy()]) for name, array in features.items()})
            adam.zero_grad()
            out.loss.backward()
            nn.utils.clip_grad_norm_(step.towers.parameters(), 1e9)
            adam.step()
            step.after_step()
    assert step.strategy.epoch == 3  # by the rows it saw
    for ours, theirs in zip(step.towers.parameters(), trainer.step.towers.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(step.bank.latent, trainer.bank.latent)


@pytest.mark.parametrize("n_views", [1, 2, 3])
def test_the_loss_of_any_number_of_views_is_its_formula(n_views: int) -> None:
    step = step_of(n_views, "optimizer=momentum")
    index, views = next(stream(n_views))
    out = step(index, views)
    h = [tanh_query(step.towers[name](view)) for name, view in views.items()]  # type: ignore[index, operator]
    keys = in_batch_keys(*h)
    contrastive = 0.0
    for view in h:
        logits = contrastive_hashing_logits(view, keys, temperature=0.9)
        contrastive += sum(float(torch.logsumexp(row, dim=0) - row[0]) for row in logits.detach()) / len(logits)
    twos = [(a, b) for a in range(n_views) for b in range(a + 1, n_views)]
    ranking = sum(float(cross_modal_ranking_loss(h[a].detach(), h[b].detach())) for a, b in twos) / max(1, len(twos))
    expected = 0.7 * contrastive * 2 / n_views + 0.3 * ranking
    assert out.loss.item() == pytest.approx(expected, rel=1e-5)
    assert list(out.queries) == list(views)


@pytest.mark.parametrize("n_views", [1, 3])
@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "discrete"])
def test_every_optimizer_learns_from_any_number_of_views(name: str, n_views: int) -> None:
    step = step_of(n_views, f"optimizer={name}")
    before = step.bank.codes().clone()
    losses = trained(step, stream(n_views, epochs=6))
    assert sum(losses[-3:]) < sum(losses[3:6])  # from the second epoch on the table is what is compared with
    assert not torch.equal(step.bank.codes(), before)
    _, views = next(stream(n_views))
    codes = {view: step.encode(view, features) for view, features in views.items()}
    assert {part.shape for part in codes.values()} == {(32, 2)}


@pytest.mark.parametrize("name", ["momentum", "rotation", "itq", "bi-half"])
def test_codes_are_the_signs_that_training_compares(name: str) -> None:
    step = step_of(3, f"optimizer={name}")
    trained(step, stream(3, epochs=4))
    _, views = next(stream(3))
    step.eval()
    out = step(torch.arange(32), views)
    for view, queries in out.queries.items():
        assert (step.encode(view, views[view]) == pack(sign(queries.detach()))).all()


def test_the_optimizer_may_move_the_table_itself() -> None:
    ours, theirs = step_of(), step_of()
    trained(theirs, stream())
    adam = torch.optim.Adam(ours.parameters(), lr=0.01)
    adam.register_step_post_hook(ours.after_step)
    for index, views in stream():
        adam.zero_grad()
        ours(index, views).loss.backward()
        adam.step()
    assert same(ours, theirs)


@pytest.mark.parametrize("name", ["momentum", "rotation", "bop", "itq"])
def test_a_loaded_state_goes_on_bit_for_bit_from_any_file_of_tensors(name: str) -> None:
    through, stopped, resumed = (step_of(2, f"optimizer={name}") for _ in range(3))
    batches = list(stream(epochs=4))
    for step in (through, stopped):
        trained(step, iter(batches[:7]))
    resumed.load_state_dict(load(save(stopped.state_dict())))
    for step in (through, resumed):
        trained(step, iter(batches[7:]))
    assert same(through, resumed)


def test_accumulated_batches_all_reach_the_table() -> None:
    step = step_of()
    adam = torch.optim.SGD(step.parameters(), lr=0.1)
    before = step.bank.values().clone()
    parts = list(stream())[:2]
    for index, views in parts:
        (step(index, views).loss / 2).backward()
    adam.step()
    step.after_step()
    moved = (step.bank.values() != before).any(dim=1)
    seen = torch.cat([index for index, _ in parts])
    assert moved[seen].all()
    assert int(moved.sum()) == 64


def test_what_is_not_trained_on_leaves_the_table_alone() -> None:
    step = step_of()
    before = step.bank.values().clone()
    index, views = next(stream())
    step.eval()
    step(index, views)
    step.train()
    step(index, views)
    step.forget()
    step.after_step()
    assert torch.equal(step.bank.values(), before)


def test_bfloat16_autocast_trains() -> None:
    step = step_of(3)
    adam = torch.optim.Adam(step.parameters(), lr=0.01)
    losses = []
    for index, views in stream(3, epochs=8):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = step(index, views)
        adam.zero_grad()
        out.loss.backward()
        adam.step()
        step.after_step()
        losses.append(out.loss.item())
    assert out.loss.dtype == torch.float32
    assert sum(losses[-3:]) < sum(losses[3:6])


def test_loss_scaling_changes_nothing_but_the_steps_it_skips() -> None:
    ours, theirs = step_of(), step_of()
    trained(theirs, stream())
    adam = torch.optim.Adam(ours.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    batches = list(stream())
    for number, (index, views) in enumerate([batches[0], *batches]):
        adam.zero_grad()
        loss = ours(index, views).loss
        scaler.scale(loss if number else loss * float("inf")).backward()
        scale = scaler.get_scale()
        scaler.step(adam)
        scaler.update()
        if scaler.get_scale() < scale:
            ours.forget()
        else:
            ours.after_step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_fp16_under_a_scaler_learns() -> None:
    step = step_of()
    adam, scaler = torch.optim.Adam(step.parameters(), lr=0.01), torch.amp.GradScaler("cpu")
    adam.register_step_post_hook(step.after_step)
    losses = []
    for index, views in stream(epochs=10):
        with torch.autocast("cpu", dtype=torch.float16):
            loss = step(index, views).loss
        adam.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(adam)
        scaler.update()
        losses.append(loss.item())
    assert sum(losses[-3:]) < sum(losses[3:6])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # as errors they end torch's own tracing, which looks at .grad of what has none
def test_a_compiled_step_is_the_step() -> None:
    ours, theirs = step_of(), step_of()
    trained(theirs, stream(epochs=2))
    adam = torch.optim.Adam(ours.parameters(), lr=0.01)
    torch.compiler.reset()
    compiled = torch.compile(ours, backend="aot_eager")  # as the default backend, but without its C++ compiler
    for index, views in stream(epochs=2):
        loss = compiled(index, views)[0]
        adam.zero_grad()
        loss.backward()
        adam.step()
        ours.after_step()
    for one, other in zip(ours.towers.parameters(), theirs.towers.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    assert (ours.bank.codes() == theirs.bank.codes()).float().mean() > 0.99


def test_what_does_not_fit_is_refused() -> None:
    index, views = next(stream())
    with pytest.raises(ValueError, match="^towers must name at least one view, got none$"):
        HashingStep({}, 10)
    with pytest.raises(ValueError, match="^views must be named image, text, as the towers are, got image$"):
        step_of()(index, {"image": views["image"]})
    wide = HashingStep({"image": nn.Linear(8, 7)}, 96, recipe_of())
    with pytest.raises(ValueError, match=re.escape("tower image must give (32, 12), items by bits, got (32, 7)")):
        wide(index, {"image": views["image"]})
    with pytest.raises(RecipeError, match=r"^recipe key objective is 'djsrh', so a step needs it as objective=$"):
        step_of(2, "objective=djsrh")
    for settings in (("optimizer=discrete",), ("optimizer=itq", "itq.at=end")):
        with pytest.raises(RecipeError, match="looks at the features of all pairs, which a Trainer has"):
            step_of(2, *settings)


def test_items_that_lack_a_view() -> None:
    """The means of the losses over what is there, and table rows that follow the one view they have."""
    index, views = next(iter(stream()))
    seen = {"image": torch.arange(32) % 4 != 0, "text": torch.arange(32) % 4 != 1}
    step = step_of(2, "warmup_epochs=0", "momentum=0")
    out = step(index, views, seen)
    both = seen["image"] & seen["text"]
    loss = step.recipe.loss
    logits = {
        name: contrastive_hashing_logits(h, out.keys, temperature=loss.temperature) for name, h in out.queries.items()
    }
    contrastive = sum(-logits[name].log_softmax(dim=1)[seen[name], 0].mean() for name in seen)
    options = {"margin": loss.margin, "shift": loss.shift, "kappa": loss.kappa}
    ranking = cross_modal_ranking_loss(out.queries["image"][both], out.queries["text"][both], **options)
    torch.testing.assert_close(out.terms["contrastive"], contrastive)
    torch.testing.assert_close(out.terms["ranking"], ranking)
    step.after_step()
    alone = ~seen["text"]
    assert torch.equal(step.bank.codes(index[alone]), sign(out.queries["image"][alone]))
    none = {"image": ~seen["image"] | True, "text": ~seen["text"] & False}
    assert step(index, views, none).terms["ranking"] == 0


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiled_parts_change_nothing_but_rounding() -> None:
    plain, compiled = (
        Trainer(load_recipe("default", ["bits=16", "width=32", "batch_size=16", "similarity=none"]), small_pairs())
        for _ in range(2)
    )
    compiled.step.compile_parts("aot_eager")
    names = list(compiled.model.state_dict())
    losses = [trainer.train_epoch().loss for trainer in (plain, compiled)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert list(compiled.model.state_dict()) == names == list(plain.model.state_dict())
