"""Queries to codes."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from tests.serving.conftest import Served
from tests.serving.kit import ColourEncoder, VowelEncoder, make_encoder, png
from tests.training.kit import small_pairs, small_recipe
from ucch.errors import DataError, EncoderError, IndexFileError
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder
from ucch.serving import QueryEncoder
from ucch.training import train_run


def test_a_query_is_encoded_as_the_run_encodes(served: Served) -> None:
    encoder, model = make_encoder(served.run), served.run.model()
    red = np.array([[1, 0, 0]], np.float32)
    assert (encoder.image(png("red")) == model.encode_image(ColourEncoder().encode(list(red)))).all()
    assert (encoder.text("a boat") == model.encode_text(VowelEncoder().encode(["a boat"]))).all()
    assert encoder.knows("text")
    assert encoder.knows("image")


@pytest.mark.parametrize(
    ("text", "reason"), [("", "must not be empty"), (" \n", "must not be empty"), ("\ud800", "valid Unicode")]
)
def test_texts_that_are_none(served: Served, text: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        make_encoder(served.run).text(text)


def test_a_zip_by_another_name_is_no_picture(served: Served) -> None:
    with pytest.raises(DataError, match="no image that Pillow can read"):
        make_encoder(served.run).image(b"PK\x03\x04" + bytes(100))


def test_one_query_at_a_time(served: Served) -> None:
    encoder = make_encoder(served.run)
    encoder.warm_up("text")
    inside, most = 0, 0
    plain = VowelEncoder()

    class Watching:
        def encode(self, batch: list[str]) -> object:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.01)
            inside -= 1
            return plain.encode(batch)

    encoder._encoders["text"] = Watching()
    threads = [threading.Thread(target=encoder.text, args=("word",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_an_index_of_another_model_is_refused(served: Served, tmp_path: Path) -> None:
    encoder, codes = make_encoder(served.run), np.zeros((2, 2), np.uint8)
    for name, n_bits, model in (("other", 12, "ff"), ("wide", 16, ""), ("bare", 12, "")):
        BinaryIndex.build(codes, n_bits, model=model).save(tmp_path / name)
    with pytest.raises(IndexFileError, match="other was made for model 'ff', expected"):
        encoder.open_index(tmp_path / "other")
    with pytest.raises(IndexFileError, match="wide was made for n_bits 16, expected 12"):
        encoder.open_index(tmp_path / "wide")
    assert len(encoder.open_index(tmp_path / "bare")) == 2


def test_a_run_on_bare_features_says_so(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run", small_recipe("epochs=2"))
    train_run(run, small_pairs())
    encoder = QueryEncoder(run.path)
    assert not encoder.knows("text")
    with pytest.raises(EncoderError, match="does not know its text encoder"):
        encoder.text("words")


def test_a_class_outside_ucch_must_be_named(served: Served) -> None:
    with pytest.raises(EncoderError, match="a class outside ucch; if you trust it, name it"):
        QueryEncoder(served.run.path).warm_up("image")
