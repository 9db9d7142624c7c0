"""Files of features to files of codes on a Ray cluster: Ray Data hands files out, each worker holds one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..extras import require
from ..models import HashModel
from .encode_files import encode_into, files_to_encode

__all__ = ["FileEncoder", "encode_with_ray"]


class FileEncoder:
    """A worker of Ray Data: loads the model once, then encodes the files it is given.

    Args:
        model_file: of a run, readable on every machine.
        out: folder of the codes.
        modality: ``image`` or ``text``.
    """

    def __init__(self, model_file: str, out: str, modality: str) -> None:
        self.model, self.out, self.modality = HashModel.load(model_file), Path(out), modality

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Encode the file ``row["item"]``."""
        source = Path(row["item"])
        return {"file": source.name, "codes": encode_into(self.model, source, self.out, self.modality)}


def encode_with_ray(
    model_file: str | Path, model_digest: str, source: str | Path, out: str | Path, modality: str, *, workers: int = 1
) -> dict[str, int]:
    """Do what :func:`~ucch.extraction.encode_folder` does with the workers of a Ray cluster: the same files.

    Ray is started on this machine unless the caller has joined a cluster (``ray.init``). Batches are those of
    one process, so that not a bit depends on the workers; a call goes on where an earlier one ended.

    Args:
        model_file: ``RunFolder.model_file``, on a disk that all machines share, as the folders are.
        model_digest: ``RunFolder.model_digest()``.
        source: folder of ``.npy`` and ``.parquet`` files of features.
        out: folder for the codes, as of :func:`~ucch.extraction.files_to_encode`.
        modality: ``image`` or ``text``.
        workers: processes with a model each.

    Returns:
        Codes made, by file; what was there already is left out.

    Raises:
        MissingPackageError: ray is not installed.
        DataError: as of :func:`~ucch.extraction.files_to_encode`.
    """
    require("ray", extra="ray", need="encoding on a Ray cluster")
    data = require("ray.data", extra="ray", need="encoding on a Ray cluster")
    n_bits = HashModel.load(model_file).n_bits
    files = files_to_encode(source, out, model_digest=model_digest, modality=modality, n_bits=n_bits)
    if not files:
        return {}
    paths = [str(path.resolve()) for path in files]
    rows = data.from_items(paths, override_num_blocks=len(paths)).map(
        FileEncoder,
        fn_constructor_args=(str(Path(model_file).resolve()), str(Path(out).resolve()), modality),
        compute=data.ActorPoolStrategy(size=min(workers, len(paths))),
    )
    return {row["file"]: int(row["codes"]) for row in rows.take_all()}
