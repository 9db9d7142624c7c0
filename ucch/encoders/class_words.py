"""Words for a network of photographs that never saw any: by way of the names of its classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..extras import require
from .efficientnet_lite0 import EfficientNetLite0
from .fingerprint import fingerprint
from .minilm import MiniLmEncoder

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ClassWordsEncoder", "expected_features"]

TEMPERATURE = 0.07  # of five from .03 to .15, on 400 photographs of Flickr8k


def expected_features(texts: Tensor, names: Tensor, prototypes: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    r"""What a classifier's features would be of what texts describe.

    .. math:: x_b = \sum_c p_{bc} w_c, \qquad p_{b} = \operatorname{softmax}_c(\cos(t_b, t_c) / \tau)

    Args:
        texts: (B, e) sentence features.
        names: (C, e) sentence features of the classes' names.
        prototypes: (C, d) rows w of the classifier.
        temperature: tau, above 0.

    Returns:
        (B, d). O(B C (e + d)).

    Reference:
        S. Changpinyo, W.-L. Chao, B. Gong, F. Sha: Synthesized Classifiers for Zero-Shot Learning, CVPR 2016, eq. 2 and
        3, with the classes themselves as phantom classes and the cosine in place of their learnt distance.
    """
    cosines = normalize(texts, dim=1) @ normalize(names, dim=1).T
    return (cosines / temperature).softmax(dim=1) @ prototypes


class ClassWordsEncoder(MiniLmEncoder):
    """Encode texts into the space of :class:`EfficientNetLite0`'s pictures, without captions and without training.

    A text takes from the rows of the network's classifier, each as far as MiniLM finds the name of its class near
    (:func:`expected_features`). So words find pictures as far as the 1,000 classes of ImageNet reach: dogs, boats and
    beaches well, who is there and what they do hardly. Training on captions finds far more.

    Args:
        weights: as :class:`EfficientNetLite0` takes them.

    Raises:
        MissingPackageError: a package of the extra ``photos`` is not installed.
        EncoderError: the weights cannot be read.
    """

    name = "efficientnet-lite0"

    def __init__(self, weights: str = "") -> None:
        names, classifier = _class_names(), EfficientNetLite0(weights).network._fc
        super().__init__()
        self._prototypes = classifier.weight.detach()  # (C, d)
        tokens = self.tokenizer(names, padding=True, return_tensors="pt")
        with torch.inference_mode():
            found = super().features(**tokens)
        self._names = found.clone()  # (C, e); a plain tensor, which graphs may hold
        self.dimension = EfficientNetLite0.dimension
        settings = {"encoder": "class-words", "names": names, "texts": self.digest, "temperature": TEMPERATURE}
        self.digest = fingerprint(settings, classifier)

    def to(self, device: torch.device) -> Self:
        """Move the model and the classes."""
        self._names, self._prototypes = self._names.to(device), self._prototypes.to(device)
        return super().to(device)

    def features(self, **tokens: Tensor) -> Tensor:
        """Features (B, 1280) of what the tokenizer gives of B texts, each (B, T), ``attention_mask`` among them."""
        return expected_features(super().features(**tokens), self._names, self._prototypes)


def _class_names() -> list[str]:
    models = require("torchvision.models", extra="photos", need="words for the encoder efficientnet-lite0")
    return list(models.EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"])
