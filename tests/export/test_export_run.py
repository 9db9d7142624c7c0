"""A run as a folder of graphs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.encoders.kit import TinyNetworkEncoder
from tests.export.kit import BITS, differing, run_graph, small_model, small_run
from ucch.encoders import SentenceEncoder
from ucch.errors import DataError, EncoderError
from ucch.export import OPSET, export_onnx

OWN = "tests.encoders.kit:TinyNetworkEncoder"
ALONE = """
import sys
import numpy as np
import onnxruntime
codes, = onnxruntime.InferenceSession(sys.argv[1]).run(["codes"], {"features": np.load(sys.argv[2])})
assert not {"torch", "ucch"} & set(sys.modules)
np.save(sys.argv[3], codes)
"""


@pytest.fixture(scope="module")
def exported(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """A run with encoders, the folder of its graphs, and the files that were told."""
    folder = tmp_path_factory.mktemp("exported")
    encoders = {
        "image": (TinyNetworkEncoder(), OWN),
        "text": (SentenceEncoder(str(tiny_bert)), f"sentence:{tiny_bert}"),
    }
    small_run(folder / "run", small_model(12, 16, residual=True), encoders)
    told: list[str] = []
    export_onnx(folder / "run", folder / "onnx", fuse=True, image_encoder=OWN, on_file=told.append)
    return folder / "run", folder / "onnx", told


@pytest.mark.slow
def test_files_and_what_is_said_of_them(exported: tuple[Path, Path, list[str]]) -> None:
    _, out, told = exported
    assert told == ["image.onnx", "text.onnx", "image_encoder.onnx", "text_encoder.onnx"]
    assert sorted(path.name for path in out.iterdir()) == sorted([*told, "export.json", "tokenizer.json"])
    content = json.loads((out / "export.json").read_text())
    assert (content["format"], content["bits"], content["opset"]) == ("ucch-onnx-1", BITS, OPSET)
    graphs = content["graphs"]
    assert graphs["text"]["inputs"] == {"features": ["batch", 16]}
    assert graphs["text"]["outputs"] == {"codes": ["batch", 3], "outputs": ["batch", BITS]}
    tokens = ["batch", "tokens"]
    assert graphs["text_encoder"]["inputs"] == {"input_ids": tokens, "attention_mask": tokens}
    assert graphs["text_encoder"]["length"] == 12
    assert graphs["image_encoder"]["inputs"] == {"pixels": ["batch", 3, 8, 8]}
    assert graphs["image_encoder"]["preparation"]["crop"] == 8


@pytest.mark.slow
def test_bits_are_those_of_torch(exported: tuple[Path, Path, list[str]]) -> None:
    from ucch.runs import RunFolder

    run, out, _ = exported
    model, rng = RunFolder.open(run).model(), np.random.default_rng(0)
    for modality, width in (("image", 12), ("text", 16)):
        rows = rng.normal(1, 2, (5000, width)).astype(np.float32)
        codes, _ = run_graph(out / f"{modality}.onnx", features=rows)
        real = (model.real_image if modality == "image" else model.real_text)(rows)
        ours = (model.encode_image if modality == "image" else model.encode_text)(rows)
        differs = np.unpackbits(codes ^ ours, axis=1, count=BITS).astype(bool)
        assert (np.abs(real[differs]) < 1e-5).all()


@pytest.mark.slow
def test_onnxruntime_alone_encodes(exported: tuple[Path, Path, list[str]], tmp_path: Path) -> None:
    from ucch.runs import RunFolder

    run, out, _ = exported
    rows = np.random.default_rng(1).normal(1, 2, (50, 12)).astype(np.float32)
    np.save(tmp_path / "rows.npy", rows)
    arguments = [str(out / "image.onnx"), str(tmp_path / "rows.npy"), str(tmp_path / "codes.npy")]
    subprocess.run([sys.executable, "-c", ALONE, *arguments], check=True, cwd=tmp_path)
    assert differing(np.load(tmp_path / "codes.npy"), RunFolder.open(run).model().encode_image(rows)) == 0


@pytest.mark.slow
def test_refusals_come_before_any_file(exported: tuple[Path, Path, list[str]], tmp_path: Path) -> None:
    run, out, _ = exported
    with pytest.raises(DataError, match="already holds something; name another folder"):
        export_onnx(run, out)
    with pytest.raises(DataError, match="modality must be one of image, text.* got 'sound'"):
        export_onnx(run, tmp_path / "new", modalities=["sound"])
    with pytest.raises(EncoderError, match="name it: --image-encoder tests"):
        export_onnx(run, tmp_path / "new", fuse=True)
    bare = small_run(tmp_path / "bare", small_model(6, 5))
    with pytest.raises(EncoderError, match="does not know its image encoder"):
        export_onnx(bare.path, tmp_path / "new", fuse=True)
    assert not (tmp_path / "new").exists()
