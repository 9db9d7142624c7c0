"""Words for a network of photographs that never saw any: by way of the names of its classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from ..extras import require
from .efficientnet_lite0 import EfficientNetLite0
from .fingerprint import fingerprint
from .interface import Features
from .minilm import MiniLmEncoder

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ClassWordsEncoder", "expected_features"]

TEMPERATURE = 0.07  # of five from .03 to .15, on 400 photographs of Flickr8k


def expected_features(
    texts: npt.NDArray[np.floating],
    names: npt.NDArray[np.floating],
    prototypes: npt.NDArray[np.floating],
    temperature: float = TEMPERATURE,
) -> Features:
    r"""What a classifier's features would be of what texts describe.

    .. math:: x_b = \sum_c p_{bc} w_c, \qquad p_{b} = \operatorname{softmax}_c(\cos(t_b, t_c) / \tau)

    Args:
        texts: (B, e) sentence features, none zero.
        names: (C, e) sentence features of the classes' names, none zero.
        prototypes: (C, d) rows w of the classifier.
        temperature: tau, above 0.

    Returns:
        (B, d) float32. O(B C (e + d)).

    Reference:
        S. Changpinyo, W.-L. Chao, B. Gong, F. Sha: Synthesized Classifiers for Zero-Shot Learning, CVPR 2016, eq. 2 and
        3, with the classes themselves as phantom classes and the cosine in place of their learnt distance.
    """
    t, n = (np.asarray(one, dtype=np.float64) for one in (texts, names))
    cosines = (t / np.linalg.norm(t, axis=1, keepdims=True)) @ (n / np.linalg.norm(n, axis=1, keepdims=True)).T
    weights = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / temperature)
    weights /= weights.sum(axis=1, keepdims=True)
    expected: Features = (weights @ prototypes).astype(np.float32)
    return expected


class ClassWordsEncoder:
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
    dimension = EfficientNetLite0.dimension

    def __init__(self, weights: str = "") -> None:
        names = _class_names()
        self._texts = MiniLmEncoder()
        network = EfficientNetLite0(weights).network
        self._prototypes = network._fc.weight.detach().numpy().copy()  # (C, d)
        self._names = self._texts.encode(names)
        self.digest = fingerprint(
            {"encoder": "class-words", "names": names, "texts": self._texts.digest, "temperature": TEMPERATURE},
            network._fc,
        )

    def to(self, device: torch.device) -> Self:
        """Move the model of texts."""
        self._texts.to(device)
        return self

    def encode(self, batch: Sequence[str]) -> Features:
        """Encode B texts into (B, 1280) float32."""
        return expected_features(self._texts.encode(batch), self._names, self._prototypes)


def _class_names() -> list[str]:
    models = require("torchvision.models", extra="photos", need="words for the encoder efficientnet-lite0")
    return list(models.EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"])
