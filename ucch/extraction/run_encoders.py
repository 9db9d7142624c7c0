"""The encoders of a run: ``encoders.json`` in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from ..encoders import (
    IMAGE_ENCODERS,
    TEXT_ENCODERS,
    EncoderCard,
    FittedTextEncoder,
    NetworkImageEncoder,
    check_same,
    image_encoder,
    is_plugin,
    text_encoder,
)
from ..errors import EncoderError, RunError
from ..files import check_regular, write_atomically
from ..images import DECODING_VERSION
from ..plain_json import parse_json

__all__ = ["read_run_encoders", "run_encoder", "write_run_encoders", "write_tuned_weights"]

FILE = "encoders.json"
TUNED = "image_encoder.safetensors"


def write_run_encoders(run: str | Path, cards: Mapping[str, EncoderCard]) -> None:
    """Keep the cards of a run's encoders in its folder; JSON, so a vocabulary can be read by eye.

    Raises:
        RunError: the file cannot be written.
    """
    content = {"decoding": DECODING_VERSION, **{modality: card.to_dict() for modality, card in cards.items()}}
    write_atomically(Path(run) / FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_tuned_weights(run: str | Path, encoder: NetworkImageEncoder) -> None:
    """Keep the weights of an image encoder that the run trained on; :func:`run_encoder` gives it these.

    Raises:
        RunError: the file cannot be written.
    """
    write_atomically(Path(run) / TUNED, save(encoder.weights()))


def read_run_encoders(run: str | Path) -> dict[str, EncoderCard]:
    """Read the cards of a run's encoders; empty for a run that was trained on features of unknown origin.

    A run of pictures alone has no card of a text encoder.

    Raises:
        RunError: the file is damaged.
    """
    path = Path(run) / FILE
    if not path.exists():
        return {}
    check_regular(path, RunError)
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        there = [modality for modality in ("image", "text") if modality == "image" or modality in content]
        return {modality: EncoderCard.from_dict(content[modality]) for modality in there}
    except (OSError, KeyError, TypeError, ValueError, EncoderError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


def run_encoder(run: str | Path, modality: str, spec: str | None = None, *, device: Any = "cpu") -> Any:
    """Build the encoder that a run was trained with, with the weights that the run gave it.

    A class outside ``ucch`` is imported only where the caller names it: opening a run folder that somebody else made
    must not run code that the folder names.

    Args:
        run: the run folder.
        modality: ``image`` or ``text``.
        spec: where the encoder is now; as the run remembers it by default.
        device: where its model goes.

    Raises:
        EncoderError: the run does not know its encoders, the encoder cannot be built, or its digest is another.
    """
    run = Path(run)
    cards = read_run_encoders(run)
    if cards and modality not in cards:
        raise EncoderError(
            f"{run} was made of pictures alone and has no text encoder; search by a picture, or learn codes that words"
            " find with ucch train --captions"
        )
    if modality not in cards:
        raise EncoderError(
            f"{run} was trained on features and does not know its {modality} encoder; encode features with --features"
        )
    card = cards[modality]
    build, known = (image_encoder, IMAGE_ENCODERS) if modality == "image" else (text_encoder, TEXT_ENCODERS)
    if spec is None and is_plugin(card.spec, known):
        raise EncoderError(
            f"{run} was trained with the {modality} encoder {card.spec}, a class outside ucch; if you trust it,"
            f" name it: --{modality}-encoder {card.spec}"
        )
    encoder = build(spec or card.spec, device=device)
    if isinstance(encoder, FittedTextEncoder) and card.state is not None:
        encoder.load_state(card.state)
    if modality == "image" and (run / TUNED).exists():
        _load_tuned(run / TUNED, encoder)
    check_same(encoder, card, modality)
    return encoder


def _load_tuned(path: Path, encoder: Any) -> None:
    if not isinstance(encoder, NetworkImageEncoder):
        raise EncoderError(f"{path} holds weights of a network, but image encoder {encoder.name} has none")
    try:
        encoder.load_weights(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise EncoderError(f"{path} does not fit image encoder {encoder.name}: {reason}") from error
