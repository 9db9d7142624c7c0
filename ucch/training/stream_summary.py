"""What can be said of a run on a stream: without labels, and without pairs set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data import Items
from .guarantee import kept_by_item
from .stream import StreamTraining

__all__ = ["summary_of_stream", "what_is_kept_unseen"]

_ASKED, _FEWEST = 1000, 40  # pairs of a shard that ask before they are trained on


def what_is_kept_unseen(training: StreamTraining, pairs: Items) -> dict[str, float | None]:
    """What codes keep of a shard that is not trained on yet, its pairs among themselves.

    Args:
        training: as it stands.
        pairs: of the shard; at most 1,000 of them ask, evenly spread; labels are not read.

    Returns:
        ``asked``, how many; ``neighbors``, the share of the ten nearest by the features among the ten nearest by code;
        ``partners``, the share of items whose partner is among these, None of one view
        (:func:`~ucch.training.guarantee.what_is_kept`). Nothing of fewer than 40 pairs, or of pairs that the towers
        cannot read. O(n^2 (d + D/64)) for n that ask.

    Reference:
        Gama, Sebastião and Rodrigues, "On evaluating stream learning algorithms", Machine Learning 90, 2013: what comes
        is asked first and learnt from afterwards.
    """
    towers = training.model.towers()
    readable = {name: rows.shape[1] for name, rows in pairs.views.items()} == {
        name: tower.n_features for name, tower in towers.items()
    }
    if len(pairs) < _FEWEST or not pairs.all_complete or not readable:
        return {}
    pairs = pairs.spread(_ASKED)
    asks = len(pairs) if len(towers) > 1 else len(pairs) // 2  # of one view the others answer
    shared = getattr(training.objective, "shared", False)
    neighbors, partners = kept_by_item(training.finished_model().cpu(), pairs, asks, shared=shared)
    found = {"neighbors": float(neighbors.mean()), "partners": None if partners is None else float(partners.mean())}
    return {"asked": asks, **found}


def summary_of_stream(training: StreamTraining, history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the stream was and what codes kept of its latest shard that was asked first, as plain values and a sentence.

    Args:
        training: as it stands.
        history: a line per shard.
    """
    seconds = sum(line["seconds"] for line in history)
    last: dict[str, Any] = history[-1] if history else {}
    asked: dict[str, Any] = next((line for line in reversed(history) if "neighbors" in line), {})
    text = f"{training.shard:,} shards, {training.rows:,} pairs, each met once, in {seconds:.1f} s"
    if asked:
        partners = "" if asked["partners"] is None else f", partners {asked['partners']:.3f}"
        text += (
            f"; of {asked['asked']:,} pairs of {asked['file']}, asked before they were trained on, codes keep in ten:"
            f" neighbours {asked['neighbors']:.3f}{partners}"
        )
    return {
        "shards": training.shard,
        "pairs": training.rows,
        "bits": training.recipe.bits,
        "goal": training.choice.goal,
        "seconds": round(seconds, 3),
        "skipped": sum(line["skipped"] for line in history),
        **{name: last.get(name) for name in ("loss", "agreement", "learning_rate")},
        **{name: asked.get(name) for name in ("asked", "neighbors", "partners")},
        "text": text,
    }
