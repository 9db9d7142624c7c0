"""Files of features to files of codes, in bounded memory, file by file, over any number of processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..codes import PackedCodes
from ..collectives import World
from ..errors import DataError
from ..files import write_atomically
from ..models import ENCODING_BATCH, HashModel
from .code_files import check_new, code_writer, ids_path
from .feature_file import FEATURE_SUFFIXES, FeatureFile, open_features

__all__ = ["encode_file", "encode_folder", "encode_into", "encode_rows", "files_to_encode"]

MARK = "encoding.json"
_WRITE_ROWS = 16 * ENCODING_BATCH  # a row group of Parquet

Progress = Callable[[Path, int, int], None]


def encode_file(
    model: HashModel, source: str | Path, out: str | Path, modality: str, *, on_progress: Progress | None = None
) -> int:
    """Encode a file of features; the same codes as :class:`~ucch.models.HashModel` gives for all rows at once.

    Args:
        model: what encodes.
        source: as of :func:`~ucch.extraction.open_features`.
        out: new ``.npy``, with ids beside it, or ``.parquet``.
        modality: of the model's views, such as ``image`` or ``text``.
        on_progress: called with the file, the rows done and all rows.

    Returns:
        How many codes there are. Memory: ``ENCODING_BATCH`` rows of features and of the model's layers, and 65,536
        codes, whatever the file's size; a Parquet column is decompressed a page at a time.

    Raises:
        DataError: the features cannot be read, do not fit the model or are not finite, or ``out`` exists.
        RunError: the codes cannot be written; nothing is left behind.
    """
    check_new(out)
    return encode_rows(model, open_features(source, modality), out, modality, on_progress=on_progress)


def encode_rows(
    model: HashModel, features: FeatureFile, out: str | Path, modality: str, *, on_progress: Progress | None = None
) -> int:
    """Do :func:`encode_file` for features that are open already."""
    check_new(out)
    source = features.path
    if not features.n_rows:
        raise DataError(f"{source} must have at least one row of features, got none")
    done = 0
    with code_writer(out, features.n_rows, n_bits=model.n_bits, modality=modality) as write:
        held: list[PackedCodes] = []
        names: list[str] = []
        for rows, ids in features.batches(ENCODING_BATCH):
            try:
                held.append(model.encode(modality, rows))
            except DataError as error:
                raise DataError(f"{source}, from row {done} on: {error}") from error
            names += ids
            done += len(ids)
            if len(names) >= _WRITE_ROWS or done == features.n_rows:
                write(np.concatenate(held), names)
                held, names = [], []
            if on_progress is not None:
                on_progress(source, done, features.n_rows)
    return done


def files_to_encode(
    source: str | Path, out: str | Path, *, model_digest: str, modality: str, n_bits: int
) -> list[Path]:
    """Prepare a folder of codes, new or of the same model, and list the files of features that it lacks.

    Args:
        source: folder of ``.npy`` and ``.parquet`` files, not looked into deeper.
        out: folder; made where it is missing. It remembers its model in ``encoding.json``.
        model_digest: which model (:meth:`~ucch.training.RunFolder.model_digest`).
        modality: of the model's views, such as ``image`` or ``text``.
        n_bits: of the model.

    Raises:
        DataError: ``source`` holds no such file; ``out`` holds anything else, or codes of another model or modality;
            a file of features is newer than its codes.
    """
    source, out = Path(source), Path(out)
    sources = sorted(path for path in source.iterdir() if path.suffix in FEATURE_SUFFIXES and path.is_file())
    if not sources:
        raise DataError(f"folder {source} holds no file ending in {' or '.join(FEATURE_SUFFIXES)}")
    mark, said = out / MARK, {"model": model_digest, "modality": modality, "n_bits": n_bits}
    if not out.exists() or not any(out.iterdir()):
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(mark, json.dumps(said) + "\n")
    elif not mark.is_file():
        raise DataError(f"{out} already holds something; name another folder")
    elif _read(mark) != said:
        raise DataError(f"{out} holds codes of another model or modality; name another folder")
    for path in sources:
        codes = out / path.name
        if codes.exists() and codes.stat().st_mtime_ns < path.stat().st_mtime_ns:
            raise DataError(f"{codes} is older than {path}, which it was made from; delete it to encode it again")
    return [path for path in sources if not (out / path.name).exists()]


def encode_folder(
    model: HashModel,
    files: Sequence[str | Path],
    out: str | Path,
    modality: str,
    *,
    world: World | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Encode files of :func:`files_to_encode`, each under its name into ``out``; processes take turns.

    A file that is there is whole, so that whatever ended an earlier call costs the file it was at and no more.

    Args:
        model: what encodes.
        files: to encode, alike in all processes.
        out: the folder.
        modality: of the model's views, such as ``image`` or ``text``.
        world: the processes that share the files, all of which call; this process alone by default.
        on_progress: as of :func:`encode_file`.

    Returns:
        How many codes this process made.
    """
    world = world or World()
    made = 0
    for path in files[world.rank :: world.size]:
        made += encode_into(model, Path(path), Path(out), modality, on_progress=on_progress)
    return made


def encode_into(
    model: HashModel, source: Path, out: Path, modality: str, *, on_progress: Progress | None = None
) -> int:
    """Encode one file of :func:`files_to_encode`; ids without codes, of a call that was killed, are written anew."""
    codes = out / source.name
    if codes.suffix == ".npy" and not codes.exists():
        ids_path(codes).unlink(missing_ok=True)
    return encode_file(model, source, codes, modality, on_progress=on_progress)


def _read(mark: Path) -> object:
    try:
        return json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{mark} cannot be read: {error}; name another folder") from error
