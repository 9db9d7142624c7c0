"""Training the image encoder on with the towers, on the photographs themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ..encoders import NetworkImageEncoder
from ..errors import DataError, EncoderError, RecipeError
from ..images import Augmented, DecodedImage, ImagePool
from ..images.stored import StoredImage, as_pictures
from ..recipe.recipe import Recipe

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FineTuning", "check_fine_tuning", "check_tunable"]


def check_fine_tuning(recipe: Recipe) -> None:
    """Refuse a recipe whose other choices do not go with an image encoder that trains.

    Raises:
        RecipeError: which choice, and what to choose instead.
    """
    training, frozen = recipe.training, recipe.fine_tuning.frozen_epochs
    if not recipe.source.images:
        raise RecipeError("fine_tuning trains on photographs; name them with --images, and an --image-encoder")
    if training.epochs == "auto":
        raise RecipeError(
            "fine_tuning decodes every photograph once an epoch, so say how many: set training.epochs, got 'auto'"
        )
    if frozen >= training.epochs:
        raise RecipeError(
            f"fine_tuning.frozen_epochs must be below training.epochs={training.epochs}, got {frozen}:"
            " the encoder would never train"
        )
    if training.keep == "best":
        raise RecipeError("fine_tuning goes with training.keep='last'; 'best' scores features of the encoder as it was")
    if training.calibrate:
        raise RecipeError(
            "fine_tuning does not go with training.calibrate: pairs set aside have features of the encoder as it was"
        )
    if recipe.optimizer == "itq":
        raise RecipeError(
            "fine_tuning does not go with optimizer 'itq', which fits its rotation to features of the start"
        )


def check_tunable(encoder: object) -> NetworkImageEncoder:
    """Return an image encoder that has a network to train.

    Raises:
        EncoderError: it has none.
    """
    if isinstance(encoder, NetworkImageEncoder):
        return encoder
    raise EncoderError(
        f"image encoder {getattr(encoder, 'name', type(encoder).__name__)} cannot be trained on; it must be clip, vgg19"
        " or a subclass of ucch.encoders.NetworkImageEncoder"
    )


class FineTuning:
    """Give the features of a batch's photographs with gradients to the encoder's weights, as published for raw images.

    Photographs are read anew each epoch, in the order of training, and augmented. The network stays in evaluation mode:
    batch statistics and dropout would make features depend on the batch. Of ``pictures_at_once`` photographs the
    activations are kept, the others are computed once more on the way back, so that memory does not grow with the
    batch.

    Args:
        encoder: the encoder that made the features of the pairs; its weights change.
        paths: the photograph of each pair.
        recipe: its section ``fine_tuning``, its seed.
        workers: processes that decode; they change nothing but speed.

    Attributes:
        active: whether the encoder trains in this epoch.

    Raises:
        EncoderError: the encoder has no network to train.
        RecipeError: as :func:`check_fine_tuning`.

    Reference:
        P. Hu et al.: Unsupervised Contrastive Cross-Modal Hashing, TPAMI 2023. The published code trains the backbone
        after the warm-up where it is given raw images; the paper says that backbones are frozen. There, all networks
        share one learning rate, and training, database and query images come from three permutations that overlap.
    """

    def __init__(
        self, encoder: object, paths: Sequence[str | Path | StoredImage], recipe: Recipe, *, workers: int = 0
    ) -> None:
        check_fine_tuning(recipe)
        self.encoder = check_tunable(encoder)
        self.paths, self.section, self.seed = list(as_pictures(paths)), recipe.fine_tuning, recipe.seed
        self.parameters = list(self.encoder.network.requires_grad_(True).parameters())
        self.active = False
        self._pool = ImagePool(self.encoder.prepare, workers)
        self._pictures: Iterator[DecodedImage] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)

    def epoch_start(self, epoch: int, rows: Tensor) -> None:
        """Begin an epoch, counted from 0, that will ask for the photographs of these rows in this order."""
        self.active = epoch >= self.section.frozen_epochs
        if not self.active:
            return
        numbers, prepare = rows.tolist(), self.encoder.prepare
        augmented = (Augmented(prepare, (self.seed, epoch, row), self.section.smallest_crop) for row in numbers)
        files = [self.paths[row] for row in numbers]
        self._pictures = self._pool.decode(files, augmented if self.section.augment else None)

    def features(self, n_pictures: int) -> Tensor:
        """Features of the epoch's next photographs, (B, d), on the encoder's device.

        Raises:
            DataError: one of them can no longer be read.
        """
        pixels = []
        for entry in islice(self._pictures, n_pictures):
            if entry.problem is not None:
                raise DataError(f"{entry.path}: {entry.problem}; it could be read when the run began")
            pixels.append(entry.pixels)
        batch = torch.from_numpy(np.stack(pixels)).to(self.encoder.device)
        parts = torch.split(batch, self.section.pictures_at_once)
        if len(parts) == 1:
            return self.encoder.features(parts[0])
        return torch.cat([checkpoint(self.encoder.features, part, use_reentrant=False) for part in parts])

    def finish(self) -> NetworkImageEncoder:
        """The encoder with its weights as trained, fixed, and their digest."""
        self.encoder.network.requires_grad_(False)
        self.encoder.weights_changed()
        return self.encoder

    def state_dict(self) -> dict[str, Any]:
        """The encoder's weights."""
        return dict(self.encoder.network.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the weights of :meth:`state_dict`."""
        self.encoder.network.load_state_dict(state)
