"""CVH is canonical correlation as scikit-learn finds it, bit by bit, up to the sign of each direction."""

from __future__ import annotations

import numpy as np
from sklearn.cross_decomposition import CCA

from tests.baselines.kit import views
from ucch.baselines import Cvh
from ucch.codes import unpack


def test_bits_are_the_signs_of_scikit_learns_projections() -> None:
    image, text = (x.numpy() for x in views())
    cvh = Cvh(5, ridge=0.0).fit(image, text)
    codes = unpack(cvh.encode_image(image), 5), unpack(cvh.encode_text(text), 5)
    scores = CCA(5, tol=1e-12, max_iter=10_000).fit(image, text).transform(image, text)
    signs = [np.where(side >= 0, 1, -1) for side in scores]
    agree = np.array([(code == own).mean(axis=0) for code, own in zip(codes, signs, strict=True)])  # (2, bits)
    agree[:, agree[0] < 0.5] = 1 - agree[:, agree[0] < 0.5]  # a direction turned round is turned in both modalities
    assert agree.min() > 0.99
