"""An index of binary codes: search, change, save."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._checks import one_of, positive_int
from ..calibration import PartnerCalibration
from ..codes import PackedCodes
from ..errors import DataError, IndexFileError
from .engine import Engine, Parameters, Progress, one_thread
from .features import CompactFeatures, unit_rows
from .first_bits import first_and_whole
from .hits import Hits
from .judging import judge
from .kinds import KINDS, full_parameters
from .nearest import nearest
from .real_query import SignScan
from .reranking import rerank
from .rows import Ids, Rows, as_ids, checked_codes, checked_items, distinct, shown_ids
from .saved_index import IndexParts, load_parts, save_parts

__all__ = ["BinaryIndex"]


class BinaryIndex:
    """Packed codes with ids, searched by Hamming distance.

    Make one with :meth:`build` or :meth:`load`. Equal distances stand in the order of the ids, and which of them make
    the cut at ``k`` depends on the ids alone, not on ``k``, the order of insertion or a filter; ``hnsw`` and
    ``multihash`` keep that among the items they find. Padding bits and padding results stay inside.

    Attributes:
        n_bits: D, the bits of a code.
        kind: ``flat``, ``ivf``, ``multihash`` or ``hnsw``.
        model: digest of the model that made the codes; empty where it is not known.
        source: the run folder they come from; empty where there is none.
        modality: what the items are, ``image`` or ``text``; empty where it is not known.
        calibration: what distances mean (:class:`~ucch.calibration.PartnerCalibration`), or None. This and
            ``modality`` may be set; :meth:`save` keeps them.

    Example:
        >>> codes = np.array([[0b1100], [0b1110], [0b0001]], np.uint8)
        >>> index = BinaryIndex.build(codes, n_bits=8, ids=["a", "b", "c"])
        >>> ids, distances = index.search(codes[:1], k=2)[0]
        >>> ids.tolist(), distances.tolist()
        (['a', 'b'], [0, 1])
    """

    def __init__(
        self, n_bits: int, kind: str, rows: Rows, engine: Engine, *, model: str = "", source: str = ""
    ) -> None:
        self.n_bits, self.kind, self.model, self.source = n_bits, kind, model, source
        self.modality = ""
        self.calibration: PartnerCalibration | None = None
        self._rows, self._engine = rows, engine
        self._signs: SignScan | None = None  # made by the first real query, dropped by a change

    @classmethod
    def build(
        cls,
        codes: PackedCodes,
        n_bits: int,
        *,
        ids: Ids | None = None,
        kind: str = "flat",
        parameters: Parameters | None = None,
        features: CompactFeatures | None = None,
        model: str = "",
        source: str = "",
        reproducible: bool = False,
        on_progress: Progress | None = None,
    ) -> BinaryIndex:
        """Index codes.

        Args:
            codes: uint8, (M, ceil(D/8)).
            n_bits: D.
            ids: M distinct whole numbers or texts; the row numbers by default.
            kind: ``flat`` compares with every code and is exact; the others trade recall for speed.
            parameters: of the kind, see its class; the rest have defaults.
            features: M rows to re-rank by.
            model, source: kept in the file, see :class:`BinaryIndex`.
            reproducible: build on one thread, so that equal codes give an equal file on any machine.
            on_progress: called with codes done and codes in all.

        Raises:
            TypeError, ValueError: codes of another kind or width; an unknown kind or parameter.
            DataError: ids that repeat or are too many or few; features too many or few.
        """
        positive_int("n_bits", n_bits)
        codes, stored = checked_items(codes, ids, features, n_bits)
        full = full_parameters(kind, parameters or {}, len(codes), codes.shape[1])
        with one_thread() if reproducible else nullcontext():
            engine = KINDS[kind].build(codes, full, on_progress or _quiet)
        return cls(n_bits, kind, Rows(codes, stored, features=features), engine, model=model, source=source)

    def __len__(self) -> int:
        return self._rows.n_alive

    def __repr__(self) -> str:
        settings = "".join(f", {name}={value}" for name, value in self.parameters.items())
        return f"BinaryIndex({len(self)} codes, n_bits={self.n_bits}, kind={self.kind!r}{settings})"

    @property
    def parameters(self) -> Parameters:
        """Parameters in force."""
        return dict(self._engine.parameters)

    @property
    def ids(self) -> npt.NDArray[Any]:
        """Ids in the order of the rows."""
        alive = self._rows.alive
        return shown_ids(self._rows.ids if alive is None else self._rows.ids[alive])

    @property
    def features_kind(self) -> str | None:
        """``int8``, ``float16`` or ``codes`` (whole codes behind first bits) where features are kept to re-rank by."""
        return None if self._rows.features is None else self._rows.features.kind

    def codes_of(self, ids: Ids) -> PackedCodes:
        """The codes of some ids, (n, ceil(D/8)).

        Raises:
            DataError: an id is not in the index.
        """
        return self._rows.codes[self._rows.find(ids)]

    def missing(self, ids: Ids) -> npt.NDArray[Any]:
        """Those of some ids that the index has not, in their order."""
        return self._rows.missing(ids)

    def set(self, name: str, value: int) -> None:
        """Change a search parameter, such as ``nprobe`` or ``ef``.

        Raises:
            ValueError: the kind has no such search parameter, or the value is out of range.
        """
        if name not in self._engine.choices:
            known = ", ".join(self._engine.choices) or "none"
            raise ValueError(f"{self.kind} has no search parameter {name!r}; it has {known}")
        full_parameters(self.kind, {name: value}, 1, 1)
        self._engine.set(name, value)

    def search(self, queries: PackedCodes, k: int = 10, *, only: Ids | None = None) -> Hits:
        """Find the ``k`` items nearest to each query.

        Args:
            queries: uint8, (Q, ceil(D/8)) or one code.
            k: items asked for; an index with fewer gives all it has.
            only: answer with these ids alone; an id that is not there is passed over.

        Returns:
            :class:`Hits` with int32 distances.

        Raises:
            TypeError, ValueError: queries of another kind or width, ``k`` below 1.
        """
        positive_int("k", k)
        queries = checked_codes("queries", queries, self.n_bits)
        rows = None if only is None else np.unique(self._rows.find(only, missing_ok=True))
        hits = nearest(self._engine, self._rows, queries, k, rows)
        return Hits(shown_ids(hits.ids), hits.distances, hits.starts)

    def search_reranked(
        self,
        queries: PackedCodes,
        real: npt.NDArray[Any],
        k: int = 10,
        *,
        candidates: int = 100,
        by: str = "features",
        only: Ids | None = None,
    ) -> Hits:
        """Find ``candidates`` by their codes and put the best ``k`` in order by real numbers.

        Args:
            queries: as :meth:`search`.
            real: (Q, F) features in the space of those kept (``by="features"``), or (Q, D) real outputs of the hash
                tower (``by="codes"``, the asymmetric distance).
            k: items asked for.
            candidates: R, items looked at again; at least ``k``.
            by: ``features`` or ``codes``.
            only: as :meth:`search`.

        Returns:
            :class:`Hits` with float32 distances ``1 - cosine``, in [0, 2].

        Raises:
            DataError: the index keeps no features, or ``real`` has another shape.
            ValueError: ``candidates`` is below ``k``, ``by`` another word; see also :meth:`search`.
        """
        if candidates < positive_int("k", k):
            raise ValueError(f"candidates must be at least k, {k}, got {candidates}")
        found = self.search(queries, candidates, only=only)
        return rerank(found, self._rows, unit_rows("real", np.atleast_2d(real)), k, n_bits=self.n_bits, by=by)

    def search_first_bits(
        self, real: npt.NDArray[Any], k: int = 10, *, candidates: int | None = None, only: Ids | None = None
    ) -> Hits:
        """Find candidates by the first bits and put the best ``k`` in order by the whole code.

        For an index of the first D bits of codes that were trained for it (``ucch train --nested``), which keeps the
        whole codes as ``CompactFeatures.of_codes``.

        Args:
            real: (Q, F) real outputs of the whole code, or its +-1, for the order by Hamming distance.
            k: items asked for.
            candidates: items looked at again; ``max(200, 10 k)`` by default.
            only: as :meth:`search`.

        Returns:
            :class:`Hits` with float32 distances ``1 - cosine`` of ``real`` and the whole codes, in [0, 2].

        Raises:
            DataError: the index keeps no whole codes, or ``real`` has fewer columns than they have bits.
        """
        queries, whole = first_and_whole(real, self._rows.features, self.n_bits)
        wanted = _shortlist(k) if candidates is None else candidates
        return self.search_reranked(queries, whole, k, candidates=wanted, only=only)

    def search_real(
        self,
        real: npt.NDArray[Any],
        k: int = 10,
        *,
        candidates: int | None = None,
        only: Ids | None = None,
    ) -> Hits:
        """Find the ``k`` items nearest to real queries: outputs of the hash tower that were not rounded.

        Items stay codes; only the query keeps what rounding would take from it, so nothing is stored beside the codes.
        The ``flat`` kind compares with every code, exactly. The other kinds find ``candidates`` by the signs of the
        query and put them in order.

        Args:
            real: (Q, D) real outputs, or those of one query, (D,), as of :meth:`~ucch.models.HashModel.real_image`.
            k: items asked for.
            candidates: items looked at again; ``max(200, 10 k)`` by default. ``flat`` needs none, and takes its exact
                order unless some are asked for.
            only: answer with these ids alone; an id that is not there is passed over.

        Returns:
            :class:`Hits` with float32 distances ``1 - <u, b> / (|u| sqrt(D))``, in [0, 2]. Cost of a query, ``flat``:
            O(M D / 8); the first search copies the codes.

        Raises:
            DataError: ``real`` has another shape or is not finite.
            ValueError: ``k`` is below 1, ``candidates`` below ``k``.
        """
        positive_int("k", k)
        rows = np.atleast_2d(np.asarray(real))
        if rows.ndim != 2 or rows.shape[1] != self.n_bits:
            raise DataError(
                f"real must be outputs (Q, {self.n_bits}), one number for each bit of the codes, got shape {rows.shape}"
            )
        unit = unit_rows("real", rows)
        if not self._engine.exact or candidates is not None:
            queries = np.packbits(unit >= 0, axis=1)
            wanted = _shortlist(k) if candidates is None else candidates
            return self.search_reranked(queries, unit, k, candidates=wanted, by="codes", only=only)
        if self._signs is None:
            self._signs = SignScan(self._rows.codes, self.n_bits)
        chosen = None if only is None else np.unique(self._rows.find(only, missing_ok=True))
        hits = nearest(self._signs, self._rows, unit, k, chosen, exact=lambda codes: SignScan(codes, self.n_bits))
        return Hits(shown_ids(hits.ids), hits.distances.astype(np.float32), hits.starts)

    def judged(self, hits: Hits, queries: npt.NDArray[Any], *, asks: str, real: bool = False) -> Hits:
        """Say of hits how probable it is that they are their query's partners, and which match at all.

        Args:
            hits: what :meth:`search` found for ``queries``, or with ``real`` :meth:`search_real`.
            queries: those packed codes, or real outputs.
            asks: what the queries are, ``image`` or ``text``.
            real: which search it was.

        Returns:
            The hits with ``probability`` and ``likely``; as they were where the index is not calibrated, or its items
            are not known to be of the other modality. Cost of a query: O(min(M, 32,768) D).

        Raises:
            ValueError: ``asks`` is another word, or hits and queries differ in number.
        """
        one_of("asks", asks, ("image", "text"))
        if self.calibration is None or self.modality in ("", asks):
            return hits
        rows = np.atleast_2d(np.asarray(queries))
        if len(rows) != len(hits):
            raise ValueError(f"queries must be those of the hits, {len(hits)}, got {len(rows)}")
        asked = unit_rows("queries", rows) if real else checked_codes("queries", rows, self.n_bits)
        return judge(hits, self._rows, asked, self.calibration, asks=asks, real=real)

    def add(self, ids: Ids, codes: PackedCodes, features: CompactFeatures | None = None) -> None:
        """Take in new items.

        Raises:
            DataError: an id repeats or is there already, counts differ, or features are missing or not wanted.
            TypeError, ValueError: codes of another kind or width.
        """
        codes, stored = checked_items(codes, ids, features, self.n_bits)
        known = len(self._rows.ids)
        self._signs = None
        self._rows.append(codes, stored, features)
        self._engine.extend(self._rows.codes, known)

    def remove(self, ids: Ids) -> None:
        """Take items out. Kinds other than ``flat`` keep their places until half of them are empty, then are rebuilt.

        Raises:
            DataError: an id is not there; nothing is removed then.
        """
        self._rows.mark_removed(self._rows.find(ids))
        if self._engine.exact or 2 * len(self) < len(self._rows.ids):
            self.compact()

    def update(self, ids: Ids, codes: PackedCodes, features: CompactFeatures | None = None) -> None:
        """Replace the codes (and features) of items that are there.

        Raises:
            DataError: an id is not there or repeats; nothing is changed then. See also :meth:`add`.
        """
        distinct(as_ids(ids))
        codes = checked_codes("codes", codes, self.n_bits)
        if len(codes) != len(ids) or (features is not None) != (self._rows.features is not None):
            raise DataError(f"update needs a code for each of {len(ids)} ids, and features where the index keeps them")
        self.remove(ids)
        self.add(ids, codes, features)

    def compact(self) -> None:
        """Close the gaps that :meth:`remove` left; kinds other than ``flat`` are built anew."""
        if self._rows.alive is not None:
            self._signs = None
            self._rows.drop_removed()
            self._engine = KINDS[self.kind].build(self._rows.codes, self.parameters, _quiet)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the index as one safetensors file, whole or not at all.

        Raises:
            IndexFileError: the file exists and ``overwrite`` is off, or cannot be written.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise IndexFileError(f"{path} exists; choose another name or pass overwrite=True")
        parts = self.n_bits, self.kind, self._rows, self._engine, self.model, self.source
        save_parts(path, IndexParts(*parts, self.modality, self.calibration))

    @classmethod
    def load(cls, path: str | Path, *, n_bits: int | None = None, model: str | None = None) -> BinaryIndex:
        """Map a saved index into memory, read-only; changes stay in memory until :meth:`save`.

        Args:
            path: the file.
            n_bits: refuse codes of another width.
            model: refuse codes of another model, by its digest.

        Raises:
            IndexFileError: the file is missing, cut off, damaged, of another version, width or model.
        """
        parts = load_parts(Path(path), n_bits=n_bits, model=model)
        index = cls(parts.n_bits, parts.kind, parts.rows, parts.engine, model=parts.model, source=parts.source)
        index.modality, index.calibration = parts.modality, parts.calibration
        return index


def _shortlist(k: int) -> int:
    """Items looked at again for the best ``k``."""
    return max(200, 10 * k)


def _quiet(done: int, total: int) -> None:
    """Report nothing."""
