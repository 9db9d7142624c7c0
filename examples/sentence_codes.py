"""sentence-transformers' trainer and UCCH's code table: a model whose ``encode`` gives packed codes.

Sentences and the vector per word are those of ``binary_sentence_transformer.py``: four words a sentence, each one of
two that mean the same, learnt from pairs; nothing is downloaded. A ``HashHead`` behind the words is learnt by
``HashingLoss``, a code per pair; the lines marked ``# ucch`` are all there is to add. Beside it stands a model of as
many numbers, learnt by their ``MultipleNegativesRankingLoss``, and their own ``ubinary`` of it. Of 500 new sentences,
the share whose pair is the nearest of 500, ties by their chance. From the root of the repository

    pip install 'ucch[sentence]'
    python -m examples.sentence_codes

prints

    recall@1, 32 real numbers:            1.000
    recall@1, their ubinary, 32 bits:     0.849
    recall@1, learnt codes, 32 bits:      0.990
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from examples.binary_sentence_transformer import N_DIMENSIONS, new_model, pairs, recall
from ucch.codes import hamming_distance
from ucch.recipe import load_recipe
from ucch.sentence import HashHead, HashingLoss, RowCollator, TableCallback  # ucch

Sentences = dict[str, list[str]]


def train(sentences: Sentences, *, epochs: int, seed: int, hashed: bool) -> SentenceTransformer:
    """Train the table of words; without ``hashed`` the marked lines are left out."""
    model = new_model(seed)
    loss: Any = MultipleNegativesRankingLoss(model)
    dataset = Dataset.from_dict(sentences)
    extra: dict[str, Any] = {}
    if hashed:
        dataset = dataset.add_column("row", list(range(len(dataset))))  # ucch
        model.append(HashHead.fresh(N_DIMENSIONS, N_DIMENSIONS, n_layers=1))  # ucch
        recipe = load_recipe("default", [f"bits={N_DIMENSIONS}", "temperature=0.1"])  # ucch
        loss = HashingLoss(model, len(dataset), recipe, n_epochs=epochs)  # ucch
        extra = {"data_collator": RowCollator(model.preprocess), "callbacks": [TableCallback(loss)]}  # ucch
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            folder, num_train_epochs=epochs, per_device_train_batch_size=128, learning_rate=0.05, seed=seed,
            report_to="none", save_strategy="no", use_cpu=True, disable_tqdm=True, logging_strategy="no",
            dataloader_pin_memory=False,
        )  # fmt: skip
        SentenceTransformerTrainer(model, arguments, train_dataset=dataset, loss=loss, **extra).train()
    return model


def code_recall(codes: dict[str, np.ndarray[Any, np.dtype[np.uint8]]]) -> float:
    """Share of codes whose pair is the nearest; a tie counts by its chance."""
    distances = hamming_distance(codes["anchor"], codes["positive"])
    best = distances == distances.min(axis=1, keepdims=True)
    return float((np.diagonal(best) / best.sum(axis=1)).mean())


def compare(*, epochs: int = 10, n_train: int = 4000, seed: int = 0) -> dict[str, float]:
    """Train both models and evaluate."""
    sentences, new = pairs(n_train, seed), pairs(500, seed + 1000)
    real, hashed = (train(sentences, epochs=epochs, seed=seed, hashed=hashed) for hashed in (False, True))
    quiet: dict[str, Any] = {"show_progress_bar": False}
    theirs = {name: real.encode(new[name], precision="ubinary", **quiet) for name in new}
    ours = {name: hashed.encode(new[name], **quiet) for name in new}
    return {
        f"{N_DIMENSIONS} real numbers": recall(real, new),
        f"their ubinary, {N_DIMENSIONS} bits": code_recall(theirs),
        f"learnt codes, {N_DIMENSIONS} bits": code_recall(ours),
    }


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description="Codes under SentenceTransformerTrainer.")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed).items():
        print(f"recall@1, {name + ':':<27} {value:.3f}")


if __name__ == "__main__":
    main()
