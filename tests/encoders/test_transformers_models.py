"""Loading through transformers: what is shown, what is refused."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch

from tests.encoders.kit import put_into_hub_cache
from ucch.encoders.transformers_models import (
    drop_part,
    find_model_file,
    load_model,
    load_tokenizer,
    pooled,
    tokenizer_state,
)
from ucch.errors import EncoderError


def test_models_come_ready_for_inference(tiny_bert: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = load_model(str(tiny_bert))
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert capsys.readouterr() == ("", "")


def test_a_file_is_found_in_a_folder_or_is_none(tiny_bert: Path) -> None:
    assert find_model_file(str(tiny_bert), "config.json") == tiny_bert / "config.json"
    assert find_model_file(str(tiny_bert), "sentence_bert_config.json") is None


def test_a_file_of_a_hub_name_is_found_in_the_cache_or_is_none(
    tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = put_into_hub_cache(tiny_bert, tmp_path, "somebody/tiny")
    assert find_model_file("somebody/tiny", "config.json") == folder / "config.json"
    assert find_model_file("somebody/tiny", "sentence_bert_config.json") is None
    assert find_model_file("somebody/else", "config.json") is None
    assert find_model_file("no name: at all", "other.json") is None


def test_the_state_of_a_tokenizer_holds_its_words(tiny_bert: Path) -> None:
    state = tokenizer_state(load_tokenizer(str(tiny_bert)))
    assert "square" in state
    assert state == tokenizer_state(load_tokenizer(str(tiny_bert)))


def test_a_part_is_dropped_once(tiny_clip: Path) -> None:
    model = load_model(str(tiny_clip))
    drop_part(model, "text_model")
    drop_part(model, "text_model")
    assert not any(name.startswith("text_model") for name in model.state_dict())


def test_features_come_as_a_tensor_or_wrapped() -> None:
    class Wrapped:
        pooler_output = torch.ones(2)

    assert torch.equal(pooled(torch.zeros(2)), torch.zeros(2))
    assert torch.equal(pooled(Wrapped()), torch.ones(2))


def test_a_hub_that_cannot_be_reached_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    with socket.socket() as closed:  # bound, never listening
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr("ucch.hub.reach.getproxies", dict)
        with pytest.raises(EncoderError, match="cannot be reached") as raised:
            load_model("nobody/no-such-model")
    for way_out in ("clip:FOLDER", "efficientnet-lite0", "minilm", "ucch[photos]"):
        assert way_out in str(raised.value)


def test_offline_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("ucch.hub.reach.getproxies", dict)
    with pytest.raises(EncoderError, match=r"cannot be reached \(HF_HUB_OFFLINE is set\)"):
        load_model("nobody/no-such-model")
