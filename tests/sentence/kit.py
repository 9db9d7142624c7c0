"""A model of made-up words, and what its trainer says about other packages."""

from __future__ import annotations

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from ucch.sentence import HashHead

N_WORDS, WIDTH = 40, 16
SENTENCES = [f"w{i % N_WORDS} w{(3 * i + 1) % N_WORDS} w{(7 * i + 5) % N_WORDS}" for i in range(60)]

quiet = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")


def words_model(n_bits: int = 20, *, output: str = "packed", seed: int = 0) -> SentenceTransformer:
    """A vector per word, their mean, and a linear head."""
    vocabulary = {f"w{number}": number for number in range(N_WORDS)}
    tokenizer = Tokenizer(WordLevel({**vocabulary, "[UNK]": N_WORDS}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        words = StaticEmbedding(tokenizer, embedding_dim=WIDTH)
        return SentenceTransformer(
            modules=[words, HashHead.fresh(WIDTH, n_bits, n_layers=1, output=output)], device="cpu"
        )
