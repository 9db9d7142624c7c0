"""``djsrh``: cosines of outputs rebuild the joint-semantics affinity."""

from __future__ import annotations

from torch import Tensor

from ...teachers import djsrh_similarity
from ..strategies import Batch, Strategy
from .objective import Objective
from .rebuilding import rebuilding_errors

__all__ = ["DjsrhObjective"]


class DjsrhObjective(Objective):
    """``w |cos(H_I) - S|^2 + |cos(H_I, H_T) - S|^2 + w |cos(H_T) - S|^2``, means over the batch's pairs of items.

    S is :func:`~ucch.teachers.djsrh_similarity` of the batch's features. The recipe steepens the tanh over the run, as
    published; towers, Adam, batch size and length are those of the package, where the publication has SGD, batches of
    32 and 80 epochs.

    Reference:
        Su, Zhong and Zhang, "Deep Joint-Semantics Reconstructing Hashing for Large-Scale Unsupervised Cross-Modal
        Retrieval", ICCV 2019.
    """

    def forward(self, batch: Batch, strategy: Strategy) -> Tensor:
        section = self.recipe.djsrh
        similarity = djsrh_similarity(
            batch.image,
            batch.text,
            image_weight=section.image_weight,
            second_order=section.second_order,
            scale=section.scale,
        )
        image, across, text = rebuilding_errors(batch.h_image, batch.h_text, similarity.float())
        return across + section.own_weight * (image + text)
