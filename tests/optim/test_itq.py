"""ITQ: orthogonal to rounding, an error that never rises, and a change that tables can follow."""

from __future__ import annotations

import copy
import itertools

import pytest
import torch

from ucch.optim import ItqRotation, itq_error, itq_rotation, random_rotation


def values(n: int = 200, bits: int = 8, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(bits, bits, generator=generator, dtype=torch.float64)
    rows = torch.randn(n, bits, generator=generator, dtype=torch.float64) @ mixing
    return rows - rows.mean(dim=0)


def is_orthogonal(matrix: torch.Tensor, tolerance: float) -> bool:
    eye = torch.eye(len(matrix), dtype=matrix.dtype)
    return bool((matrix @ matrix.T - eye).abs().max() < tolerance)


@pytest.mark.parametrize("seed", range(4))
def test_the_error_falls_and_never_rises_and_the_matrix_stays_orthogonal(seed: int) -> None:
    v = values(seed=seed)
    rotation = random_rotation(8, generator=torch.Generator().manual_seed(seed)).double()
    rotation = torch.linalg.qr(rotation)[0]  # orthogonal in double precision
    errors = [float(itq_error(v, rotation))]
    for _ in range(20):
        rotation = itq_rotation(v, rotation, n_iterations=1)
        errors.append(float(itq_error(v, rotation)))
        assert is_orthogonal(rotation, 1e-12)
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(errors))
    assert errors[-1] < errors[0]


def test_one_iteration_is_the_best_rotation_for_its_codes(generator: torch.Generator) -> None:
    v, start = values(), torch.eye(8, dtype=torch.float64)
    best = itq_rotation(v, start, n_iterations=1)
    codes = torch.where(v >= 0, 1.0, -1.0).double()
    for _ in range(50):
        other = torch.linalg.qr(torch.randn(8, 8, generator=generator, dtype=torch.float64))[0]
        assert (codes - v @ best).square().sum() <= (codes - v @ other).square().sum()


def test_turns_end_where_they_change_nothing_and_the_others_would_have_changed_no_bit() -> None:
    v, turns = values(60, 4).float(), 0
    rotation = torch.eye(4)
    for _ in range(200):
        u, _, wt = torch.linalg.svd(torch.where(v @ rotation >= 0, 1.0, -1.0).T @ v)
        turns += not torch.equal(rotation, wt.T @ u.T)
        rotation = wt.T @ u.T
    assert turns < 100
    assert torch.equal(itq_rotation(v, torch.eye(4), n_iterations=200), rotation)
    counted = torch.linalg.svd
    with pytest.MonkeyPatch.context() as patch:
        calls: list[int] = []
        patch.setattr(torch.linalg, "svd", lambda a: calls.append(1) or counted(a))  # type: ignore[func-returns-value]
        itq_rotation(v, torch.eye(4), n_iterations=200)
    assert len(calls) == turns + 1


def test_random_rotations_are_orthogonal_and_follow_their_generator() -> None:
    first, again = (random_rotation(16, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert is_orthogonal(first, 1e-5)


def test_module_fits_from_where_it_stands_and_says_by_what_it_changed() -> None:
    rotation = ItqRotation(8, generator=torch.Generator().manual_seed(0))
    v = values().float()
    rotated = rotation(v)
    before = itq_error(v, rotation.matrix)
    change = rotation.fit(rotated)
    torch.testing.assert_close(rotated @ change, rotation(v), atol=1e-4, rtol=0)
    assert itq_error(v, rotation.matrix) < before
    for _ in range(30):
        rotation.fit(rotation(v))
    assert is_orthogonal(rotation.matrix, 1e-5)


def test_fit_centres_what_it_gets() -> None:
    first, second = (ItqRotation(8, generator=torch.Generator().manual_seed(0)) for _ in range(2))
    v = values().float()
    torch.testing.assert_close(first.fit(v), second.fit(v + 5.0), atol=1e-4, rtol=0)


def test_state_copies_and_prints() -> None:
    rotation, other = ItqRotation(4), ItqRotation(4)
    other.load_state_dict(rotation.state_dict())
    assert torch.equal(other.matrix, rotation.matrix)
    copied = copy.deepcopy(rotation)
    rotation.fit(values(bits=4).float())
    assert torch.equal(copied.matrix, other.matrix)
    assert repr(rotation) == "ItqRotation(n_bits=4, n_iterations=50)"


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="n_bits must be an int of at least 1, got 0"):
        ItqRotation(0)
    with pytest.raises(ValueError, match=r"values must have shape \(rows, 4\), got shape \(3, 5\)"):
        ItqRotation(4).fit(torch.zeros(3, 5))
