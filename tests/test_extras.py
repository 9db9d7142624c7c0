"""Packages of an extra: found, or named with the pip line."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from ucch.encoders import image_encoder, text_encoder
from ucch.errors import MissingPackageError
from ucch.extras import require


def test_an_installed_package_is_returned() -> None:
    assert require("json", extra="none", need="nothing") is json


@pytest.mark.parametrize(
    ("package", "spec", "message"),
    [
        ("transformers", "clip:x", "the model 'x' needs the package transformers, which is not installed: "),
        ("torchvision.models", "vgg19", "the encoder vgg19 needs the package torchvision.models, which is not inst"),
    ],
)
def test_a_missing_package_gives_the_pip_line(
    monkeypatch: pytest.MonkeyPatch, package: str, spec: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=f"^{re.escape(message)}.*pip install 'ucch\\[(clip|vgg)\\]'$"):
        image_encoder(spec)


def test_a_missing_package_of_the_text_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    for spec in ("clip:x", "sentence:x"):
        with pytest.raises(MissingPackageError, match=r"pip install 'ucch\[clip\]'$"):
            text_encoder(spec)


def test_a_failure_inside_the_package_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ucch_broken.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        require("ucch_broken", extra="none", need="nothing")
