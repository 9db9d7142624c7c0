"""A model of two views that nobody trained, and features for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ucch.data import FeatureScaler
from ucch.models import HashModel, HashTower


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(3, 2, (50, 6))


@pytest.fixture
def model(features: np.ndarray) -> HashModel:
    torch.manual_seed(0)
    text = features[:, :4]
    return HashModel(
        FeatureScaler.fit(features, "global"),
        FeatureScaler.fit(text, "standard"),
        HashTower(6, 11, width=8, n_layers=3),
        HashTower(4, 11, width=8, n_layers=2),
    )
