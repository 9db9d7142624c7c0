"""A module of sentence-transformers that turns embeddings into codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from sentence_transformers.base.modules import Module
from torch import Tensor

from .._checks import one_of
from ..codes import n_bytes, pack_tensor, sign
from ..data.scaling import FeatureScaler
from ..errors import RunError
from ..files import check_regular, write_atomically
from ..models import HashModel, HashTower, build_tower
from ..plain_json import one_line

__all__ = ["OUTPUTS", "HashHead"]

OUTPUTS = ("packed", "signs", "real")
_FORMAT, _WEIGHTS = "ucch-head-1", "model.safetensors"


class HashHead(Module):
    """Hash sentence embeddings, as the last module of a ``SentenceTransformer``.

    With embeddings x, a scaling s and a tower f, ``u = f(s(x))`` and the code is ``sign(u)``, +1 for 0. In evaluation
    mode, which ``encode`` sets, ``output`` says what comes out; in training mode it is u, with gradient.

    Args:
        tower: from d features to D real outputs.
        scaler: of the embeddings; none by default.
        output: ``packed``, codes as ``ucch`` and their ``ubinary`` have them; ``signs``, +-1 in float, for their
            ``similarity`` and evaluators; ``real``, u, for queries that are not rounded. One call may ask for another:
            ``model.encode(texts, output="real")``.

    Shape:
        ``features["sentence_embedding"]``: (B, d) to (B, ceil(D/8)) uint8 when packed, else (B, D).

    Raises:
        ValueError: ``output`` is none of these, or scaler and tower are of different widths.

    Note:
        Saved models name this class by ``ucch.sentence.HashHead``; its folder holds JSON and safetensors. Since 6.0
        ``SentenceTransformer(folder)`` asks for ``trust_remote_code=True`` where a class is not its own.

    Reference:
        N. Reimers, I. Gurevych: Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks, EMNLP 2019, for what
        it is a part of.

    Example:
        >>> import torch
        >>> head = HashHead.fresh(20, 12, n_layers=1).eval()
        >>> head({"sentence_embedding": torch.randn(3, 20)})["sentence_embedding"].shape
        torch.Size([3, 2])
    """

    forward_kwargs = {"output"}  # noqa: RUF012
    config_keys = ["format", "tower", "scaler", "output"]  # noqa: RUF012

    def __init__(self, tower: HashTower, scaler: FeatureScaler | None = None, *, output: str = "packed") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if scaler is None:
            scaler = FeatureScaler(tower.n_features, "none", "none", "asked for")
        if scaler.n_features != tower.n_features:
            raise ValueError(f"scaler must be of the tower's {tower.n_features} features, got {scaler.n_features}")
        self.tower, self.scaler, self.output = tower, scaler, one_of("output", output, OUTPUTS)

    @classmethod
    def fresh(cls, n_features: int, n_bits: int, *, output: str = "packed", **options: Any) -> HashHead:
        """Make a head that has learnt nothing yet.

        Args:
            n_features: d, the dimension of the embeddings.
            n_bits: D.
            output: as of the class.
            options: of :class:`~ucch.models.HashTower`.
        """
        return cls(HashTower(n_features, n_bits, **options), output=output)

    @classmethod
    def from_model(cls, model: HashModel, modality: str = "text", *, output: str = "packed") -> HashHead:
        """Take one side of a trained model; the modules before must give the features that it learnt from.

        Args:
            model: as of ``RunFolder.open(run).model()`` or :meth:`HashModel.from_pretrained`.
            modality: ``text`` or ``image``.
            output: as of the class.
        """
        one_of("modality", modality, tuple(model.towers()))
        return cls(model.towers()[modality], model.scalers()[modality], output=output)

    @property
    def n_bits(self) -> int:
        """D, the bits of a code."""
        return self.tower.n_bits

    def forward(self, features: dict[str, Any], output: str | None = None, **_: Any) -> dict[str, Any]:
        """Replace ``sentence_embedding`` by codes, or by outputs u."""
        output = one_of("output", output or ("real" if self.training else self.output), OUTPUTS)
        weight = next(self.tower.parameters())
        u: Tensor = self.tower(self.scaler(features["sentence_embedding"]).to(weight.dtype))
        if output != "real":
            u = pack_tensor(sign(u)) if output == "packed" else sign(u)
        features["sentence_embedding"] = u
        return features

    def get_embedding_dimension(self) -> int:
        """Columns of what comes out: bytes of a code, or D."""
        return n_bytes(self.n_bits) if self.output == "packed" else self.n_bits

    def get_config_dict(self) -> dict[str, Any]:
        """What ``config.json`` holds."""
        return {
            "format": _FORMAT,
            "tower": self.tower.config(),
            "scaler": self.scaler.config(),
            "output": self.output,
        }

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write ``config.json`` and ``model.safetensors``; never a pickle, whatever ``safe_serialization`` says."""
        self.save_config(output_path)
        tensors = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in self.state_dict().items()}
        write_atomically(Path(output_path) / _WEIGHTS, save(tensors))

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,
        **_: Any,
    ) -> HashHead:
        """Read a saved head; no code in its folder is run.

        Args:
            model_name_or_path: of the whole model, a folder or a name on the Hub.
            subfolder: the head's own, such as ``2_HashHead``.
            token, cache_folder, revision, local_files_only: of the Hub, as their ``Module.load`` has them.
            init_defaults: of their models of other kinds; not looked at.

        Raises:
            RunError: it is missing, damaged, or no head of this format.
        """
        hub: dict[str, Any] = {"token": token, "cache_folder": cache_folder, "revision": revision}
        hub["local_files_only"] = local_files_only
        said = f"{model_name_or_path}/{subfolder}"
        try:
            config = cls.load_config(model_name_or_path, subfolder, **hub)
            weights = cls.load_file_path(model_name_or_path, _WEIGHTS, subfolder, **hub)
            if config.get("format") != _FORMAT or weights is None:
                raise RunError(f"{said} holds {config.get('format', 'no head')!r}, expected {_FORMAT!r} and {_WEIGHTS}")
            check_regular(Path(weights), RunError)
            return cls._built(config, load_file(weights))
        except RunError:
            raise
        except Exception as error:  # a forged file fails in as many ways as there are kinds of values
            raise RunError(f"{said} cannot be read as a head: {one_line(error)}") from error

    @classmethod
    def _built(cls, config: dict[str, Any], tensors: dict[str, Tensor]) -> HashHead:
        n_layers = config["tower"].get("n_layers", 1)
        if type(n_layers) is not int or not 0 < n_layers <= len(tensors):
            raise ValueError(f"a tower of {n_layers} layers, in a file of {len(tensors)} arrays")
        with torch.device("meta"):  # shapes without memory: what is there comes from the file alone
            scaler = FeatureScaler.from_config(config["scaler"])
            head = cls(build_tower(config["tower"]), scaler, output=config["output"])
        for name, value in head.state_dict().items():
            if name in tensors and tensors[name].is_floating_point() != value.is_floating_point():
                raise ValueError(f"{name} must be {value.dtype}, got {tensors[name].dtype}")
        head.load_state_dict(tensors, assign=True)
        return head.eval()


HashHead.__module__ = "ucch.sentence"  # what saved models call it, wherever it stands
