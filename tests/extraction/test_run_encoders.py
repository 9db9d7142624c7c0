"""The encoders of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.encoders.kit import ColourEncoder, TinyNetworkEncoder
from tests.extraction.kit import IMAGE_SPEC, small_extraction
from ucch.encoders import BowEncoder, EncoderCard
from ucch.errors import EncoderError, RunError
from ucch.extraction import read_run_encoders, run_encoder, write_run_encoders, write_tuned_weights


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_run_encoders(tmp_path, small_extraction(tmp_path).encoders)
    return tmp_path


def test_cards_are_kept_as_readable_json(run: Path) -> None:
    content = json.loads((run / "encoders.json").read_text())
    assert content["image"]["spec"] == IMAGE_SPEC
    assert "square" in content["text"]["state"]["words"]
    assert read_run_encoders(run)["image"].digest == ColourEncoder().digest


def test_a_vocabulary_comes_back_with_the_run(run: Path) -> None:
    encoder = run_encoder(run, "text")
    assert isinstance(encoder, BowEncoder)
    assert encoder.digest == read_run_encoders(run)["text"].digest
    assert encoder.encode(["a red square"]).any()


def test_a_class_outside_ucch_must_be_named_again(run: Path) -> None:
    with pytest.raises(EncoderError, match=f"if you trust it, name it: --image-encoder {IMAGE_SPEC}$"):
        run_encoder(run, "image")
    assert isinstance(run_encoder(run, "image", IMAGE_SPEC), ColourEncoder)


def test_another_encoder_is_refused_by_digest(run: Path) -> None:
    with pytest.raises(EncoderError, match="^the image encoder is not the one the run was trained with: colour of"):
        run_encoder(run, "image", f"{IMAGE_SPEC}:other")
    with pytest.raises(EncoderError, match="^the text encoder is not the one the run was trained with: bow of digest"):
        run_encoder(run, "text", "bow:8,binary")


def test_a_run_on_features_says_that_it_knows_no_encoder(tmp_path: Path) -> None:
    assert read_run_encoders(tmp_path) == {}
    with pytest.raises(EncoderError, match="does not know its image encoder; encode features with --features$"):
        run_encoder(tmp_path, "image")


@pytest.mark.parametrize("content", ["{", "[]", '{"image": {}}', '{"image": {"spec": ""}, "text": {}}'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "encoders.json").write_text(content)
    with pytest.raises(RunError, match=r"encoders\.json cannot be read: "):
        read_run_encoders(tmp_path)


TINY = "tests.encoders.kit:TinyNetworkEncoder"


def test_an_image_encoder_gets_the_weights_that_the_run_gave_it(tmp_path: Path) -> None:
    trained = TinyNetworkEncoder("1")
    write_tuned_weights(tmp_path, trained)
    cards = {"image": EncoderCard.of(trained, TINY), "text": EncoderCard.of(ColourEncoder(), "tests.encoders.kit:C")}
    write_run_encoders(tmp_path, cards)
    encoder = run_encoder(tmp_path, "image", TINY)
    assert encoder.digest == trained.digest != TinyNetworkEncoder().digest
    with pytest.raises(EncoderError, match="holds weights of a network, but image encoder colour has none$"):
        run_encoder(tmp_path, "image", "tests.encoders.kit:ColourEncoder")
    (tmp_path / "image_encoder.safetensors").write_bytes(b"cut")
    with pytest.raises(EncoderError, match=r"image_encoder\.safetensors does not fit image encoder tiny-network: "):
        run_encoder(tmp_path, "image", TINY)
