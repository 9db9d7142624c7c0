"""A traced module as one file."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ucch.errors import MissingPackageError, RunError
from ucch.export import OPSET, write_onnx


class Halves(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return (x > 0).to(torch.uint8), x / 2


class Spectrum(nn.Module):
    """Something without a graph: singular values."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x * torch.linalg.matrix_norm(x, 2)


def write(module: nn.Module, path: Path) -> None:
    example = (torch.zeros(2, 3),)
    write_onnx(module, example, path, inputs=["x"], dynamic=[{0: "batch"}], facts={"bits": 3, "model": "abc"})


def test_one_file_with_names_any_batch_opset_and_facts(tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    write(Halves(), tmp_path / "halves.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["halves.onnx"]
    proto = onnx.load(tmp_path / "halves.onnx")
    onnx.checker.check_model(proto, full_check=True)
    assert [(one.domain, one.version) for one in proto.opset_import if one.domain == ""] == [("", OPSET)]
    session = onnxruntime.InferenceSession(tmp_path / "halves.onnx")
    facts = session.get_modelmeta().custom_metadata_map
    assert (facts["bits"], facts["model"]) == ("3", '"abc"')
    for n in (0, 1, 5):
        rows = np.ones((n, 3), np.float32)
        codes, outputs = session.run(["codes", "outputs"], {"x": rows})
        assert (codes.shape, codes.dtype, outputs.tolist()) == ((n, 3), np.uint8, (rows / 2).tolist())


def test_what_has_no_graph_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"spectrum\.onnx cannot be exported by torch .*without --fuse"):
        write(Spectrum(), tmp_path / "spectrum.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_missing_package_is_named(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=rf"{package}.*pip install 'ucch\[onnx\]'"):
        write(Halves(), tmp_path / "halves.onnx")
