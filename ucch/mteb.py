"""Codes for MTEB: a model that its tasks call, compared by Hamming distance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from .codes import hamming_distance, pack, sign, unpack
from .encoders import ImageEncoder, TextEncoder
from .errors import DataError
from .extras import require
from .models import HashModel
from .runs import RunFolder

__all__ = ["MtebCodes"]

Real = npt.NDArray[np.float32]


class MtebCodes:
    """A model as MTEB's ``EncoderProtocol`` wants it, whose embeddings are codes.

    Tasks of retrieval and re-ranking get packed codes, uint8 (N, ceil(D/8)), and rank by :meth:`similarity`,
    ``1 - 2 d / D`` of the Hamming distance d: what MTEB holds of an item is its code. Other tasks compute cosines,
    clusters and classifiers from the embeddings themselves and get float32 (N, D) of -1 and +1, whose cosine is the
    same number.

    Args:
        model: towers and scaling.
        text_encoder: texts to the features that the model was trained on; None for pictures alone.
        image_encoder: the same of pictures; None for texts alone.
        name: ``organisation/name`` for MTEB's results.
        revision: of the model.
        real_queries: whether questions of retrieval stay real outputs, float32 (N, D), scored by their inner product
            with codes; items are codes as before.

    Raises:
        MissingPackageError: mteb is not installed.

    Reference:
        N. Muennighoff, N. Tazi, L. Magne, N. Reimers. MTEB: Massive Text Embedding Benchmark. EACL 2023.

    Example:
        >>> model = MtebCodes.from_run("runs/captions")  # doctest: +SKIP
        >>> mteb.evaluate(model, mteb.get_tasks(["SciFact"]))  # doctest: +SKIP
    """

    def __init__(
        self,
        model: HashModel,
        text_encoder: TextEncoder | None = None,
        image_encoder: ImageEncoder | None = None,
        *,
        name: str = "ucch/codes",
        revision: str = "",
        real_queries: bool = False,
    ) -> None:
        self._mteb = require("mteb", extra="mteb", need="a model for MTEB")
        self.model, self.n_bits, self.real_queries = model, model.n_bits, real_queries
        self.text_encoder, self.image_encoder = text_encoder, image_encoder
        self._name, self._revision = name, revision

    @classmethod
    def from_run(
        cls,
        run: str | Path,
        *,
        text_encoder: str | None = None,
        image_encoder: str | None = None,
        real_queries: bool = False,
    ) -> MtebCodes:
        """Take model and encoders of a run folder.

        Args:
            run: the folder.
            text_encoder, image_encoder: where an encoder is now; a class outside ucch must be named.
            real_queries: as of the class.

        Raises:
            RunError: there is no trained run.
            EncoderError: the run does not know its encoders, or one cannot be loaded.
        """
        from .extraction import read_run_encoders, run_encoder

        folder = RunFolder.open(Path(run))
        known = {"text", *read_run_encoders(folder.path)}
        text = run_encoder(folder.path, "text", text_encoder)
        image = run_encoder(folder.path, "image", image_encoder) if "image" in known and image_encoder else None
        digest = folder.model_digest()
        return cls(
            folder.model(), text, image, name=f"ucch/{folder.path.name}", revision=digest, real_queries=real_queries
        )

    @property
    def mteb_model_meta(self) -> Any:
        """What MTEB's results say of the model: name, revision, bits."""
        meta = self._mteb.models.model_meta
        facts = {
            "name": self._name,
            "revision": self._revision or "none",
            "embed_dim": self.n_bits,
            "similarity_fn_name": meta.ScoringFunction.CUSTOM,
            "modalities": ["text"] if self.image_encoder is None else ["image", "text"],
            "experiment_kwargs": {"bits": self.n_bits, "real_queries": self.real_queries},
        }
        return meta.ModelMeta.create_empty(overwrites=facts)

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any,
        hf_split: str,
        hf_subset: str,
        prompt_type: Any = None,
        **_: Any,
    ) -> npt.NDArray[Any]:
        """Encode batches, each with a list under ``text`` or ``image``.

        Args:
            inputs: batches, as MTEB's loaders give them.
            task_metadata: of the task; its kind decides the form.
            hf_split, hf_subset: not looked at.
            prompt_type: ``query`` for questions.

        Returns:
            Packed codes, real outputs or -1 and +1, as the class says.

        Raises:
            DataError: a batch has neither texts nor pictures, both, or a kind that no encoder is there for.
        """
        parts = [self._outputs(batch) for batch in inputs]
        outputs = np.concatenate(parts) if parts else np.empty((0, self.n_bits), np.float32)
        if task_metadata.simplified_task_type != "retrieval":
            return np.asarray(sign(outputs), np.float32)
        if self.real_queries and getattr(prompt_type, "value", prompt_type) == "query":
            return self.model.as_queries(outputs)
        return pack(sign(outputs))

    def similarity(self, embeddings1: Any, embeddings2: Any) -> torch.Tensor:
        """Similarity of every two: ``1 - 2 d / D`` for codes, the inner product over D where one side is real.

        Args:
            embeddings1: (n, ...) what :meth:`encode` gave, or one of its rows.
            embeddings2: (m, ...) the same.

        Returns:
            float32 (n, m).
        """
        first, second = _rows(embeddings1), _rows(embeddings2)
        if first.dtype == second.dtype == np.uint8:
            return torch.from_numpy((1 - 2 * hamming_distance(first, second) / self.n_bits).astype(np.float32))
        return torch.from_numpy(self._real(first) @ self._real(second).T / np.float32(self.n_bits))

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> torch.Tensor:
        """Similarity of the rows that stand in the same place, float32 (n,), as :meth:`similarity`."""
        first, second = self._real(_rows(embeddings1)), self._real(_rows(embeddings2))
        return torch.from_numpy((first * second).sum(1) / np.float32(self.n_bits))

    def _real(self, rows: npt.NDArray[Any]) -> Real:
        return np.asarray(unpack(rows, self.n_bits) if rows.dtype == np.uint8 else rows, np.float32)

    def _outputs(self, batch: Mapping[str, Any]) -> Real:
        kinds = [kind for kind in ("text", "image") if kind in batch]
        if len(kinds) != 1:
            raise DataError(f"a batch must have texts or pictures, got {', '.join(sorted(batch)) or 'nothing'}")
        if kinds == ["text"] and self.text_encoder is not None:
            return self.model.real_text(self.text_encoder.encode(list(batch["text"])))
        if kinds == ["image"] and self.image_encoder is not None:
            prepare = self.image_encoder.prepare
            prepared = [prepare(picture.convert("RGB")) for picture in batch["image"]]
            return self.model.real_image(self.image_encoder.encode(prepared))
        raise DataError(f"this task has {kinds[0]}s; name one with {kinds[0]}_encoder=")


def _rows(embeddings: Any) -> npt.NDArray[Any]:
    found = embeddings.detach().cpu().numpy() if isinstance(embeddings, torch.Tensor) else np.asarray(embeddings)
    return np.atleast_2d(found)
