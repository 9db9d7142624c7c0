"""UCCH's step as a loss of their trainer: the same loss, table and model as a plain loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

pytest.importorskip("sentence_transformers", reason="pip install 'ucch[sentence]'")
pytest.importorskip("datasets", reason="pip install 'ucch[sentence]'")
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments

from tests.sentence.kit import SENTENCES, quiet, words_model
from ucch.errors import RecipeError
from ucch.recipe import Recipe, load_recipe
from ucch.sentence import HashingLoss, RowCollator, TableCallback

pytestmark = quiet

N, SHORT = 30, ["bits=20", "n_negatives=8"]


def recipe(*settings: str) -> Recipe:
    return load_recipe("default", [*SHORT, *settings])


def pairs() -> Any:
    texts = {"anchor": SENTENCES[:N], "positive": SENTENCES[N:]}
    return Dataset.from_dict({**texts, "row": list(range(N))})


def trainer(folder: Path, *, epochs: int = 4, accumulate: int = 1, **options: Any) -> SentenceTransformerTrainer:
    """A trainer of 8 items a batch, plain Adam, rows in order."""
    model = words_model(20)
    loss = HashingLoss(model, N, recipe(), n_epochs=4)
    arguments = SentenceTransformerTrainingArguments(
        str(folder), num_train_epochs=epochs, per_device_train_batch_size=8, lr_scheduler_type="constant",
        max_grad_norm=0.0, gradient_accumulation_steps=accumulate, use_cpu=True, report_to="none", disable_tqdm=True,
        logging_strategy="no", dataloader_pin_memory=False, **{"save_strategy": "no", **options},
    )  # fmt: skip
    return SentenceTransformerTrainer(
        model,
        arguments,
        train_dataset=pairs(),
        loss=loss,
        data_collator=RowCollator(model.preprocess),
        callbacks=[TableCallback(loss)],
        optimizers=(torch.optim.Adam(loss.parameters(), lr=1e-2), None),  # type: ignore[arg-type]
    )


def batches(model: SentenceTransformer, rows: list[int]) -> tuple[list[dict[str, Tensor]], Tensor]:
    texts = pairs()[rows]
    return [model.preprocess(texts[name]) for name in ("anchor", "positive")], torch.tensor(rows)


def test_the_loss_is_the_step_on_two_views_of_one_model() -> None:
    model = words_model(20)
    loss = HashingLoss(model, N, recipe())
    features, rows = batches(model.train(), [4, 9, 2])
    twin = HashingLoss(words_model(20), N, recipe())
    out = twin.step(rows, dict(zip(("anchor", "positive"), batches(twin.model.train(), [4, 9, 2])[0], strict=True)))
    (value,) = loss(features, rows).values()
    assert float(value) == float(out.loss)
    assert [name for name, _ in loss.named_parameters() if name.startswith("model.")] == [
        name for name, parameter in loss.named_parameters() if parameter.requires_grad
    ]


def test_their_trainer_trains_as_a_plain_loop_does(tmp_path: Path) -> None:
    theirs = trainer(tmp_path)
    order: list[list[int]] = []
    forward = theirs.loss.step.forward

    def seen(index: Tensor, views: Any) -> Any:
        order.append(index.tolist())
        return forward(index, views)

    theirs.loss.step.forward = seen
    theirs.train()
    assert sorted(row for rows in order[:4] for row in rows) == list(range(N))
    model = words_model(20).train()
    loss = HashingLoss(model, N, recipe(), n_epochs=4)
    adam = torch.optim.Adam(loss.parameters(), lr=1e-2)
    for rows in order:
        (value,) = loss(*batches(model, rows)).values()
        adam.zero_grad()
        value.backward()
        adam.step()
        loss.step.after_step()
    for name, tensor in loss.step.state_dict().items():
        torch.testing.assert_close(theirs.loss.step.state_dict()[name], tensor, msg=name)
    assert loss.step.strategy.epoch == 4
    assert loss.step.strategy.moved()["flips"] > 0
    assert (theirs.model.encode(SENTENCES) == model.encode(SENTENCES)).all()


def test_accumulated_batches_move_the_table_once_a_step(tmp_path: Path) -> None:
    theirs = trainer(tmp_path, epochs=1, accumulate=2)
    moved: list[int] = []
    after = theirs.loss.step.after_step
    callback = next(one for one in theirs.callback_handler.callbacks if isinstance(one, TableCallback))
    callback.step.after_step = lambda: (moved.append(len(theirs.loss.step._waiting)), after())  # type: ignore[method-assign]
    theirs.train()
    assert moved == [2, 2]
    assert theirs.loss.step.strategy.moved()["rows"] == N


def test_one_column_is_one_view() -> None:
    model = words_model(20).train()
    loss = HashingLoss(model, N, recipe(), columns=["text"])
    features, rows = batches(model, [1, 2])
    (value,) = loss(features[:1], rows).values()
    value.backward()
    loss.step.after_step()
    assert loss.step.strategy.moved()["rows"] == 2


def test_wrong_use_is_named() -> None:
    model = words_model(20)
    loss = HashingLoss(model, N, recipe())
    features, rows = batches(model, [1, 2])
    model.eval()
    with pytest.raises(ValueError, match="no row in the table; give the trainer an evaluator="):
        loss(features, rows)
    model.train()
    with pytest.raises(ValueError, match="give the trainer data_collator=RowCollator"):
        loss(features, None)
    with pytest.raises(ValueError, match="got anchor, positive for 1 texts"):
        loss(features[:1], rows)
    with pytest.raises(ValueError, match="recipe key bits must be the head's 20, got 64"):
        HashingLoss(model, N, Recipe())
    with pytest.raises(ValueError, match="model must end in a HashHead, got StaticEmbedding"):
        HashingLoss(SentenceTransformer(modules=[model[0]], device="cpu"), N)
    with pytest.raises(RecipeError, match="optimizer is 'bi-half', which changes a finished model"):
        HashingLoss(model, N, recipe("optimizer=bi-half"))
