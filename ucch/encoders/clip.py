"""CLIP and its relatives through transformers: pictures and texts into one space."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .fingerprint import fingerprint
from .interface import Features
from .network import NetworkImageEncoder
from .transformers_models import drop_part, load_image_processor, load_model, load_tokenizer, pooled, tokenizer_state

if TYPE_CHECKING:
    from PIL.Image import Image
    from typing_extensions import Self

__all__ = ["ClipImageEncoder", "ClipPreparation", "ClipTextEncoder"]

DEFAULT_MODEL = "openai/clip-vit-base-patch32"


class ClipPreparation:
    """Prepare a picture by the model's own image processor; picklable, for worker processes.

    Args:
        processor: an image processor of transformers that works on Pillow pictures.
    """

    def __init__(self, processor: Any) -> None:
        self.processor = processor

    def __call__(self, picture: Image) -> npt.NDArray[np.float32]:
        """Resize, crop and normalise an RGB picture: (3, height, width) float32."""
        pixels = self.processor(images=picture, return_tensors="np", input_data_format="channels_last")["pixel_values"]
        prepared: npt.NDArray[np.float32] = np.asarray(pixels[0], dtype=np.float32)
        return prepared


class ClipImageEncoder(NetworkImageEncoder):
    """Encode pictures by the image tower of a CLIP-family model: CLIP, SigLIP and others of the same Auto classes.

    Features are those of transformers' ``get_image_features``: projected, not normalised.

    Args:
        model: a local folder, or a name on the model hub.

    Raises:
        MissingPackageError: transformers is not installed.
        EncoderError: the model cannot be loaded or has no image features.

    Reference:
        A. Radford et al.: Learning Transferable Visual Models From Natural Language Supervision, ICML 2021.
    """

    name = "clip"
    network: Any

    def __init__(self, model: str = "") -> None:
        source = model or DEFAULT_MODEL
        network = load_model(source)
        drop_part(network, "text_model")
        processor = load_image_processor(source)
        settings = {"encoder": "clip-image", "processor": json.loads(processor.to_json_string())}
        super().__init__(network, settings, ClipPreparation(processor))
        self.dimension = self.encode([self.prepare(_blank())]).shape[1]

    def features(self, pixels: Tensor) -> Tensor:
        """Features (B, d) of pixels (B, 3, height, width)."""
        return pooled(self.network.get_image_features(pixel_values=pixels))


class ClipTextEncoder:
    """Encode texts by the text tower of a CLIP-family model; longer texts are cut at the model's length.

    Features are those of transformers' ``get_text_features``: projected, not normalised.

    Args:
        model: a local folder, or a name on the model hub.

    Raises:
        MissingPackageError: transformers is not installed.
        EncoderError: the model cannot be loaded or has no text features.

    Attributes:
        network, tokenizer: of the model.
        length: tokens of a text, at most.
        sees_padding: whether texts are padded to the full length and the network looks at the padding.
    """

    name = "clip"

    def __init__(self, model: str = "") -> None:
        source = model or DEFAULT_MODEL
        self.network = load_model(source)
        drop_part(self.network, "vision_model")
        self.tokenizer = load_tokenizer(source)
        self.device = torch.device("cpu")
        self.length = int(self.network.config.text_config.max_position_embeddings)
        # SigLIP was trained on texts padded to the full length, and sees the padding
        self.sees_padding = self.network.config.model_type.startswith("siglip")
        settings = {"encoder": "clip-text", "tokenizer": tokenizer_state(self.tokenizer), "length": self.length}
        self.digest = fingerprint(settings, self.network)
        self.dimension = self.encode([""]).shape[1]

    def to(self, device: torch.device) -> Self:
        """Move the model."""
        self.network.to(device)
        self.device = device
        return self

    @torch.inference_mode()
    def encode(self, batch: Sequence[str]) -> Features:
        """Encode B texts into (B, d) float32."""
        tokens = self.tokenizer(
            list(batch),
            padding="max_length" if self.sees_padding else True,
            truncation=True,
            max_length=self.length,
            return_attention_mask=not self.sees_padding,
            return_tensors="pt",
        ).to(self.device)
        features: Features = self.features(**tokens).float().cpu().numpy()
        return features

    def features(self, **tokens: Tensor) -> Tensor:
        """Features (B, d) of what the tokenizer gives of B texts, each (B, T)."""
        return pooled(self.network.get_text_features(**tokens))


def _blank() -> Image:
    from PIL import Image

    return Image.new("RGB", (256, 256))
