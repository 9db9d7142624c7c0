"""Labels that share no class with an item's own: half made up, half taken from other items."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .._checks import positive_int

__all__ = ["NegativeLabelGenerator"]

EXPECTED_CLASSES = 5  # of a made-up label, as published
_ROUNDS = 8  # of redrawing, before the exact way
_CHUNK_ELEMENTS = 2**22  # overlaps looked at in one go by the exact way: 32 MiB


class NegativeLabelGenerator:
    """Draw N negative labels for every item of a batch, none of them empty and none sharing a class with the item.

    The first N // 2 are made up: every class that the item lacks is set with probability min(5 / C, 1/2), drawn again
    while the label stays empty. This is the law of redrawing whole labels until they share no class, without the
    redrawing. The others are labels of training items, drawn uniformly among those that share no class.

    Redrawing is bounded by 8 rounds, the tries for a taken label doubling from round to round (255 in all). What is
    left then is settled exactly: an empty label receives one of the free classes, a taken label is drawn from the list
    of all items that fit. Where no training item fits, as when one class is on every item, a made-up label takes the
    place.

    Args:
        labels: (n, C) multi-hot of the training items, bool or 0/1; rows without a class are never drawn.
        n_negatives: N, at least 1; 9 as published, of which 4 are made up.
        generator: source of all draws, on the CPU; the global one by default.

    Raises:
        TypeError: ``n_negatives`` is not an int.
        ValueError: ``labels`` is no multi-hot matrix, has fewer than two classes, or no row with a class.

    Note:
        The published code draws with probability 5 / C whatever C, which is no probability below five classes; the
        bound of 1/2 keeps made-up labels varied there. It can draw the empty label, about once in 150.

    Reference:
        Wu et al., "Contrastive Label Correlation Enhanced Unified Hashing Encoder for Cross-modal Retrieval", CIKM
        2022, negative label generation.

    Example:
        >>> labels = torch.eye(6, dtype=torch.bool)
        >>> negatives = NegativeLabelGenerator(labels, n_negatives=4)(labels[:2])
        >>> negatives.shape, bool((negatives & labels[:2, None]).any()), bool(negatives.any(dim=2).all())
        (torch.Size([2, 4, 6]), False, True)
    """

    def __init__(self, labels: Tensor, n_negatives: int = 9, *, generator: torch.Generator | None = None) -> None:
        checked = _multi_hot("labels", labels)
        if checked.shape[1] < 2:
            raise ValueError(
                f"labels must have at least 2 classes, got shape {tuple(labels.shape)};"
                " with one class every label shares it"
            )
        self.n_negatives = positive_int("n_negatives", n_negatives)
        self.generator = generator
        self.labels = checked[checked.any(dim=1)]
        if len(self.labels) == 0:
            raise ValueError(f"labels must have at least one row with a class, got {len(labels)} empty rows")
        self._words = _packed(self.labels)

    def __call__(self, own: Tensor) -> Tensor:
        """Draw for a batch.

        Args:
            own: (B, C) multi-hot labels of the batch, on the CPU. A row without a class may receive any label.

        Returns:
            bool, (B, N, C). O(B N C) draws and comparisons; the exact way costs O(n C / 64) for each row it is
            needed for.

        Raises:
            ValueError: ``own`` does not have C columns, or a row carries every class, so that nothing is negative.
        """
        own = _multi_hot("own", own)
        if own.shape[1] != self.labels.shape[1]:
            raise ValueError(f"own must have {self.labels.shape[1]} classes, got shape {tuple(own.shape)}")
        full = own.all(dim=1)
        if full.any():
            raise ValueError(
                f"own must leave a class free, but row {int(full.nonzero()[0])} carries all {own.shape[1]};"
                " leave such rows out"
            )
        made = self._make_up(own[:, None].expand(-1, self.n_negatives // 2, -1))
        return torch.cat([made, self._take(own, self.n_negatives - self.n_negatives // 2)], dim=1)

    def _make_up(self, own: Tensor) -> Tensor:
        """Random labels on the free classes, none empty: (..., C) to (..., C)."""
        n_classes = own.shape[-1]
        free = ~own.reshape(-1, n_classes)
        share = min(EXPECTED_CLASSES / n_classes, 0.5)
        out = (torch.rand(free.shape, generator=self.generator) < share) & free
        empty = _rows_where(out.sum(dim=1) == 0)  # four times as fast as any()
        for _ in range(_ROUNDS):
            if len(empty) == 0:
                return out.reshape(own.shape)
            out[empty] = (torch.rand(len(empty), n_classes, generator=self.generator) < share) & free[empty]
            empty = empty[~out[empty].any(dim=1)]
        if len(empty):
            one = torch.multinomial(free[empty].float(), 1, generator=self.generator).squeeze(1)
            out[empty, one] = True
        return out.reshape(own.shape)

    def _take(self, own: Tensor, n_taken: int) -> Tensor:
        """Labels of training items without a shared class: (B, C) to (B, n_taken, C)."""
        anchors = _packed(own).repeat_interleave(n_taken, dim=0)  # (B n, W)
        drawn = torch.empty(len(anchors), dtype=torch.int64)
        open_slots = torch.arange(len(anchors))
        for doubling in range(_ROUNDS):
            tried = torch.randint(len(self.labels), (len(open_slots), 2**doubling), generator=self.generator)
            fits = ~(self._words[tried] & anchors[open_slots, None]).any(dim=2)  # (slots, tries)
            found, first = fits.max(dim=1)
            drawn[open_slots[found]] = tried[found, first[found]]
            open_slots = open_slots[~found]
            if len(open_slots) == 0:
                return self.labels[drawn].reshape(len(own), n_taken, own.shape[1])
        drawn[open_slots] = 0
        out = self.labels[drawn]
        self._settle(out, open_slots, own.repeat_interleave(n_taken, dim=0)[open_slots], anchors[open_slots])
        return out.reshape(len(own), n_taken, own.shape[1])

    def _settle(self, out: Tensor, slots: Tensor, own: Tensor, anchors: Tensor) -> None:
        """Fill the slots of ``out`` from all items that fit, or with made-up labels where none does."""
        alike, which = torch.unique(anchors, dim=0, return_inverse=True)  # equal labels are looked up once
        step = max(1, _CHUNK_ELEMENTS // self._words.numel())
        for start in range(0, len(alike), step):
            chosen = alike[start : start + step]
            fits = ~(chosen[:, None] & self._words).any(dim=2)  # (chunk, n)
            mine = _rows_where((which >= start) & (which < start + step))
            some = fits.any(dim=1)[which[mine] - start]
            found, none = mine[some], mine[~some]
            for slot in found.tolist():
                candidates = _rows_where(fits[which[slot] - start])
                pick = torch.randint(len(candidates), (1,), generator=self.generator)
                out[slots[slot]] = self.labels[candidates[pick[0]]]
            out[slots[none]] = self._make_up(own[none])


def _multi_hot(name: str, labels: Tensor) -> Tensor:
    if labels.dim() != 2:
        raise ValueError(f"{name} must be multi-hot of shape (rows, classes), got shape {tuple(labels.shape)}")
    if labels.dtype == torch.bool:
        return labels
    hot = labels == 1
    if not bool((hot | (labels == 0)).all()):
        raise ValueError(f"{name} must hold only 0 and 1, got {labels.dtype} from {labels.min()} to {labels.max()}")
    return hot


def _packed(labels: Tensor) -> Tensor:
    """Rows of bits as 64-bit words: bool (n, C) to int64 (n, ceil(C / 64))."""
    n_bytes = -(-labels.shape[1] // 64) * 8
    packed = np.zeros((len(labels), n_bytes), dtype=np.uint8)
    bits = np.packbits(labels.numpy(), axis=1)
    packed[:, : bits.shape[1]] = bits
    return torch.from_numpy(packed.view(np.int64))


def _rows_where(mask: Tensor) -> Tensor:
    return mask.nonzero().squeeze(1)
