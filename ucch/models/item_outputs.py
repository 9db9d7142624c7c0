"""One output of a picture and its texts, from the outputs of both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["item_outputs", "mean_outputs"]


def item_outputs(
    by_image: npt.NDArray[np.float32],
    by_text: npt.NDArray[np.float32],
    image_of_text: npt.NDArray[np.int64] | None = None,
    *,
    image_seen: npt.NDArray[np.bool_] | None = None,
    text_seen: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.float32]:
    """Real outputs of n items, (n, D), by those of their pictures, (n, D), and of their texts, (m, D).

    Args:
        by_image, by_text: of each side; rows of what an item lacks are overwritten by zeros.
        image_of_text: (m,) the picture that each text belongs to, several being one by their mean; None where text i
            belongs to picture i.
        image_seen, text_seen: (n,) which items have that side; of the others the other one counts alone.
    """
    if image_of_text is not None:
        total = np.zeros_like(by_image)
        np.add.at(total, image_of_text, _unit(by_text))
        by_text = total
    for outputs, seen in ((by_image, image_seen), (by_text, text_seen)):
        if seen is not None:
            outputs[~seen] = 0
    return mean_outputs(by_image, by_text)


def mean_outputs(*outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Mean of real outputs (n, D) of the same items, each row brought to length 1; rows of zeros count for nothing."""
    return np.asarray(np.mean([_unit(rows) for rows in outputs], axis=0), dtype=np.float32)


def _unit(outputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows of length 1; those of zeros as they are."""
    return np.asarray(outputs / np.maximum(np.linalg.norm(outputs, axis=1, keepdims=True), 1e-12))
