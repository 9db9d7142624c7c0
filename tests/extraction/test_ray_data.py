"""Encoding on a Ray cluster writes the files that one process writes; only where ray is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.extraction.test_encode_files import SAID, small_model, write_features
from ucch.errors import MissingPackageError
from ucch.extraction import encode_folder, encode_with_ray, files_to_encode
from ucch.extraction.ray_data import FileEncoder

CLUSTER = """
import sys
from pathlib import Path
import ray
from ucch.extraction import encode_with_ray

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
paths = [Path(part) for part in sys.argv[1:]]
print(sorted(encode_with_ray(paths[0], "abc", *paths[1:], "image", workers=2).items()))
"""


def test_a_worker_encodes_the_files_it_is_given(tmp_path: Path) -> None:
    source, out = tmp_path / "features", tmp_path / "codes"
    parts = write_features(source, 1)
    small_model().save(tmp_path / "model.safetensors")
    (path,) = files_to_encode(source, out, **SAID)
    worker = FileEncoder(str(tmp_path / "model.safetensors"), str(out), "image")
    assert worker({"item": str(path)}) == {"file": "0.npy", "codes": 7}
    np.testing.assert_array_equal(np.load(out / "0.npy"), small_model().encode_image(parts[0]))


def test_without_ray_the_pip_line_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingPackageError, match=r"encoding on a Ray cluster needs .*pip install 'ucch\[ray\]'$"):
        encode_with_ray(tmp_path / "m", "abc", tmp_path, tmp_path / "out", "image")


@pytest.mark.slow
@pytest.mark.skipif("UCCH_TEST_RAY" not in os.environ, reason="starts a Ray cluster: set UCCH_TEST_RAY=1 to run it")
def test_a_cluster_writes_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("ray.data")
    source, out, here = tmp_path / "features", tmp_path / "codes", tmp_path / "here"
    write_features(source, 3)
    small_model().save(tmp_path / "model.safetensors")
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        CLUSTER,
        str(tmp_path / "model.safetensors"),
        str(source),
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "[('0.npy', 7), ('1.npy', 8), ('2.npy', 9)]" in done.stdout
    encode_folder(small_model(), files_to_encode(source, here, **SAID), here, "image")
    names = sorted(path.name for path in here.iterdir())
    assert names == sorted(path.name for path in out.iterdir())
    assert [(out / name).read_bytes() for name in names] == [(here / name).read_bytes() for name in names]
