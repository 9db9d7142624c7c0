"""Sentence features: the mean of a language model's last states over the words of the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .fingerprint import fingerprint
from .interface import Features
from .transformers_models import find_model_file, load_model, load_tokenizer, tokenizer_state

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SentenceEncoder"]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
MAX_TOKENS = 512


class SentenceEncoder:
    """Encode texts by a transformers text model, its last states averaged over the attention mask; not normalised.

    Args:
        model: a local folder, or a name on the model hub. Texts are cut at ``max_seq_length`` of the model's
            ``sentence_bert_config.json`` where it has one, else at its positions, at most 512 tokens.

    Raises:
        MissingPackageError: transformers is not installed.
        EncoderError: the model cannot be loaded.

    Attributes:
        network, tokenizer: of the model.
        length: tokens of a text, at most.

    Reference:
        N. Reimers, I. Gurevych: Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks, EMNLP 2019.
    """

    name = "sentence"

    def __init__(self, model: str = "") -> None:
        source = model or DEFAULT_MODEL
        self.network = load_model(source)
        self.tokenizer = load_tokenizer(source)
        self.length = longest_text(source, self.network.config)
        self.device = torch.device("cpu")
        settings = {"encoder": "sentence-mean", "tokenizer": tokenizer_state(self.tokenizer), "length": self.length}
        self.digest = fingerprint(settings, self.network)
        self.dimension = int(self.network.config.hidden_size)

    def to(self, device: torch.device) -> Self:
        """Move the model."""
        self.network.to(device)
        self.device = device
        return self

    @torch.inference_mode()
    def encode(self, batch: Sequence[str]) -> Features:
        """Encode B texts into (B, d) float32."""
        tokens = self.tokenizer(
            list(batch), padding=True, truncation=True, max_length=self.length, return_tensors="pt"
        ).to(self.device)
        features: Features = self.features(**tokens).float().cpu().numpy()
        return features

    def features(self, **tokens: Tensor) -> Tensor:
        """Features (B, d) of what the tokenizer gives of B texts, each (B, T), ``attention_mask`` among them."""
        states = self.network(**tokens).last_hidden_state  # (B, T, d)
        mask = tokens["attention_mask"].unsqueeze(2).to(states.dtype)
        mean: Tensor = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        return mean


def longest_text(source: str, config: Any) -> int:
    stated = find_model_file(source, "sentence_bert_config.json")
    if stated is not None:
        length = json.loads(stated.read_text(encoding="utf-8")).get("max_seq_length")
        if length:
            return int(length)
    return min(MAX_TOKENS, int(getattr(config, "max_position_embeddings", MAX_TOKENS)))
