"""Words and pictures to the codes of a run, one at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..codes import PackedCodes, pack, sign
from ..errors import DataError
from ..extraction import read_run_encoders, run_encoder
from ..images import decode_image
from ..models import mean_outputs
from ..retrieval import BinaryIndex
from ..runs import RunFolder

__all__ = ["QueryEncoder"]


class QueryEncoder:
    """Encode queries as the run encoded its items, with the encoders that the run remembers.

    Encoders are loaded at their first use and run one query at a time: tokenizers are not safe to share between
    threads, and two models at once on a CPU are slower than one after the other.

    Args:
        run: the run folder.
        image_encoder, text_encoder: where an encoder is now, as in ``ucch encode``; needed for a class outside ucch.
        device: where encoders run.

    Raises:
        RunError: there is no trained run.
    """

    def __init__(
        self, run: str | Path, *, image_encoder: str | None = None, text_encoder: str | None = None, device: Any = "cpu"
    ) -> None:
        self._run = RunFolder.open(run)
        self._model = self._run.model()
        self._specs, self._device = {"image": image_encoder, "text": text_encoder}, device
        self._encoders: dict[str, Any] = {}
        self._lock = threading.Lock()
        self.n_bits = self._model.n_bits
        self.digest = self._run.model_digest()

    def knows(self, modality: str) -> bool:
        """Whether the run remembers what made the features of a modality; of bare features it does not."""
        return modality in read_run_encoders(self._run.path)

    def open_index(self, path: str | Path) -> BinaryIndex:
        """Load an index and refuse one of another width or model.

        Raises:
            IndexFileError: it is no index, or not of this run.
        """
        index = BinaryIndex.load(path, n_bits=self.n_bits)
        return BinaryIndex.load(path, model=self.digest) if index.model else index

    def warm_up(self, modality: str) -> None:
        """Load an encoder now rather than with the first query.

        Raises:
            EncoderError: the run does not know it, or it cannot be loaded.
        """
        with self._lock:
            self._encoder(modality)

    def text(self, text: str) -> PackedCodes:
        """Encode words into a code (1, W), as :meth:`real_text`."""
        return pack(sign(self.real_text(text)))

    def image(self, content: bytes) -> PackedCodes:
        """Encode the bytes of an image file into a code (1, W), as :meth:`real_image`."""
        return pack(sign(self.real_image(content)))

    def item(self, content: bytes, text: str) -> PackedCodes:
        """Encode a picture with words into a code (1, W), as :meth:`real_item`."""
        return pack(sign(self.real_item(content, text)))

    def real_text(self, text: str) -> npt.NDArray[np.float32]:
        """Real outputs (1, D) of words, whose signs are their code.

        Raises:
            DataError: the text is empty or no valid Unicode.
            EncoderError: the run does not know its text encoder, or it cannot be loaded.
        """
        if not text.strip():
            raise DataError("text must not be empty")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise DataError("text must be valid Unicode; it holds half of a surrogate pair") from None
        with self._lock:
            return self._model.real_text(np.asarray(self._encoder("text").encode([text])))

    def real_image(self, content: bytes) -> npt.NDArray[np.float32]:
        """Real outputs (1, D) of the bytes of an image file.

        Raises:
            BadImageError: they are no image that can be used, with the reason.
            EncoderError: the run does not know its image encoder, or it cannot be loaded.
        """
        picture = decode_image(content)
        with self._lock:
            encoder = self._encoder("image")
            return self._model.real_image(np.asarray(encoder.encode([encoder.prepare(picture)])))

    def real_item(self, content: bytes, text: str) -> npt.NDArray[np.float32]:
        """Real outputs (1, D) of a picture with words, the mean of both, each of length 1.

        Raises:
            BadImageError, DataError, EncoderError: as of :meth:`real_image` and :meth:`real_text`.
        """
        return mean_outputs(self.real_image(content), self.real_text(text))

    def as_queries(self, outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Real queries of real outputs, (Q, D) each, as :meth:`ucch.models.HashModel.as_queries`."""
        return self._model.as_queries(outputs)

    def _encoder(self, modality: str) -> Any:
        if modality not in self._encoders:
            spec = self._specs[modality]
            self._encoders[modality] = run_encoder(self._run.path, modality, spec, device=self._device)
        return self._encoders[modality]
