"""Search as the server does it, without HTTP."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, n_bytes, pack, sign
from ..errors import DataError
from ..retrieval import BinaryIndex
from ..retrieval.rows import checked_codes, is_number
from .frequent_words import frequent_words
from .pictures import Pictures
from .query_encoder import QueryEncoder
from .schemas import EncodeAnswer, EncodeRequest, Health, Hit, Item, SearchAnswer, SearchRequest

__all__ = ["SearchService"]

N_FIRST, N_READ = 3, 10_000  # words and items to begin with; items whose texts are read for the words
_SURROGATE = re.compile("[\ud800-\udfff]")


class SearchService:
    """Answer queries from one index, which every thread reads and none changes.

    Args:
        encoder: turns queries into codes.
        index: the items.
        images: the folder of their pictures, where they have some.
        texts: the text of an item by its id, or several of which results show the first, where they have some.

    Raises:
        DataError: the folder is missing.
    """

    def __init__(
        self,
        encoder: QueryEncoder,
        index: BinaryIndex,
        *,
        images: str | Path | None = None,
        texts: Mapping[str, str | Sequence[str]] | None = None,
    ) -> None:
        self.encoder, self.index = encoder, index
        self.texts = {item: [own] if isinstance(own, str) else list(own) for item, own in (texts or {}).items() if own}
        kind = index.ids.dtype
        self._longest = 0 if kind.kind == "i" else kind.itemsize // 4  # characters of the longest id of text
        self.pictures = None if images is None else Pictures(images, self.has)
        self._knows = {modality: encoder.knows(modality) for modality in ("text", "image")}
        index.search(np.zeros((1, n_bytes(index.n_bits)), np.uint8), 1)  # loads faiss, or the first query would wait
        self._words = frequent_words([self.texts[item] for item in self._spread(N_READ) if item in self.texts], N_FIRST)

    def has(self, item: str) -> bool:
        """Whether an id is in the index."""
        try:
            self._code_of(item)
        except DataError:
            return False
        return True

    def item(self, item: str) -> Item:
        """An item with all its texts.

        Raises:
            DataError: it is not in the index.
        """
        self._code_of(item)
        return Item(id=item, picture=self._picture(item), texts=self.texts.get(item, []))

    def health(self) -> Health:
        """What is served."""
        return Health(
            status="ok",
            version=version("ucch"),
            items=len(self.index),
            bits=self.index.n_bits,
            kind=self.index.kind,
            text=self._knows["text"],
            image=self._knows["image"],
            pictures=self.pictures is not None,
            calibrated=self.index.calibration is not None,
            words=self._words if self._knows["text"] else [],
            examples=[self.item(item) for item in self._spread(N_FIRST)],
        )

    def encode(self, request: EncodeRequest) -> EncodeAnswer:
        """Encode a query.

        Raises:
            DataError: it is no text, picture or code of this index, with the reason.
        """
        start = time.perf_counter()
        code = self._code(request)
        milliseconds = 1000 * (time.perf_counter() - start)
        return EncodeAnswer(bits=self.index.n_bits, code=code.tobytes().hex(), encode_milliseconds=milliseconds)

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Encode a query and find the items nearest to it.

        Raises:
            DataError: as :meth:`encode`.
        """
        start = time.perf_counter()
        outputs = self._outputs(request) if request.real_query else None
        code = self._code(request) if outputs is None else pack(sign(outputs))
        real = None if outputs is None else self.encoder.as_queries(outputs)
        encoded = time.perf_counter()
        only = None if request.only is None else self._ids(request.only)
        if real is None:
            found = self.index.search(code, request.k, only=only)
        else:
            found = self.index.search_real(real, request.k, only=only)
        if request.modality is not None:
            asked = code if real is None else real
            found = self.index.judged(found, asked, asks=request.modality, real=real is not None)
        searched = time.perf_counter()
        differ = np.unpackbits(self.index.codes_of(found.ids) ^ code, axis=1, count=self.index.n_bits)
        hits = [
            self._hit(hit, np.flatnonzero(bits).tolist())
            for hit, bits in zip(found.to_json()["queries"][0]["hits"], differ, strict=True)
        ]
        return SearchAnswer(
            bits=self.index.n_bits,
            code=code.tobytes().hex(),
            hits=hits,
            encode_milliseconds=1000 * (encoded - start),
            search_milliseconds=1000 * (searched - encoded),
        )

    def _outputs(self, request: EncodeRequest) -> npt.NDArray[np.float32]:
        """Real outputs (1, D) of words or a picture."""
        if request.text is not None:
            return self.encoder.real_text(request.text)
        try:
            content = base64.b64decode(request.image or "", validate=True)
        except (binascii.Error, ValueError):
            raise DataError("image must be the bytes of an image file in base64") from None
        return self.encoder.real_image(content)

    def _code(self, request: EncodeRequest) -> PackedCodes:
        if request.text is not None or request.image is not None:
            return pack(sign(self._outputs(request)))
        if (like := getattr(request, "like", None)) is not None:
            return self._code_of(like)
        code = np.frombuffer(bytes.fromhex(getattr(request, "code", None) or ""), np.uint8)[None]
        try:
            return checked_codes("code", code, self.index.n_bits)
        except ValueError as error:
            raise DataError(str(error)) from error

    def _code_of(self, item: str) -> PackedCodes:
        """The code (1, W) of an item.

        Raises:
            DataError: it is not in the index.
        """
        if len(ids := self._ids([item])):
            with suppress(DataError):
                return self.index.codes_of(ids)
        raise DataError(f"no item {item!r} in the index")

    def _hit(self, hit: dict[str, Any], differing: list[int]) -> Hit:
        item = str(hit["id"])
        return Hit(
            id=item,
            distance=len(differing),
            differing_bits=differing,
            picture=self._picture(item),
            text=self.texts[item][0] if item in self.texts else None,
            probability=hit.get("probability"),
            match=hit.get("match"),
        )

    def _picture(self, item: str) -> str | None:
        return None if self.pictures is None else f"picture?id={quote(item, safe='')}"

    def _spread(self, most: int) -> list[str]:
        """The ids of at most ``most`` items, from all over the index."""
        n = min(most, len(self.index))
        rows = (2 * np.arange(n) + 1) * len(self.index) // (2 * max(n, 1))  # the middles of n equal parts
        return [str(item) for item in self.index.ids[rows].tolist()]

    def _ids(self, items: list[str]) -> Any:
        """The given ids in the index's own form, without those that it cannot hold."""
        if not self._longest:
            return np.array([int(item) for item in items if is_number(item)], np.int64)
        return np.array([item for item in items if _is_text(item, self._longest)], dtype=np.str_)


def _is_text(item: str, longest: int) -> bool:
    """Whether a text can be an id; a long one is left out here, since numpy gives each text the room of the longest."""
    return 0 < len(item) <= longest and "\0" not in item and not _SURROGATE.search(item)
