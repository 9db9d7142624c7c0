"""What a page needs to turn words into codes: the graph of a text encoder, and its tokenizer as plain settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..encoders import BowEncoder, SentenceEncoder
from ..errors import EncoderError
from ..files import write_atomically
from ..models import HashModel
from .code_graph import CodeGraph
from .encoder_graph import encoder_graph
from .onnx_file import write_onnx

__all__ = ["text_settings", "wordpiece_settings", "write_text_model"]


def text_settings(encoder: Any) -> dict[str, Any]:
    """The tokenizer of a text encoder, as the page's scripts read it.

    Raises:
        EncoderError: the page has no tokenizer of its kind.
    """
    if isinstance(encoder, BowEncoder):
        return {"kind": "bow", "words": encoder.words, "idf": encoder.idf}
    if isinstance(encoder, SentenceEncoder):
        return wordpiece_settings(json.loads(encoder.tokenizer.backend_tokenizer.to_str()), encoder.length)
    raise EncoderError(
        f"text encoder {encoder.name} has no tokenizer for a page; those of bow, minilm and sentence:FOLDER have, or"
        " serve the index with ucch serve"
    )


def wordpiece_settings(tokenizer: dict[str, Any], length: int) -> dict[str, Any]:
    """Settings of a tokenizer of BERT's kind.

    Args:
        tokenizer: its ``tokenizer.json``.
        length: tokens at most, those at the start and the end included.

    Raises:
        EncoderError: it is of another kind.
    """
    model, normalizer = tokenizer["model"], tokenizer["normalizer"] or {}
    parts = (model.get("type"), normalizer.get("type"), (tokenizer["pre_tokenizer"] or {}).get("type"))
    if parts != ("WordPiece", "BertNormalizer", "BertPreTokenizer"):
        raise EncoderError(
            "the tokenizer of the text encoder must be BERT's WordPiece for a page, got"
            f" {' and '.join(map(str, parts))}; serve the index with ucch serve"
        )
    before, after = _around(tokenizer["post_processor"], model["vocab"])
    accents = normalizer["strip_accents"]
    vocabulary = [""] * (1 + max(model["vocab"].values()))
    for piece, number in model["vocab"].items():
        vocabulary[number] = piece
    return {
        "kind": "wordpiece",
        "length": length,
        "before": before,
        "after": after,
        "unknown": model["vocab"][model["unk_token"]],
        "prefix": model["continuing_subword_prefix"],
        "longest": model["max_input_chars_per_word"],
        "clean": normalizer["clean_text"],
        "chinese": normalizer["handle_chinese_chars"],
        "accents": not (normalizer["lowercase"] if accents is None else accents),  # whether they are kept
        "lowercase": normalizer["lowercase"],
        "special": {one["content"]: one["id"] for one in tokenizer["added_tokens"]},
        "vocabulary": vocabulary,
    }


def write_text_model(encoder: Any, model: HashModel, folder: str | Path, facts: dict[str, Any]) -> None:
    """Write ``text.onnx`` and ``tokenizer.json`` of a page into a folder.

    Raises:
        EncoderError: as :func:`text_settings`.
        RunError: the model has no graph, or a file cannot be written.
    """
    settings, codes = text_settings(encoder), CodeGraph(model, "text")
    graph = codes if settings["kind"] == "bow" else encoder_graph(encoder, codes)
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    path, inputs, dynamic = folder / "text.onnx", graph.names, graph.dynamic()
    write_onnx(graph, graph.example(), path, inputs=inputs, dynamic=dynamic, facts=facts)
    write_atomically(folder / "tokenizer.json", json.dumps(settings, ensure_ascii=False))


def _around(processor: dict[str, Any] | None, vocabulary: dict[str, int]) -> tuple[list[int], list[int]]:
    """Tokens before and after those of a text."""
    if processor is None:
        return [], []
    if processor["type"] == "BertProcessing":
        return [processor["cls"][1]], [processor["sep"][1]]
    sides: tuple[list[int], list[int]] = ([], [])
    side = 0
    for one in processor["single"]:
        if "Sequence" in one:
            side = 1
        else:
            sides[side].extend(processor["special_tokens"][one["SpecialToken"]["id"]]["ids"])
    return sides
