"""The trained thing: feature scaling and a hash tower for each view."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ..codes import PackedCodes, pack, sign
from ..data.arrays import FeatureArray, check_chunk, check_matrix, row_chunks
from ..data.items import check_view_names
from ..data.row_forms import as_rows
from ..data.scaling import FeatureScaler
from ..errors import DataError
from ..files import write_atomically
from .hash_tower import HashTower
from .item_outputs import item_outputs
from .model_file import model_bytes, read_model

__all__ = ["ENCODING_BATCH", "HashModel"]

ENCODING_BATCH = 4096  # rows at a time
_FILE = "model.safetensors"


class HashModel(nn.Module):
    """Turn image and text features, or those of any other views, into codes that the views share.

    Each view is scaled as fitted on the training rows, then goes through its own tower; the code is the sign of the
    tower's outputs. A view is encoded by itself: no pair is needed. Views of other names, or one alone, are made by
    :meth:`of_views`; what is called by ``image`` or ``text`` is then refused where there is no such view.

    Args:
        image_scaler, text_scaler: fitted :class:`~ucch.data.FeatureScaler`.
        image_tower, text_tower: :class:`HashTower` of equal n_bits.

    Attributes:
        names: of the views, in order.
        recipe: the TOML text of the recipe it was trained by; empty where none is known. It travels in the file.
        query_map: R, (D, D), by which :meth:`as_queries` makes real queries of outputs
            (:func:`~ucch.training.query_map.fit_query_map`); None where queries are the outputs. It is in the file.
    """

    names: tuple[str, ...]
    query_map: Tensor | None
    image_scaler: FeatureScaler
    text_scaler: FeatureScaler
    image_tower: HashTower
    text_tower: HashTower

    def __init__(
        self,
        image_scaler: FeatureScaler,
        text_scaler: FeatureScaler,
        image_tower: HashTower,
        text_tower: HashTower,
    ) -> None:
        super().__init__()
        self._hold({"image": image_scaler, "text": text_scaler}, {"image": image_tower, "text": text_tower})

    @classmethod
    def of_views(cls, scalers: Mapping[str, FeatureScaler], towers: Mapping[str, HashTower]) -> HashModel:
        """The model of any views, by name.

        Raises:
            DataError: no view, or a name that none can have.
            ValueError: scalers and towers have other names.
        """
        check_view_names(scalers)
        if list(scalers) != list(towers):
            raise ValueError(f"scalers and towers must have the same names, got {list(scalers)} and {list(towers)}")
        model = cls.__new__(cls)
        nn.Module.__init__(model)
        model._hold(scalers, towers)
        return model

    def _hold(self, scalers: Mapping[str, FeatureScaler], towers: Mapping[str, HashTower]) -> None:
        self.recipe, self.names = "", tuple(scalers)
        for name, scaler in scalers.items():
            self.add_module(f"{name}_scaler", scaler)
        for name, tower in towers.items():
            self.add_module(f"{name}_tower", tower)
        self.register_buffer("query_map", None)

    @property
    def n_bits(self) -> int:
        """D, the bits of a code."""
        return next(iter(self.towers().values())).n_bits

    def first_bits(self, n_bits: int) -> HashModel:
        """The model whose codes are the first ``n_bits`` of this one's; the weights are copied.

        A query map belongs to whole codes and is left out.

        Raises:
            ValueError: ``n_bits`` is below 1 or above D.
        """
        if not 1 <= n_bits <= self.n_bits:
            raise ValueError(f"n_bits must lie in [1, {self.n_bits}], the bits of a code, got {n_bits}")
        model = copy.deepcopy(self)
        for tower in dict.fromkeys(model.towers().values()):  # one, where they are shared
            tower.keep_outputs(n_bits)
        if n_bits < self.n_bits:
            model.query_map = None
        return model

    def apart(self) -> HashModel:
        """A copy to encode with, whose towers share no layer any more: what is folded into one may differ."""
        model = copy.deepcopy(self).eval()
        for name in model.names[1:]:
            setattr(model, f"{name}_tower", copy.deepcopy(model.tower(name)))
        return model

    def scalers(self) -> dict[str, FeatureScaler]:
        """The feature scaling of each view by its name."""
        return {name: getattr(self, f"{name}_scaler") for name in self.names}

    def towers(self) -> dict[str, HashTower]:
        """The tower of each view by its name."""
        return {name: getattr(self, f"{name}_tower") for name in self.names}

    def outputs(self, name: str, features: Tensor) -> Tensor:
        """Real outputs u of a view: (B, d) to (B, D)."""
        out: Tensor = self.tower(name)(self.scalers()[name](features))
        return out

    def image_outputs(self, image: Tensor) -> Tensor:
        """Real outputs u of images: (B, dx) to (B, D)."""
        return self.outputs("image", image)

    def text_outputs(self, text: Tensor) -> Tensor:
        """Real outputs u of texts: (B, dy) to (B, D)."""
        return self.outputs("text", text)

    def encode(self, name: str, features: FeatureArray, *, batch_size: int = ENCODING_BATCH) -> PackedCodes:
        """Encode features of a view, (n, d), into packed codes, (n, ceil(D/8)); rows are read in batches.

        Features may be an array, a tensor, lists of numbers or a column of ``datasets``.

        Raises:
            DataError: the model has no such view, or the features are not a finite (n, d) matrix.
        """
        return np.concatenate([pack(sign(rows)) for rows in self._batches(name, features, batch_size)])

    def encode_image(self, image: FeatureArray, *, batch_size: int = ENCODING_BATCH) -> PackedCodes:
        """Encode image features, (n, dx), as :meth:`encode`."""
        return self.encode("image", image, batch_size=batch_size)

    def encode_text(self, text: FeatureArray, *, batch_size: int = ENCODING_BATCH) -> PackedCodes:
        """Encode text features, (n, dy), as :meth:`encode`."""
        return self.encode("text", text, batch_size=batch_size)

    def encode_item(
        self,
        image: FeatureArray,
        text: FeatureArray,
        *,
        image_of_text: npt.NDArray[np.int64] | None = None,
        image_seen: npt.NDArray[np.bool_] | None = None,
        text_seen: npt.NDArray[np.bool_] | None = None,
        batch_size: int = ENCODING_BATCH,
    ) -> PackedCodes:
        """Encode pictures with their texts, (n, dx) and (n, dy), into one code each, (n, ceil(D/8)).

        The code is the signs of :meth:`real_item`.

        Raises:
            DataError: the features are no finite matrices of as many rows.
        """
        masks: dict[str, Any] = {"image_seen": image_seen, "text_seen": text_seen}
        real = self.real_item(image, text, image_of_text=image_of_text, **masks, batch_size=batch_size)
        return pack(sign(torch.from_numpy(real)))

    def real_item(
        self,
        image: FeatureArray,
        text: FeatureArray,
        *,
        image_of_text: npt.NDArray[np.int64] | None = None,
        image_seen: npt.NDArray[np.bool_] | None = None,
        text_seen: npt.NDArray[np.bool_] | None = None,
        batch_size: int = ENCODING_BATCH,
    ) -> npt.NDArray[np.float32]:
        """Real outputs of pictures with their texts, (n, dx) and (m, dy) to (n, D): the mean of both outputs.

        Outputs are brought to length 1 first; several texts of a picture are one by their mean.

        Args:
            image: (n, dx) features; row i belongs to row i of ``text`` unless ``image_of_text`` says otherwise.
            text: (m, dy) features.
            image_of_text: (m,) the row of ``image`` that each text belongs to; a picture without one has no text.
            image_seen, text_seen: (n,) which items have that side; of the others the other one counts alone, and all
                must have one.
            batch_size: rows at a time.

        Raises:
            DataError: the features are no finite matrices of as many rows.
        """
        if image_of_text is None and len(image) != len(text):
            raise DataError(f"image and text must have one row per item, got {len(image)} and {len(text)} rows")
        by_image, by_text = self.real_image(image, batch_size=batch_size), self.real_text(text, batch_size=batch_size)
        return item_outputs(by_image, by_text, image_of_text, image_seen=image_seen, text_seen=text_seen)

    def real(self, name: str, features: FeatureArray, *, batch_size: int = ENCODING_BATCH) -> npt.NDArray[np.float32]:
        """Real outputs u of a view, (n, d) to (n, D), whose signs the codes are; :meth:`as_queries` of them search.

        Raises:
            DataError: as :meth:`encode`.
        """
        return np.concatenate([rows.cpu().numpy() for rows in self._batches(name, features, batch_size)])

    def as_queries(self, outputs: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Real queries ``u R`` of real outputs u, to be compared with codes; u where the model has no query map.

        Args:
            outputs: (Q, D), as of :meth:`real`, :meth:`real_item`.

        Returns:
            (Q, D). O(Q D^2).
        """
        rows = np.asarray(outputs, np.float32)
        return rows if self.query_map is None else rows @ self.query_map.cpu().numpy()

    def real_query(
        self, name: str, features: FeatureArray, *, batch_size: int = ENCODING_BATCH
    ) -> npt.NDArray[np.float32]:
        """Real queries of features of a view, (n, d) to (n, D): :meth:`as_queries` of :meth:`real`."""
        return self.as_queries(self.real(name, features, batch_size=batch_size))

    def real_image(self, image: FeatureArray, *, batch_size: int = ENCODING_BATCH) -> npt.NDArray[np.float32]:
        """Real outputs u of image features, (n, dx) to (n, D), as :meth:`real`."""
        return self.real("image", image, batch_size=batch_size)

    def real_text(self, text: FeatureArray, *, batch_size: int = ENCODING_BATCH) -> npt.NDArray[np.float32]:
        """Real outputs u of text features, (n, dy) to (n, D), as :meth:`real`."""
        return self.real("text", text, batch_size=batch_size)

    def tower(self, name: str) -> HashTower:
        """The tower of a view.

        Raises:
            DataError: the model has no such view.
        """
        if name not in self.names:
            raise DataError(f"this model encodes {', '.join(self.names)}, got {name}")
        return self.towers()[name]

    @torch.no_grad()
    def _batches(self, modality: str, features: FeatureArray, batch_size: int) -> Iterator[Tensor]:
        tower = self.tower(modality)
        features = check_matrix(modality, as_rows(modality, features))
        if features.shape[1] != tower.n_features:
            raise DataError(
                f"{modality} must have shape (rows, {tower.n_features}), the features this model was trained on,"
                f" got shape {features.shape}"
            )
        device = next(tower.parameters()).device
        for rows in row_chunks(features, batch_size):
            chunk = np.array(features[rows])  # a copy: a memory-mapped file may be read-only
            check_chunk(modality, chunk, first_row=rows.start)
            yield self.outputs(modality, torch.from_numpy(chunk).to(device))

    def save(self, path: str | Path) -> None:
        """Write weights and everything needed to rebuild the model; an older file is replaced as a whole."""
        write_atomically(path, model_bytes(self))

    @classmethod
    def load(cls, path: str | Path) -> HashModel:
        """Rebuild a saved model, on the CPU.

        Raises:
            RunError: the file is missing, damaged, or no model of this format.
        """
        return read_model(Path(path), cls.of_views)

    def save_pretrained(self, folder: str | Path, *, card: str | None = None) -> None:
        """Write ``model.safetensors`` and a model card, ``README.md``, into a folder; older ones are replaced.

        Args:
            folder: made where it is missing.
            card: the card; one without measurements by default (:func:`ucch.hub.model_card` writes one from a report).
        """
        from ..hub import model_card

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.save(folder / _FILE)
        write_atomically(folder / "README.md", card or model_card(self, folder.name))

    def push_to_hub(
        self,
        repo_id: str,
        *,
        report: Mapping[str, Any] | None = None,
        card: str | None = None,
        private: bool | None = None,
        revision: str | None = None,
        token: str | bool | None = None,
        message: str = "",
    ) -> str:
        """Write the model and its card to the Hugging Face Hub; ``ucch push RUN`` writes a whole run.

        Args:
            repo_id: ``owner/name``, made where it is missing.
            report: ``report.json`` of its run, for the card.
            card: a card in place of that one.
            private, revision, token, message: as of :func:`ucch.hub.push_files`.

        Returns:
            Address of the commit.

        Raises:
            RunError: the Hub refuses or cannot be reached.
            MissingPackageError: huggingface_hub is not installed.
        """
        from ..hub import model_card, push_files

        text = card or model_card(self, repo_id, report=report)
        files: dict[str, bytes | Path] = {_FILE: model_bytes(self), "README.md": text.encode()}
        said = message or f"A model of {self.n_bits} bits"
        return push_files(repo_id, files, message=said, private=private, revision=revision, token=token)

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
    ) -> HashModel:
        """Load a model from a folder, that of a run included, or from the Hub, on the CPU; no code is run.

        Args:
            name: the folder, which is looked for first, or ``owner/name``.
            revision, token, cache_dir, local_files_only: as of :func:`ucch.hub.find_file`.

        Raises:
            RunError: it is not there, damaged, or no model of this format.
            MissingPackageError: huggingface_hub is not installed, and ``name`` is no folder.
        """
        from ..hub import find_file

        options: dict[str, Any] = {"cache_dir": cache_dir, "local_files_only": local_files_only}
        return cls.load(find_file(name, _FILE, revision=revision, token=token, **options))
