"""Tiny models with random weights, saved to disk as their users would find them, and an encoder that counts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ucch.encoders import Features, NetworkImageEncoder, fingerprint
from ucch.images import ResizeCrop

CLIP_DIMENSION, SENTENCE_DIMENSION = 24, 16
WORDS = ("a", "red", "green", "blue", "grey", "square", "dot", "on", "the", "wall")
TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2}


def save_tiny_clip(folder: Path) -> Path:
    """A CLIP of two layers, with its processor and a tokenizer that spells."""
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    symbols = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {symbol: number for number, symbol in enumerate(symbols)}
    end = vocabulary["<|endoftext|>"]
    text = {**TOWER, "vocab_size": len(vocabulary), "max_position_embeddings": 20}
    text |= {"eos_token_id": end, "bos_token_id": end - 1, "pad_token_id": end}
    vision = {**TOWER, "image_size": 32, "patch_size": 8}
    _save(CLIPModel(_seeded(CLIPConfig(text_config=text, vision_config=vision, projection_dim=CLIP_DIMENSION))), folder)
    size = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    return folder


def save_tiny_siglip(folder: Path) -> Path:
    """A SigLIP of two layers, whose features are not projected and whose texts are padded to the full length."""
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    text = {**TOWER, "vocab_size": len(WORDS) + 3, "max_position_embeddings": 8}
    text |= {"pad_token_id": 1, "bos_token_id": 2, "eos_token_id": 2}
    vision = {**TOWER, "image_size": 32, "patch_size": 8}
    _save(SiglipModel(_seeded(SiglipConfig(text_config=text, vision_config=vision))), folder)
    SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    _word_tokenizer().save_pretrained(folder)
    return folder


def save_tiny_bert(folder: Path) -> Path:
    """A text model of two layers with a tokenizer of ten words."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=len(WORDS) + 3,
        hidden_size=SENTENCE_DIMENSION,
        intermediate_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        max_position_embeddings=12,
    )
    _save(BertModel(_seeded(config)), folder)
    _word_tokenizer().save_pretrained(folder)
    return folder


def _word_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(("[UNK]", "[PAD]", "[END]", *WORDS))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]", pad_token="[PAD]")


def _seeded(config: Any) -> Any:
    torch.manual_seed(0)
    return config


def _save(model: Any, folder: Path) -> None:
    from transformers.utils import logging

    logging.disable_progress_bar()
    model.save_pretrained(folder)


def put_into_hub_cache(model: Path, cache: Path, name: str) -> Path:
    """Copy a model's folder to where the hub's client keeps ``name``; returns the folder of its files."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    folder = cache / f"models--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    return Path(shutil.copytree(model, folder / "snapshots" / commit))


class ColourEncoder:
    """An image encoder of one's own: the mean colour of three stripes.

    Every call appends its batch size to the file in ``UCCH_TEST_CALLS``; the process dies before the call numbered
    ``UCCH_TEST_DIES_AT``, as one does that is killed.
    """

    name = "colour"
    dimension = 9

    def __init__(self, setting: str = "") -> None:
        self.setting = setting
        self.prepare = ResizeCrop(6, 6)
        self.digest = fingerprint({"encoder": "colour", "setting": setting})

    def encode(self, batch: Sequence[npt.NDArray[np.float32]]) -> Features:
        note_call(len(batch))
        return np.stack(batch).reshape(len(batch), 3, 3, 12).mean(3).reshape(len(batch), 9)


class TinyNetworkEncoder(NetworkImageEncoder):
    """An image encoder with a network of one convolution, drawn from a seed; no unit of it dies in training."""

    name = "tiny-network"
    dimension = 12

    def __init__(self, seed: str = "0") -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seed))
            convolution = torch.nn.Conv2d(3, 3, 3)
        layers = (convolution, torch.nn.LeakyReLU(), torch.nn.AvgPool2d(3), torch.nn.Flatten())
        super().__init__(torch.nn.Sequential(*layers), {"encoder": "tiny-network"}, ResizeCrop(8, 8))

    def features(self, pixels: torch.Tensor) -> torch.Tensor:
        note_call(len(pixels))
        return super().features(pixels)


def note_call(n_items: int) -> None:
    """Count a call of an encoder, and die where the test wants it."""
    path = os.environ.get("UCCH_TEST_CALLS")
    if path is None:
        return
    calls = counted_calls(Path(path))
    if len(calls) + 1 == int(os.environ.get("UCCH_TEST_DIES_AT", "0")):
        os._exit(137)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{n_items}\n")


def counted_calls(path: Path) -> list[int]:
    """Batch sizes of the calls so far."""
    return [int(line) for line in path.read_text(encoding="utf-8").split()] if path.exists() else []


class NoEncoder:
    """A class that is no encoder."""

    name = "nothing"


def not_a_class(_: str = "") -> ColourEncoder:
    """A function, which is not taken for an encoder."""
    return ColourEncoder()
