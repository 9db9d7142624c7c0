"""A run's text side as a SentenceTransformer: the codes of ``ucch encode``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sentence_transformers", reason="pip install 'ucch[sentence]'")
from tests.cli.photographs import ENCODERS, QUICK, SHORT, source, ucch
from tests.extraction.kit import IMAGE_SPEC
from tests.images.kit import write_photographs
from tests.sentence.kit import quiet
from ucch.errors import EncoderError, RunError
from ucch.runs import RunFolder
from ucch.sentence import sentence_transformer

pytestmark = quiet

TEXTS = ["a red square", "a green dot on the wall", "the grey wall", "red red red dot on a blue square on the wall"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    write_photographs(folder / "photos", n=20)
    encoders = ("--image-encoder", IMAGE_SPEC, "--text-encoder", f"sentence:{tiny_bert}")
    result = ucch("train", *source(folder), *encoders, *QUICK, *SHORT, "--out", folder / "run")
    assert result.exit_code == 0, result.stderr
    return folder


def test_codes_are_those_of_the_command(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    out = tmp_path / "codes.npy"
    result = ucch("encode", trained / "run", "--texts", tmp_path / "texts.txt", *QUICK, "--cache", "none", "--out", out)
    assert result.exit_code == 0, result.stderr
    model = sentence_transformer(trained / "run", device="cpu")
    u = model.encode(TEXTS, output="real")
    assert np.abs(u).min() > 1e-5  # no bit hangs on rounding
    np.testing.assert_array_equal(model.encode(TEXTS), np.load(out))
    assert model[-1].n_bits == RunFolder.open(trained / "run").model().n_bits
    assert sentence_transformer(trained / "run", output="signs", device="cpu").encode(TEXTS).dtype == np.float32


def test_another_encoder_is_refused(trained: Path, tmp_path: Path) -> None:
    words = ucch("train", *source(trained), *ENCODERS, *QUICK, *SHORT, "--out", tmp_path / "words")
    assert words.exit_code == 0, words.stderr
    with pytest.raises(
        EncoderError, match="has the text encoder bow, and sentence-transformers needs minilm or sentence"
    ):
        sentence_transformer(tmp_path / "words")
    (tmp_path / "words" / "encoders.json").unlink()
    with pytest.raises(EncoderError, match="has no known text encoder"):
        sentence_transformer(tmp_path / "words")
    with pytest.raises(RunError, match="is not a run folder"):
        sentence_transformer(tmp_path)
