"""The codes of a run as ONNX graphs in a folder, with what is needed to feed them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..encoders import ClipTextEncoder, SentenceEncoder
from ..errors import DataError
from ..extraction import run_encoder
from ..files import write_atomically
from ..models import HashModel
from ..runs import RunFolder
from .code_graph import CodeGraph
from .encoder_graph import ImageGraph, TextGraph, encoder_graph
from .onnx_file import OPSET, write_onnx

__all__ = ["export_onnx", "new_folder", "write_encoder_graph"]

FORMAT = "ucch-onnx-1"


def export_onnx(
    run: str | Path,
    out: str | Path,
    *,
    modalities: Sequence[str] | None = None,
    fuse: bool = False,
    image_encoder: str | None = None,
    text_encoder: str | None = None,
    on_file: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Write a graph for each modality of a run: scaling, tower, signs and packing.

    ``image.onnx`` and ``text.onnx`` take ``features``, float32 (B, d); with ``fuse`` also ``image_encoder.onnx``, which
    takes ``pixels`` (B, 3, H, W), and ``text_encoder.onnx``, which takes ``input_ids`` and mostly ``attention_mask``,
    int64 (B, T), with ``tokenizer.json``. All give ``codes``, uint8 (B, ceil(D/8)), most significant bit first, and
    ``outputs``, float32 (B, D), whose signs they are. B and T are free. ``export.json`` says all that.

    Args:
        run: a trained run.
        out: a new or empty folder.
        modalities: ``image`` and ``text`` by default.
        fuse: also graphs that begin with the run's encoders.
        image_encoder, text_encoder: where an encoder is now; needed for a class outside ucch.
        on_file: called with the name of each file before it is made.

    Returns:
        What ``export.json`` holds.

    Raises:
        RunError: no trained run, or a model that has no graph.
        EncoderError: an encoder that the run does not know, or that has no graph.
        DataError: ``out`` holds something, or an unknown modality.
        MissingPackageError: onnx or onnxscript is not installed.

    Example:
        ``export_onnx("runs/mine", "mine.onnx")["graphs"]["text"]["inputs"]`` is
        ``{"features": ["batch", 300]}``.
    """
    folder, out = RunFolder.open(run), Path(out)
    model = folder.model()
    known = list(model.towers())
    chosen = known if modalities is None else list(modalities)
    if unknown := [one for one in chosen if one not in known]:
        raise DataError(f"modality must be one of {', '.join(known)}, the towers of this model, got {unknown[0]!r}")
    graphs = {modality: CodeGraph(model, modality) for modality in chosen}
    specs = {"image": image_encoder, "text": text_encoder}
    encoders = {modality: run_encoder(folder.path, modality, specs[modality]) for modality in chosen} if fuse else {}
    for modality, encoder in encoders.items():
        encoder_graph(encoder, graphs[modality])  # refused before anything is written
    new_folder(out)
    facts = {"ucch": version("ucch"), "model": folder.model_digest(), "bits": model.n_bits, "opset": OPSET}
    written: dict[str, Any] = {}
    for modality, graph in graphs.items():
        on_file(f"{modality}.onnx")
        written[modality] = _write_graph(graph, out / f"{modality}.onnx", {**facts, "modality": modality})
    for modality, encoder in encoders.items():
        on_file(f"{modality}_encoder.onnx")
        written[f"{modality}_encoder"] = write_encoder_graph(
            encoder, model, modality, out / f"{modality}_encoder.onnx", facts
        )
    content = {"format": FORMAT, **facts, "graphs": written}
    write_atomically(out / "export.json", json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return content


def new_folder(out: Path) -> None:
    """Make the folder that an export goes to.

    Raises:
        DataError: it holds something, or cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise DataError(f"{out} already holds something; name another folder")
    except OSError as error:
        raise DataError(f"{out} cannot be made: {error.strerror or error}") from error


def write_encoder_graph(
    encoder: Any, model: HashModel, modality: str, path: Path, facts: dict[str, Any]
) -> dict[str, Any]:
    """Write the graph from an encoder's input to codes, of a text encoder ``tokenizer.json`` beside it.

    Returns:
        File, inputs, outputs, and how inputs are made: ``tokenizer`` and ``length``, or ``preparation``.

    Raises:
        EncoderError: the encoder has no graph.
        RunError: the model has none, or a file cannot be written.
    """
    said = _write_graph(encoder_graph(encoder, CodeGraph(model, modality)), path, {**facts, "modality": modality})
    if isinstance(encoder, SentenceEncoder | ClipTextEncoder):
        write_atomically(path.with_name("tokenizer.json"), encoder.tokenizer.backend_tokenizer.to_str())
        return {**said, "encoder": encoder.name, "tokenizer": "tokenizer.json", "length": encoder.length}
    return {**said, "encoder": encoder.name, "preparation": _preparation(encoder.prepare)}


def _write_graph(graph: CodeGraph | TextGraph | ImageGraph, path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Write one file; its name, its inputs and its outputs with their shapes."""
    example, dynamic = graph.example(), graph.dynamic()
    write_onnx(graph, example, path, inputs=graph.names, dynamic=dynamic, facts=facts)
    inputs = {
        name: [axes.get(axis, size) for axis, size in enumerate(part.shape)]
        for name, part, axes in zip(graph.names, example, dynamic, strict=True)
    }
    codes = graph if isinstance(graph, CodeGraph) else graph.codes
    return {"file": path.name, "inputs": inputs, "outputs": _outputs(codes.tower.n_bits)}


def _outputs(n_bits: int) -> dict[str, Any]:
    return {"codes": ["batch", -(-n_bits // 8)], "outputs": ["batch", n_bits]}


def _preparation(prepare: Any) -> dict[str, Any]:
    """How a picture becomes pixels: the numbers of :class:`~ucch.images.ResizeCrop`, or a processor's own words."""
    if is_dataclass(prepare) and not isinstance(prepare, type):
        return asdict(prepare)
    processor = getattr(prepare, "processor", None)
    said: dict[str, Any] = {} if processor is None else json.loads(processor.to_json_string())
    return said
