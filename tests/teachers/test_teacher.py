"""What a teacher holds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.teachers.kit import cosine_matrix, features
from ucch.errors import RunError
from ucch.teachers import Teacher


def test_similarities_are_cosines_of_its_rows() -> None:
    rows = features()[0]
    teacher = Teacher("made", rows)
    expected = torch.tensor(cosine_matrix(rows))
    torch.testing.assert_close(teacher.similarity(torch.arange(7)), expected)
    a, b = torch.tensor([3, 1]), torch.tensor([0, 6, 1])
    torch.testing.assert_close(teacher.similarity(a, b), expected[a][:, b])


def test_cut_is_a_quantile_of_different_items() -> None:
    rows = features(30)[0]
    values = sorted(s for i, row in enumerate(cosine_matrix(rows)) for j, s in enumerate(row) if i != j)
    assert Teacher("made", rows).cut(0.1) == pytest.approx(values[len(values) - 1 - round(0.1 * (len(values) - 1))])


def test_nearest_leaves_the_item_out() -> None:
    teacher = Teacher("made", torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]))
    assert teacher.nearest(torch.arange(3), 1).tolist() == [[1], [0], [1]]
    assert teacher.nearest(torch.tensor([2]), 9).tolist() == [[1, 0]]


def test_it_is_saved_bit_for_bit(tmp_path: Path) -> None:
    teacher = Teacher("mie", torch.randn(50, 9), {"lift": 1.5})
    teacher.save(tmp_path / "teacher.safetensors")
    again = Teacher.load(tmp_path / "teacher.safetensors")
    assert torch.equal(again.rows, teacher.rows)
    assert (again.kind, again.notes, len(again)) == ("mie", {"lift": 1.5}, 50)
    assert torch.equal(teacher.to("cpu").rows, teacher.rows)


def test_rows_in_half_precision_stay_so(tmp_path: Path) -> None:
    rows = torch.nn.functional.normalize(torch.randn(30, 9, generator=torch.Generator().manual_seed(0)), dim=1)
    full = Teacher("made", rows)
    half = full.with_rows(rows.half())
    half.save(tmp_path / "half")
    again = Teacher.load(tmp_path / "half")
    assert torch.equal(again.rows, rows.half())
    every = torch.arange(30)
    assert again.similarity(every).dtype == torch.float32
    torch.testing.assert_close(again.similarity(every), full.similarity(every), atol=2**-10, rtol=0)
    assert again.cut(0.1) == pytest.approx(full.cut(0.1), abs=2**-10)
    assert (full.rows.dtype, half.kind) == (torch.float32, "made")


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least two pairs, got 1"):
        Teacher("made", torch.ones(1, 2))
    (tmp_path / "torn").write_bytes(b"torn")
    with pytest.raises(RunError, match="cannot be read as a teacher"):
        Teacher.load(tmp_path / "torn")
