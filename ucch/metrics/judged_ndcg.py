"""Graded relevance where few items are judged: NDCG at N from scores, exact under ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._checks import positive_int

__all__ = ["judged_ndcg"]


def judged_ndcg(
    scores: npt.NDArray[np.floating] | npt.NDArray[np.integer],
    judged: npt.NDArray[np.int64],
    gains: npt.NDArray[np.float64],
    n: int = 10,
) -> float:
    r"""Compute NDCG among the first ``n`` items of one question, a judged item gaining what it was judged to.

    ``DCG = sum_{j <= n} g_j / log2(j + 1)``, divided by that of the judged items in their best order. A tied item
    stands at every place of its group alike: this is the expectation over all orders of tied items, where trec_eval
    takes the order of the ids.

    Args:
        scores: (M,) larger is nearer; an item at minus infinity is not in the list.
        judged: (R,) rows of the judged items, distinct.
        gains: (R,) at least 0; everything that was not judged gains 0.
        n: length of the list, at least 1.

    Returns:
        A number in [0, 1]; 0 where no judged item gains anything, as trec_eval has it.
        Cost: O(M T), T the distinct scores of items that gain.

    Raises:
        TypeError, ValueError: ``n`` is no int of at least 1.

    Note:
        :func:`~ucch.metrics.ndcg_at` gains ``2^g - 1`` from labels that are shared; here the gain is as judged, which
        is what trec_eval and BEIR report. For gains of 0 and 1 both agree.

    Reference:
        K. Järvelin, J. Kekäläinen. Cumulated Gain-Based Evaluation of IR Techniques. ACM TOIS 2002.

    Example:
        >>> judged_ndcg(np.array([3.0, 2.0, 1.0]), np.array([0]), np.array([1.0]))
        1.0
        >>> round(judged_ndcg(np.zeros(2), np.array([0]), np.array([1.0])), 4)  # first or second: (1 + .6309) / 2
        0.8155
    """
    positive_int("n", n)
    relevant = gains > 0
    judged, gains = judged[relevant], gains[relevant]
    discounts = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(n) + 2))))
    best = float(np.sort(gains)[::-1][:n] @ np.diff(discounts)[: len(gains)])
    if not best:
        return 0.0
    reached = 0.0
    own = scores[judged]
    for score in np.unique(own[own > -np.inf]):
        above, tied = int((scores > score).sum()), int((scores == score).sum())
        places = discounts[min(above + tied, n)] - discounts[min(above, n)]
        reached += float(gains[own == score].sum()) * float(places) / tied
    return reached / best
