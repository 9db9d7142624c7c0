"""Gradients of the contrastive loss with respect to its keys, for optimizers whose keys are the parameters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .._checks import positive
from .._row_checks import index_rows
from .deposits import deposit
from .keys import Keys

__all__ = ["key_gradients", "observe_keys"]


@torch.no_grad()
def key_gradients(keys: Keys, queries: Sequence[Tensor], *, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    """Differentiate the contrastive hashing loss, unweighted, with respect to the keys.

    With p the softmax of ``cos(h, k) / T`` over a query's positive and negatives, and R the length of a key, a key j
    receives ``1 / (B T R) * sum_i (p_ij - [j is the positive of i]) h_i``, summed over the modalities.

    Args:
        keys: of the batch, as the loss saw them.
        queries: one or more (B, D) unit outputs of the pairs, one per modality.
        temperature: T of the loss.

    Returns:
        The gradient on the positives (B, D); that on the negatives (R, D); and which rows of ``keys.negatives`` these
        are, (R,): all K in order where the negatives are shared, every drawn row once where they are drawn per
        anchor. O(B K D) multiply-adds and O(B K + R D) memory; B x K x D numbers are never held.

    Raises:
        ValueError: ``temperature`` is not above 0.

    Example:
        >>> keys = Keys(torch.ones(1, 4), torch.tensor([[1.0, 1.0, -1.0, -1.0]]), norm=2.0)
        >>> key_gradients(keys, [torch.full((1, 4), 0.5)], temperature=1.0)[0]  # -(1 - e / (e + 1)) / 2 * 0.5
        tensor([[-0.0672, -0.0672, -0.0672, -0.0672]])
    """
    positive("temperature", temperature)
    rows, weights = _places(keys)
    on_positives = torch.zeros_like(keys.positives, dtype=torch.float32)
    on_negatives = on_positives.new_zeros(len(rows), keys.negatives.shape[1])
    for h in (query.detach().float() for query in queries):
        logits = keys.similarities(h) / temperature  # (B, 1 + K)
        if keys.log_weights is not None:
            logits[:, 1:] += keys.log_weights
        share = torch.softmax(logits, dim=1)
        on_positives += (share[:, :1] - 1) * h
        others = share[:, 1:]
        on_negatives += others.T @ h if weights is None else _spread(others, weights, len(rows)) @ h
    scale = 1.0 / (len(keys.positives) * temperature * keys.norm)
    return on_positives * scale, on_negatives * scale, rows


def _places(keys: Keys) -> tuple[Tensor, Tensor | None]:
    """Which rows of ``keys.negatives`` take part, and for drawn columns where in them each column lies."""
    if keys.columns is None:
        return torch.arange(len(keys.negatives), device=keys.negatives.device), None
    rows, places = torch.unique(keys.columns, return_inverse=True)
    return rows, places  # (R,), (B, K)


def _spread(share: Tensor, places: Tensor, n_rows: int) -> Tensor:
    """Add each anchor's shares up by the row they fall on: a sparse (R, B) matrix."""
    anchors = torch.arange(len(share), device=share.device)[:, None].expand_as(places)
    index = torch.stack([places.reshape(-1), anchors.reshape(-1)])
    size = (n_rows, len(share))
    return torch.sparse_coo_tensor(index, share.reshape(-1), size, check_invariants=False).coalesce()


@torch.no_grad()
def observe_keys(
    table: nn.Parameter, index: Tensor, keys: Keys, queries: Sequence[Tensor], *, temperature: float
) -> None:
    """Deposit the key gradients of a batch on the table whose rows the keys are.

    Several calls before one step add up, as gradients do.

    Args:
        table: (N, D) binary parameter.
        index: (B,) its rows that are the positives.
        keys: of the batch, from :meth:`CodeBank.keys <ucch.optim.CodeBank.keys>`, which knows the rows of the
            negatives.
        queries: one or more (B, D) unit outputs, one per modality.
        temperature: of the loss.

    Raises:
        TypeError, ValueError: ``index`` or the keys' rows are not row numbers of the table, or the keys have none, as
            those of the batch alone.
    """
    index_rows("index", index, len(table))
    if keys.rows is None:
        raise ValueError("keys must be rows of the table, drawn by CodeBank.keys; those of the batch have no row")
    index_rows("keys.rows", keys.rows, len(table))
    on_positives, on_negatives, places = key_gradients(keys, queries, temperature=temperature)
    touched, values = torch.cat([index, keys.rows[places]]), torch.cat([on_positives, on_negatives])
    deposit(table, touched, values)
