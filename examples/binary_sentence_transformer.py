"""sentence-transformers' trainer and a binary table of words: one bit a number, learnt by ``BinaryOptimizer``.

The model is a ``StaticEmbedding``, a vector for each word, made from a vocabulary here; nothing is downloaded.
Sentences are made up: a thing of a colour at a place that does something, each said by one of two words, so that which
words mean the same is to be learnt from pairs. The lines marked ``# ucch`` make the table binary. Beside it stands the
same model from the same seed without those lines, and the signs of its table. Of 500 new sentences, the share whose
pair is the nearest of 500 by cosine:

    pip install 'ucch[plugins]'
    python examples/binary_sentence_transformer.py

prints

    recall@1, real vectors:               1.000
    recall@1, their signs:                0.942
    recall@1, binary vectors learnt:      0.998
"""

from __future__ import annotations

import argparse
import copy
import random
import tempfile
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import Tensor

from ucch.optim import BinaryOptimizer, SignMap  # ucch

N_DIMENSIONS, KINDS, MEANINGS = 32, ("thing", "colour", "place", "deed"), 30


def sentence(meaning: list[int], chooser: random.Random) -> str:
    """A sentence of four words, each one of the two that have its meaning."""
    return " ".join(f"{kind}{number}{chooser.choice('ab')}" for kind, number in zip(KINDS, meaning, strict=True))


def pairs(n: int, seed: int) -> dict[str, list[str]]:
    """Two sentences of each meaning."""
    chooser = random.Random(seed)
    meanings = [[chooser.randrange(MEANINGS) for _ in KINDS] for _ in range(n)]
    return {name: [sentence(each, chooser) for each in meanings] for name in ("anchor", "positive")}


def new_model(seed: int) -> SentenceTransformer:
    words = [f"{kind}{number}{form}" for kind in KINDS for number in range(MEANINGS) for form in "ab"]
    vocabulary = {word: number for number, word in enumerate(["[UNK]", *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    torch.manual_seed(seed)
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=N_DIMENSIONS)], device="cpu")


def train(sentences: dict[str, list[str]], *, epochs: int, seed: int, binary: bool) -> SentenceTransformer:
    """Train the table of words; without ``binary`` the marked lines change nothing."""
    model = new_model(seed)
    optimizer: torch.optim.Optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    if binary:  # ucch
        optimizer.param_groups[0]["binary"] = SignMap(scale="tensor")  # ucch
        optimizer = BinaryOptimizer(optimizer)  # ucch
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            folder, num_train_epochs=epochs, per_device_train_batch_size=128, seed=seed, report_to="none",
            save_strategy="no", use_cpu=True, disable_tqdm=True, logging_strategy="no", dataloader_pin_memory=False,
        )  # fmt: skip
        trainer: Any = SentenceTransformerTrainer(
            model,
            arguments,
            train_dataset=Dataset.from_dict(sentences),
            loss=MultipleNegativesRankingLoss(model),
            optimizers=(optimizer, None),  # type: ignore[arg-type]
        )
        trainer.train()
    return model


@torch.no_grad()
def signs(model: SentenceTransformer) -> SentenceTransformer:
    """A copy with signs for its vectors, at the scale of the table."""
    copied = copy.deepcopy(model)
    for weight in copied.parameters():
        weight.copy_(torch.where(weight >= 0, 1.0, -1.0) * weight.abs().mean())
    return copied


def recall(model: SentenceTransformer, sentences: dict[str, list[str]]) -> float:
    """Share of sentences whose pair is the nearest; a tie counts by its chance."""
    one, other = (
        model.encode(sentences[name], convert_to_tensor=True, normalize_embeddings=True, show_progress_bar=False)
        for name in ("anchor", "positive")
    )
    similar: Tensor = (one @ other.T).double().mul(1e6).round()  # equal up to rounding is a tie
    best = similar.max(dim=1, keepdim=True).values
    found = (similar.diagonal()[:, None] == best)[:, 0] / (similar == best).sum(dim=1)
    return float(found.mean())


def compare(*, epochs: int = 10, n_train: int = 4000, seed: int = 0) -> dict[str, float]:
    """Train with and without the marked lines and evaluate."""
    sentences, new = pairs(n_train, seed), pairs(500, seed + 1000)
    without, with_lines = (train(sentences, epochs=epochs, seed=seed, binary=binary) for binary in (False, True))
    return {
        "real vectors": recall(without, new),
        "their signs": recall(signs(without), new),
        "binary vectors learnt": recall(with_lines, new),
    }


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description="A binary table of words under SentenceTransformerTrainer.")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed).items():
        print(f"recall@1, {name + ':':<27} {value:.3f}")


if __name__ == "__main__":
    main()
