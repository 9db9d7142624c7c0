"""Packed codes as tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ucch.code_tensors import pack_tensor, unpack_tensor
from ucch.codes import n_bytes, pack, sign


@pytest.mark.parametrize("n_bits", [1, 8, 13, 64])
def test_tensors_pack_as_arrays_do(n_bits: int) -> None:
    codes = sign(torch.randn(9, n_bits, generator=torch.Generator().manual_seed(0)))
    packed = pack_tensor(codes)
    np.testing.assert_array_equal(packed.numpy(), pack(codes))
    assert torch.equal(unpack_tensor(packed, n_bits), codes)
    assert unpack_tensor(packed, n_bits, torch.int8).dtype == torch.int8
    assert pack_tensor(codes[:0]).shape == (0, n_bytes(n_bits))
