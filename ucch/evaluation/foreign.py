"""Evaluate codes from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes
from ..collectives import World
from ..data.code_files import CodeFile, read_array, read_codes
from ..errors import DataError
from ..label_forms import read_labels
from ..metrics import PROTOCOLS, Protocol, code_health, split_digest
from .compression import compression_cost
from .evaluate import health_figures
from .ranking import measure_ranking

__all__ = ["CodeFiles", "evaluate_files"]


@dataclass(frozen=True)
class CodeFiles:
    """Where the codes, labels and features of an evaluation lie; ``.npy``, codes also ``.parquet``."""

    query_codes: str | Path
    database_codes: str | Path
    query_labels: str | Path
    database_labels: str | Path
    query_features: str | Path | None = None
    database_features: str | Path | None = None


def evaluate_files(
    files: CodeFiles,
    *,
    n_bits: int | None = None,
    code_format: str = "auto",
    protocol: Protocol = PROTOCOLS["ucch"],
    seed: int = 0,
    chunk_rows: int = 1 << 20,
    allow_overlap: bool = False,
    world: World | None = None,
) -> dict[str, Any]:
    """Evaluate query codes against database codes.

    The database is streamed ``chunk_rows`` at a time from its memory-mapped ``.npy``, so it may be larger than memory
    (of a Parquet file the column of codes is read whole):
    beside one chunk and the queries, memory holds ``8 Q (D+1) (1 + most labels)`` bytes of counts. Health is that of
    the first chunk.

    Labels are read as :func:`~ucch.label_forms.read_labels` says, as those of a data set are.

    Args:
        files: codes, labels, and optionally the features for the uncompressed reference.
        n_bits, code_format: as :func:`~ucch.data.code_files.read_codes`.
        protocol: how MAP is computed.
        seed: of the bootstrap interval.
        chunk_rows: database rows read at a time.
        allow_overlap: accept queries that are the database itself.
        world: the processes that share the work, all of which call; this process alone by default.

    Returns:
        A report with one direction, ``query_to_database``.

    Raises:
        DataError: files do not fit what was said of them or one another; the message names both sides.
    """
    query = read_codes(files.query_codes, "query codes", n_bits=n_bits, code_format=code_format)
    database = read_codes(files.database_codes, "database codes", n_bits=n_bits, code_format=code_format)
    if query.n_bits != database.n_bits:
        raise DataError(
            f"query and database codes must have one length, got {query.n_bits} bits in {query.path} and"
            f" {database.n_bits} in {database.path}"
        )
    query_labels, database_labels = _labels(
        {"query": (files.query_labels, query), "database": (files.database_labels, database)}
    )
    if not allow_overlap and _same_rows(query, database):
        raise DataError(
            f"the queries in {query.path} are the first rows of the database in {database.path}, so that each finds"
            " itself; leave them out of the database, or say --allow-overlap"
        )
    queries = query.packed()
    whole = protocol.ties == "stable" or files.database_features is not None
    target: Any = (database.packed(), database_labels) if whole else _chunks(database, database_labels, chunk_rows)
    ranking = measure_ranking(queries, query_labels, target, query.n_bits, protocol=protocol, seed=seed, world=world)
    report: dict[str, Any] = {
        "data": database.path.stem,
        "bits": query.n_bits,
        "bytes_per_item": -(-query.n_bits // 8),
        "queries": len(query),
        "database": len(database),
        "protocol": {**asdict(protocol), "text": str(protocol)},
        "split_digest": split_digest(query_labels, database_labels),
        "query_to_database": {**ranking.figures, "recall_at": {}},
        "map_mean": ranking.figures["map"],
        "map_chance": ranking.figures["map_chance"],
    }
    sides = (("query", queries), ("database", database.packed(slice(chunk_rows))))
    report["health"] = {side: health_figures(code_health(codes, query.n_bits)) for side, codes in sides}
    report["compression"] = _compression(
        files, queries, target, query_labels, query.n_bits, code_map=ranking.figures["map"]
    )
    return report


def _compression(
    files: CodeFiles,
    queries: PackedCodes,
    target: Any,
    query_labels: npt.NDArray[Any],
    n_bits: int,
    *,
    code_map: float | None,
) -> dict[str, Any] | None:
    given = (files.query_features, files.database_features)
    if given == (None, None):
        return None
    if files.query_features is None or files.database_features is None:
        raise DataError("the uncompressed reference needs both --query-features and --database-features, got one")
    query_features = read_array(files.query_features, "query features")
    database_features = read_array(files.database_features, "database features")
    sides = query_features, database_features, queries, target[0]
    return compression_cost(*sides, query_labels, target[1], n_bits, code_map=code_map)


def _labels(sides: dict[str, tuple[str | Path, CodeFile]]) -> list[npt.NDArray[Any]]:
    """Labels of the queries and of the database, of one kind."""
    labels = {}
    for side, (path, codes) in sides.items():
        held = read_array(path, f"{side} labels", kinds="biufUS")
        if held.ndim in (1, 2) and len(held) != len(codes):
            raise DataError(
                f"{side} labels and codes must have one row per item, got {len(held)} in {path} and {len(codes)} in"
                f" {codes.path}"
            )
        labels[f"{side} labels {path}"] = held
    return list(read_labels(labels).values())


def _chunks(
    database: CodeFile, labels: npt.NDArray[Any], chunk_rows: int
) -> Iterator[tuple[PackedCodes, npt.NDArray[Any]]]:
    for number, codes in enumerate(database.chunks(chunk_rows)):
        yield codes, np.asarray(labels[number * chunk_rows : number * chunk_rows + len(codes)])


def _same_rows(query: CodeFile, database: CodeFile) -> bool:
    """Whether the database begins with the queries, code for code; chance codes of a few bits do not count."""
    if len(query) > len(database) or len(query) * query.n_bits < 64:
        return False
    return np.array_equal(query.packed(), database.packed(slice(len(query))))
