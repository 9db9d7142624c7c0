"""Codes as a column: ``datasets`` maps them, in one process and in two, and finds the file again."""

from __future__ import annotations

import numpy as np
import pytest

from ucch import CrossModalHasher
from ucch.data import CodeColumn, load_digits_pairs
from ucch.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def hasher() -> CrossModalHasher:
    digits = load_digits_pairs().train
    return CrossModalHasher(12, epochs=1, settings=["similarity=none", "width=16"]).fit(
        digits.image[:200], digits.text[:200]
    )


def test_a_data_set_maps_its_features_to_codes(hasher: CrossModalHasher) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    query = load_digits_pairs().query
    rows = datasets.Dataset.from_dict({"left": list(query.image[:40]), "text": list(query.text[:40])})
    made = rows.map(CodeColumn(hasher, "image", column="left"), batched=True, batch_size=16)
    made = made.map(CodeColumn(hasher.model_, "text", out="text_code"), batched=True)
    assert made.column_names == ["left", "text", "code", "text_code"]
    assert made.features["code"].feature.dtype == "uint8"
    np.testing.assert_array_equal(np.asarray(made["code"][:]), hasher.encode_image(query.image[:40]))
    np.testing.assert_array_equal(np.asarray(made["text_code"][:]), hasher.encode_text(query.text[:40]))


def test_fitting_takes_columns_and_tensors(hasher: CrossModalHasher) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    digits = load_digits_pairs().train
    rows = datasets.Dataset.from_dict({"image": list(digits.image[:200]), "text": list(digits.text[:200])})
    again = CrossModalHasher(12, epochs=1, settings=["similarity=none", "width=16"]).fit(rows["image"], rows["text"])
    np.testing.assert_array_equal(
        again.encode_image(digits.image[:50].tolist()), hasher.encode_image(digits.image[:50])
    )


def test_a_missing_column_is_named(hasher: CrossModalHasher) -> None:
    with pytest.raises(DataError, match="a batch must have the column 'image', got left, text"):
        CodeColumn(hasher, "image")({"left": [], "text": []})
    with pytest.raises(ValueError, match="modality must be one of"):
        CodeColumn(hasher, "sound")
