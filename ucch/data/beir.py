"""Retrieval sets in BEIR's layout: texts to find, questions, and judgements of which answers which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from ..files import check_file
from ..plain_json import one_line, parse_json
from .beir_judgements import judgements
from .left_out import LeftOut

__all__ = ["RetrievalSet", "read_beir"]


@dataclass(frozen=True)
class RetrievalSet:
    """Texts, questions about them, and the texts that were judged to answer each.

    Attributes:
        name: of the folder.
        split: of the judgements.
        ids, texts: of the M items.
        query_ids, queries: of the Q questions that have a judgement.
        judged: for each question the rows of its judged items, int64, in ascending order.
        gains: for each question float64 of the same length; 0 is not relevant.
        left_out: what the files hold and this does not.
    """

    name: str
    split: str
    ids: Sequence[str]
    texts: Sequence[str]
    query_ids: Sequence[str]
    queries: Sequence[str]
    judged: Sequence[npt.NDArray[np.int64]]
    gains: Sequence[npt.NDArray[np.float64]]
    left_out: LeftOut

    def same_rows(self) -> list[npt.NDArray[np.int64]]:
        """For each question the row of the item that has its id, if there is one: a question that is an item itself."""
        row = {one: number for number, one in enumerate(self.ids)}
        return [np.array([row[one]] if one in row else [], np.int64) for one in self.query_ids]


def read_beir(folder: str | Path, split: str = "test") -> RetrievalSet:
    """Read ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/SPLIT.tsv``.

    A title, where there is one, stands before the text. Ids are text, also where the file writes numbers. Blank lines
    and a byte-order mark mean nothing; judgements may have a heading or none, and the four columns of TREC.

    Args:
        folder: the set.
        split: of the judgements, ``train``, ``dev`` or ``test`` as a rule.

    Returns:
        The items in their order, and the judged questions in that of ``queries.jsonl``. Repeated ids, questions without
        judgement and judgements of what is not there are left out and counted.

    Raises:
        DataError: a file is missing or a line is damaged, or no judgement is left.

    Reference:
        N. Thakur, N. Reimers, A. Rücklé, A. Srivastava, I. Gurevych. BEIR: A Heterogeneous Benchmark for Zero-shot
        Evaluation of Information Retrieval Models. NeurIPS 2021 (datasets track).
    """
    folder, left_out = Path(folder), LeftOut()
    items = _texts(folder / "corpus.jsonl", "items with an id that was there", left_out)
    queries = _texts(folder / "queries.jsonl", "questions with an id that was there", left_out)
    row_of = {one: number for number, one in enumerate(items)}
    by_query: dict[str, dict[int, float]] = {}
    for query, item, gain in judgements(_split_file(folder, split)):
        if query not in queries:
            left_out.add("judgements of unknown questions", query)
        elif item not in row_of:
            left_out.add("judgements of unknown items", item)
        else:
            if row_of[item] in by_query.get(query, {}):
                left_out.add("judgements that a later line replaces", f"{query} {item}")
            by_query.setdefault(query, {})[row_of[item]] = gain
    for query in queries:
        if query not in by_query:
            left_out.add("questions without judgement", query)
    asked = [query for query in queries if query in by_query]
    if not asked:
        raise DataError(f"{folder} has no judgement of split {split!r} whose question and item are there")
    judged = [np.array(sorted(by_query[query]), np.int64) for query in asked]
    gains = [
        np.array([by_query[query][one] for one in rows.tolist()]) for query, rows in zip(asked, judged, strict=True)
    ]
    texts, questions = list(items.values()), [queries[query] for query in asked]
    return RetrievalSet(folder.name, split, list(items), texts, asked, questions, judged, gains, left_out)


def _split_file(folder: Path, split: str) -> Path:
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        there = sorted(one.stem for one in (folder / "qrels").glob("*.tsv"))
        raise DataError(f"{path} does not exist; splits of {folder} are {', '.join(there) or 'none'}")
    return path


def _texts(path: Path, repeated: str, left_out: LeftOut) -> dict[str, str]:
    found: dict[str, str] = {}
    for where, entry in _objects(path):
        key = entry.get("_id", entry.get("id"))
        if isinstance(key, bool) or not isinstance(key, int | str) or key == "":
            raise DataError(f"{where}: _id must be a text or a whole number, got {key!r}")
        parts = [entry.get("title") or "", entry.get("text") or ""]
        if not all(isinstance(part, str) for part in parts):
            raise DataError(f"{where}: title and text must be texts, got {one_line(ValueError(parts))}")
        if str(key) in found:
            left_out.add(repeated, str(key))
            continue
        found[str(key)] = " ".join(part.strip() for part in parts if part.strip())
    if not found:
        raise DataError(f"{path} holds nothing; each line is to be an object with _id and text")
    return found


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file that has one in each line, with what to call the line; read line by line."""
    check_file(path, DataError)
    number = 0
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                entry = parse_json(line)
                if not isinstance(entry, dict):
                    raise ValueError(f"an object is due, got {type(entry).__name__}")
                yield f"{path}, line {number}", entry
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number + 1}: {one_line(error)}; save it as UTF-8") from error
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}, line {number}: not JSON: {one_line(error)}") from error
