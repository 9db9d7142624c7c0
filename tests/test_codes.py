"""One sign, one packed format, one distance."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ucch import code_tensors, codes
from ucch.codes import hamming_distance, n_bytes, pack, sign, unpack

PACKAGE = Path(__file__).resolve().parents[1]


def test_sign_of_zero_is_plus_one() -> None:
    assert sign(torch.tensor([-1.5, -0.0, 0.0, 2.0])).tolist() == [-1.0, 1.0, 1.0, 1.0]


def test_sign_of_what_is_never_negative_and_of_what_is_no_number() -> None:
    assert sign(torch.tensor([True, False])).tolist() == [True, True]
    assert sign(torch.tensor([0, 3], dtype=torch.uint8)).tolist() == [1, 1]
    assert sign(torch.tensor([-0.0, float("nan"), float("-inf")])).tolist() == [1.0, -1.0, -1.0]
    columns = torch.randn(3, 4).T.requires_grad_()
    assert not sign(columns).requires_grad
    assert torch.equal(sign(columns), torch.where(columns >= 0, 1.0, -1.0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int8])
def test_sign_keeps_dtype_and_has_two_values(dtype: torch.dtype, generator: torch.Generator) -> None:
    codes = sign((torch.randn(50, 7, generator=generator) * 3).to(dtype))
    assert codes.dtype == dtype
    assert set(codes.flatten().tolist()) == {-1, 1}


def test_sign_carries_no_gradient() -> None:
    assert not sign(torch.ones(3, requires_grad=True)).requires_grad


def test_no_other_sign_in_the_package() -> None:
    pattern = re.compile(r"torch\.sign\(|\.sign\(\)|np\.sign\(|\.sign_\(")
    sources = [*PACKAGE.glob("ucch/**/*.py"), *PACKAGE.glob("cli/*.py")]
    assert len(sources) > 10
    assert [str(path) for path in sources if path.name != "codes.py" and pattern.search(path.read_text())] == []


@given(st.integers(1, 70).flatmap(lambda d: arrays(np.bool_, st.tuples(st.integers(0, 9), st.just(d)))))
def test_unpack_undoes_pack(bits: np.ndarray) -> None:
    packed = pack(bits)
    assert packed.shape == (len(bits), n_bytes(bits.shape[1]))
    assert np.array_equal(unpack(packed, bits.shape[1]), np.where(bits, 1, -1))


@pytest.mark.parametrize(
    "codes", [np.array([1, -1, -1, 1, 1]), np.array([1, 0, 0, 1, 1]), np.array([1.0, -1.0, -1.0, 1.0, 1.0])]
)
def test_every_kind_of_code_packs_alike_most_significant_bit_first(codes: np.ndarray) -> None:
    assert pack(codes).tolist() == [0b10011000]
    assert pack(torch.from_numpy(codes)).tolist() == [0b10011000]
    assert unpack(pack(codes), 5).tolist() == [1, -1, -1, 1, 1]


@pytest.mark.parametrize("codes", [np.array([0.3, -0.7]), np.array([1, 0, -1]), np.array([2, 1])])
def test_pack_refuses_real_and_three_valued_codes(codes: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"must be \+-1, 0/1 or boolean, got .*binarize .*: pack\(sign\(codes\)\)"):
        pack(codes)


def test_pack_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match=r"codes must have shape \(N, D\) or \(D,\), got \(2, 2, 2\)"):
        pack(np.ones((2, 2, 2)))


def test_unpack_refuses_wrong_width_and_dtype() -> None:
    with pytest.raises(ValueError, match=r"packed must be 2 bytes wide for 9 bits, got shape \(4, 1\)"):
        unpack(np.zeros((4, 1), dtype=np.uint8), 9)
    with pytest.raises(TypeError, match="packed must be packed uint8, got float64"):
        unpack(np.zeros((4, 1)), 8)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_bits", [1, 8, 13, 64, 100])
def test_hamming_distance_counts_differing_bits(n_bits: int) -> None:
    rng = np.random.default_rng(n_bits)
    first, second = (rng.integers(0, 2, (n, n_bits)) for n in (5, 7))
    expected = [[int(np.sum(a != b)) for b in second] for a in first]
    distances = hamming_distance(pack(first), pack(second))
    assert distances.dtype == np.int32
    assert distances.tolist() == expected
    assert hamming_distance(pack(first[0]), pack(second)).tolist() == expected[0]
    assert hamming_distance(pack(first[0]), pack(second[0])) == expected[0][0]


def test_hamming_distance_refuses_unequal_widths_and_unpacked_codes() -> None:
    with pytest.raises(ValueError, match="first and second must be equally wide, got 1 and 2 bytes"):
        hamming_distance(np.zeros((1, 1), np.uint8), np.zeros((1, 2), np.uint8))
    with pytest.raises(TypeError, match="second must be packed uint8, got int64"):
        hamming_distance(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.int64))  # type: ignore[arg-type]


def test_what_works_on_tensors_is_found_here_too() -> None:
    assert (codes.pack_tensor, codes.unpack_tensor) == (code_tensors.pack_tensor, code_tensors.unpack_tensor)
    with pytest.raises(AttributeError, match=r"module 'ucch\.codes' has no attribute 'nonsense'"):
        codes.nonsense  # noqa: B018
