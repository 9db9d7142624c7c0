"""Row numbers travel where labels do."""

from __future__ import annotations

from typing import Any

import pytest
import torch

pytest.importorskip("sentence_transformers", reason="pip install 'ucch[sentence]'")
from tests.sentence.kit import quiet, words_model
from ucch.sentence import RowCollator

pytestmark = quiet


def item(row: Any, **more: Any) -> dict[str, Any]:
    return {"anchor": f"w{row} w1", "row": row, "positive": "w2", **more}


def test_rows_stand_as_labels_and_texts_as_ever() -> None:
    collate = RowCollator(words_model().preprocess)
    batch = collate([item(7), item(3)])
    plain = RowCollator.__base__(words_model().preprocess)(
        [{"anchor": "w7 w1", "positive": "w2"}, {"anchor": "w3 w1", "positive": "w2"}]
    )
    assert torch.equal(batch.pop("label"), torch.tensor([7, 3]))
    assert batch.keys() == plain.keys()
    assert all(torch.equal(batch[name], plain[name]) for name in plain)


def test_labels_are_left_out() -> None:
    batch = RowCollator(words_model().preprocess, row="number")(
        [{"anchor": "w1", "number": 4, "label": 1, "score": 0.5}]
    )
    assert batch["label"].tolist() == [4]
    assert {name.partition("_")[0] for name in batch} == {"anchor", "label"}


def test_no_items_make_an_empty_batch() -> None:
    assert RowCollator(words_model().preprocess)([]) == {}


@pytest.mark.parametrize(("row", "said"), [(None, "None"), (1.5, "1.5"), (True, "True"), ("a", "'a'")])
def test_a_missing_or_wrong_number_is_refused(row: Any, said: str) -> None:
    given = {"anchor": "w1", **({} if row is None else {"row": row})}
    with pytest.raises(
        ValueError, match=f"column 'row' must hold the whole number of each item's row, got {said}; add it"
    ):
        RowCollator(words_model().preprocess)([item(0), given])
