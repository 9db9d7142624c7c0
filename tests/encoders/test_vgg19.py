"""VGG-19's fc7 against torchvision's own forward pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.images.kit import gradient
from ucch.encoders import ImageEncoder, Vgg19Encoder
from ucch.errors import EncoderError

torchvision = pytest.importorskip("torchvision")


@pytest.mark.slow
def test_fc7_is_what_torchvisions_classifier_sees_before_its_last_layer() -> None:
    encoder = Vgg19Encoder("random")
    assert isinstance(encoder, ImageEncoder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = torchvision.models.vgg19(weights=None).eval()
    seen: list[torch.Tensor] = []
    network.classifier[-1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pixels = [encoder.prepare(gradient(size=size))[:, 80:144, 80:144] for size in ((300, 260), (100, 120))]
    with torch.inference_mode():
        network(torch.from_numpy(np.stack(pixels)))
    features = encoder.encode(pixels)
    assert features.shape == (2, 4096) == (2, encoder.dimension)
    assert features.min() == 0
    np.testing.assert_allclose(features, seen[0].numpy(), atol=1e-5)


def test_pictures_are_prepared_as_torchvisions_weights_want_it(tiny: Any) -> None:
    picture = gradient(size=(301, 260))
    expected = torchvision.models.VGG19_Weights.IMAGENET1K_V1.transforms()(picture)
    np.testing.assert_allclose(Vgg19Encoder("random").prepare(picture), expected.numpy(), atol=2e-6)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Callable[..., nn.Module]:
    """Stand in for VGG-19, whose half a gigabyte is not written to disk here: the same parts, one filter."""

    def vgg19(weights: Any) -> nn.Module:
        if weights is not None:
            raise OSError("no network")
        network = nn.Module()
        network.features = nn.Conv2d(3, 1, 3)
        network.classifier = nn.Sequential(*(nn.Linear(2, 2) for _ in range(7)))
        return network

    monkeypatch.setattr(torchvision.models, "vgg19", vgg19)
    return vgg19


def test_features_lead_gradients_to_the_weights(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tiny(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features, self.classifier = nn.Conv2d(3, 1, 3), nn.Sequential(*(nn.Linear(36, 36) for _ in range(7)))

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.classifier(self.features(pixels).flatten(1))
            return out

    monkeypatch.setattr(torchvision.models, "vgg19", lambda weights: Tiny())
    encoder = Vgg19Encoder("random")
    encoder.network.requires_grad_(True)
    encoder.features(torch.ones(2, 3, 8, 8)).sum().backward()
    assert all(weight.grad is not None for weight in encoder.network.parameters())
    assert len(encoder.network.classifier) == 5


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_weights_come_from_a_file(tiny: Callable[..., nn.Module], tmp_path: Path, ending: str) -> None:
    state, path = tiny(None).state_dict(), tmp_path / f"vgg{ending}"
    if ending == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    encoder = Vgg19Encoder(str(path))
    assert torch.equal(encoder.network.features.weight, state["features.weight"])
    assert encoder.digest == Vgg19Encoder(str(path)).digest != Vgg19Encoder("random").digest


class Evil:
    """An object whose unpickling would leave a trace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("ucch-was-here"),)


def test_wrong_weights_are_refused_and_run_no_code(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"features.weight": Evil()}, tmp_path / "evil.pth")
    torch.save({"features.weight": torch.zeros(2)}, tmp_path / "other.pth")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\0\0\0")
    with pytest.raises(EncoderError, match=r"^weights none\.pth does not exist$"):
        Vgg19Encoder("none.pth")
    with pytest.raises(EncoderError, match=r"write it with torch\.save\(network\.state_dict\(\), FILE\)"):
        Vgg19Encoder("evil.pth")
    for name in ("evil.pth", "cut.safetensors"):
        with pytest.raises(EncoderError, match=f"^weights {re.escape(name)} cannot be read as safetensors or a torch"):
            Vgg19Encoder(name)
    with pytest.raises(EncoderError, match=r"^other\.pth does not hold VGG-19's weights: "):
        Vgg19Encoder("other.pth")
    assert not Path("ucch-was-here").exists()


def test_a_download_that_fails_names_the_way_out(tiny: Any) -> None:
    with pytest.raises(EncoderError, match=r"cannot be downloaded \(no network\); name a file: vgg19:FILE$"):
        Vgg19Encoder()
