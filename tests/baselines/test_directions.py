"""Canonical directions against scikit-learn, components of the pair against PCA and ridge regression."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA

from tests.baselines.kit import same_up_to_sign, views
from ucch.baselines import canonical_directions, pair_components
from ucch.baselines.directions import spread


def test_canonical_directions_are_scikit_learns() -> None:
    image, text = views()
    space = canonical_directions(image, text, 5, ridge=0.0)
    reference = CCA(5, tol=1e-12, max_iter=10_000).fit(image, text)
    ours = [side.numpy() for side in space.outputs(image.double(), text.double())]
    theirs = reference.transform(image, text)
    correlations = [np.corrcoef(x, y)[0, 1] for x, y in zip(theirs[0].T, theirs[1].T, strict=True)]
    np.testing.assert_allclose(space.strength, correlations, atol=1e-5)
    for side, expected in zip(ours, theirs, strict=True):
        assert same_up_to_sign(side, expected, 1e-4)
        np.testing.assert_allclose(np.cov(side.T, bias=True), np.eye(5), atol=1e-6)


def test_there_are_no_more_directions_than_ranks() -> None:
    image, text = views(dy=2)
    assert canonical_directions(image, text, 64).image.shape == (7, 2)
    flat = torch.cat([text, text], dim=1)
    with pytest.raises(ValueError, match="ridge must be above 0"):
        canonical_directions(image, flat - flat, 64, ridge=0.0)


def test_components_are_those_of_the_pair_predicted_by_each_modality() -> None:
    image, text = (x.double() for x in views())
    space = pair_components(image, text, 4, ridge=0.0)
    joint = np.concatenate([(x - x.mean(0)) / x.var(0, correction=0).sum().sqrt() for x in (image, text)], axis=1)
    scores = PCA(4).fit_transform(joint)
    for side, rows in zip(space.outputs(image, text), (image, text), strict=True):
        design = np.column_stack([rows, np.ones(len(rows))])
        predicted = design @ np.linalg.lstsq(design, scores, rcond=None)[0]
        assert same_up_to_sign(side.numpy(), predicted, 1e-8)


def test_unrotated_components_predict_the_pair_itself() -> None:
    image, text = (x.double() for x in views())
    by_image, _ = pair_components(image, text, ridge=0.0).outputs(image, text)
    own = (image - image.mean(0)) / image.var(0, correction=0).sum().sqrt()
    torch.testing.assert_close(by_image[:, :7], own)


def test_further_bits_are_mixtures_weighted_by_strength(generator: torch.Generator) -> None:
    weights = spread(torch.tensor([1.0, 0.0], dtype=torch.float64), 5, generator)
    assert torch.equal(weights[:, :2], torch.eye(2, dtype=torch.float64))
    assert (weights[0, 2:] != 0).all()
    assert (weights[1, 2:] == 0).all()
