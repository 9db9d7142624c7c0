"""One matrix from every form that rows come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ucch.data import CodeColumn, FeatureScaler
from ucch.data.row_forms import as_rows
from ucch.data.row_parts import RowParts
from ucch.errors import DataError
from ucch.models import HashModel, HashTower

ROWS = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


def column(form: str | None) -> Any:
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    return datasets.Dataset.from_dict({"text": list(ROWS)}).with_format(form)["text"]


FORMS = {
    "array": lambda: ROWS,
    "tensor": lambda: torch.from_numpy(ROWS),
    "with gradient": lambda: torch.from_numpy(ROWS).requires_grad_(),
    "lists": lambda: ROWS.tolist(),
    "tuples": lambda: tuple(map(tuple, ROWS.tolist())),
    "arrays": lambda: list(ROWS),
    "tensors": lambda: list(torch.from_numpy(ROWS)),
    "column": lambda: column(None),
    "column of arrays": lambda: column("numpy"),
    "column of tensors": lambda: column("torch"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_matrix(form: str) -> None:
    rows = as_rows("text", FORMS[form]())
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, ROWS)


def test_every_form_has_the_same_codes() -> None:
    scalers = (FeatureScaler.fit(ROWS, "global") for _ in range(2))
    model = HashModel(*scalers, HashTower(5, 12, width=4), HashTower(5, 12, width=4)).eval()
    expected = model.encode_text(ROWS)
    for form in ("tensor", "lists", "tensors", "column"):
        np.testing.assert_array_equal(model.encode_text(FORMS[form]()), expected)
        np.testing.assert_array_equal(CodeColumn(model, "text")({"text": FORMS[form]()})["code"], expected)
    np.testing.assert_array_equal(model.real_image(ROWS.tolist()), model.real_image(ROWS))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float64(ROWS), np.float64),
        ([list(map(int, row)) for row in ROWS * 9], np.int64),
        ([np.float64(ROWS[0])], np.float64),
    ],
)
def test_what_has_a_type_keeps_it(given: Any, kept: type) -> None:
    assert as_rows("text", given).dtype == kept


def test_bfloat16_becomes_float32() -> None:
    assert as_rows("text", torch.ones(2, 3, dtype=torch.bfloat16)).dtype == np.float32


def test_what_is_no_form_is_left_for_the_check() -> None:
    for given in ("text", None, 3, {"a": 1}):
        assert as_rows("text", given) is given
    parts = RowParts([ROWS, ROWS])
    assert as_rows("text", parts) is parts


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "text must have at least one row, got an empty list"),
        ([[1.0, 2.0], [1.0]], "text must have rows of one length, but row 1 has 1 values and row 0 has 2; repair"),
        ([[1.0], None], "but row 1 has 0 values and row 0 has 1"),
        ([[1.0, [2.0]], [1.0, 2.0]], "text must hold numbers in every row: "),
    ],
)
def test_lists_that_are_no_matrix_are_named(given: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_rows("text", given)
