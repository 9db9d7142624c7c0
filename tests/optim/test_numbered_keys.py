"""Numbered keys: the same keys as the table draws, with the rows they come from."""

from __future__ import annotations

import pytest
import torch

from ucch.optim import CodeBank, numbered_keys


@pytest.mark.parametrize("negatives", ["shared", "per_anchor"])
@pytest.mark.parametrize("n_negatives", [7, 40])
@pytest.mark.parametrize("mask_own", [True, False])
def test_they_are_the_keys_of_the_table(negatives: str, n_negatives: int, mask_own: bool) -> None:
    bank = CodeBank(20, 8, generator=torch.Generator().manual_seed(1))
    index = torch.tensor([3, 0, 19])
    options = {"n_negatives": n_negatives, "negatives": negatives, "mask_own": mask_own}
    ours = numbered_keys(bank, index, generator=torch.Generator().manual_seed(2), **options)  # type: ignore[arg-type]
    theirs = bank.keys(index, generator=torch.Generator().manual_seed(2), **options)  # type: ignore[arg-type]
    assert torch.equal(ours.positives, theirs.positives)
    assert torch.equal(ours.negatives, theirs.negatives)
    assert ours.norm == theirs.norm
    h = torch.nn.functional.normalize(torch.randn(3, 8, generator=torch.Generator().manual_seed(3)), dim=1)
    assert torch.equal(ours.similarities(h), theirs.similarities(h))
    for mine, other in ((ours.log_weights, theirs.log_weights), (ours.columns, theirs.columns)):
        assert (mine is None) == (other is None)
        assert mine is None or other is None or torch.equal(mine, other)
    assert torch.equal(bank.codes(ours.rows), ours.negatives)
    assert torch.equal(ours.index, index)


def test_wrong_words_and_rows_are_refused() -> None:
    bank = CodeBank(4, 2)
    with pytest.raises(ValueError, match="negatives must be one of per_anchor, shared, got 'some'"):
        numbered_keys(bank, torch.tensor([0]), negatives="some")
    with pytest.raises(ValueError, match=r"index must hold row numbers in \[0, 4\), got 4 to 4"):
        numbered_keys(bank, torch.tensor([4]))
