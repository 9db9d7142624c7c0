"""UCCH's losses and code table as a loss of sentence-transformers' trainer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

from ..errors import RecipeError
from ..recipe import Recipe
from ..training import HashingStep
from ..training.build import strategy_of
from ..training.strategies.strategy import Strategy
from .hash_head import HashHead

__all__ = ["HashingLoss"]


class HashingLoss(nn.Module):
    """Learn a ``SentenceTransformer`` that ends in a :class:`HashHead`, with a code per training item.

    A column of texts is a view; the views of an item share its row of the table. :class:`RowCollator` hands over the
    row numbers, :class:`TableCallback` moves the table once their optimizer has moved the model.

    Args:
        model: ends in a :class:`HashHead`, whose bits are those of the table.
        n_items: N, items of the training set.
        recipe: as of :class:`~ucch.training.HashingStep`; the default one at the head's bits if None.
        columns: names of the columns of texts, in their order; as many as two by default.
        options: of :class:`~ucch.training.HashingStep`, such as ``n_epochs``.

    Raises:
        ValueError: the model does not end in a head, or the recipe has other bits; several processes train; or, when
            called: in evaluation mode, for which no item has a row, or with other than a view for each column.
        RecipeError: as of the step, or the recipe's optimizer changes a finished model, as ``bi-half`` and ``itq`` do;
            for ``rotation`` ``momentum`` stands in.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        n_items: int,
        recipe: Recipe | None = None,
        *,
        columns: Sequence[str] = ("anchor", "positive"),
        **options: Any,
    ) -> None:
        super().__init__()
        head = _head(model)
        recipe = recipe or Recipe(bits=head.n_bits)
        if recipe.bits != head.n_bits:
            raise ValueError(f"recipe key bits must be the head's {head.n_bits}, got {recipe.bits}")
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            raise ValueError("HashingLoss keeps one table in one process; start without torchrun")
        self.model = model
        tower = _Outputs(model)
        options.setdefault("strategy", strategy_of(recipe, folds=False))
        self.step = HashingStep(dict.fromkeys(columns, tower), n_items, recipe, device=model.device, **options)
        if type(self.step.strategy).fold is not Strategy.fold:
            raise RecipeError(
                f"recipe key optimizer is {recipe.optimizer!r}, which changes a finished model; take another"
            )

    def forward(self, sentence_features: Sequence[dict[str, Tensor]], labels: Tensor | None) -> dict[str, Tensor]:
        """Parts of the loss by name, which the trainer adds up and logs; ``labels`` are the row numbers, (B,)."""
        if not self.model.training:
            raise ValueError("items that are not trained on have no row in the table; give the trainer an evaluator=")
        if labels is None:
            raise ValueError("row numbers are missing; give the trainer data_collator=RowCollator(model.preprocess)")
        if len(sentence_features) != len(self.step.names):
            names = ", ".join(self.step.names)
            raise ValueError(f"columns must name the texts of an item, got {names} for {len(sentence_features)} texts")
        out = self.step(labels, dict(zip(self.step.names, sentence_features, strict=True)))
        loss: Tensor = out.loss
        return {"hashing": loss}


class _Outputs(nn.Module):
    """Real outputs of a model's head, as the step has its towers."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model  # by this name their trainer finds it and puts a wrapped one in its place

    def forward(self, features: dict[str, Any]) -> Tensor:
        out: Tensor = self.model(features, output="real")["sentence_embedding"]
        return out


def _head(model: SentenceTransformer) -> HashHead:
    last = list(model.children())[-1]
    if not isinstance(last, HashHead):
        raise ValueError(f"model must end in a HashHead, got {type(last).__name__}; append one: model.append(head)")
    return last
