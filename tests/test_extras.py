"""Packages of an extra: found, or named with the pip line."""

from __future__ import annotations

import configparser
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
        ("torchvision.models", "vgg19", "the encoder vgg19 needs the package torchvision, which is not installed: "),
        ("torchvision", "vgg19", "the encoder vgg19 needs the package torchvision, which is not installed: "),
    ],
)
def test_a_missing_package_gives_the_pip_line(
    monkeypatch: pytest.MonkeyPatch, package: str, spec: str, message: str
) -> None:
    for loaded in [name for name in sys.modules if name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, loaded)
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


CORE = {
    *(
        "torch",
        "numpy",
        "scipy",
        "faiss-cpu",
        "filelock",
        "lazy_loader",
        "scikit-learn",
        "click",
        "rich",
        "safetensors",
    ),
    *("pydantic", "matplotlib", "pillow", "tomli", "tomli-w"),
}


def setup_cfg() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(Path(__file__).resolve().parents[1] / "setup.cfg")
    return config


def test_the_core_needs_these_packages_and_no_other() -> None:
    lines = setup_cfg()["options"]["install_requires"].split("\n")
    assert {line.split()[0] for line in lines if line} == CORE


def test_the_page_of_extras_lists_what_there_is() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "install.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", page, re.M)
    assert len(listed) == len(set(listed)) >= 13
    assert set(listed) <= {*setup_cfg()["options.extras_require"]} - {"dev", "docs"}
