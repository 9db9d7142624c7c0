"""Signs in place are those of ``ucch.codes.sign``, and a scale is the mean magnitude."""

from __future__ import annotations

import pytest
import torch

from ucch.codes import sign
from ucch.optim.binary.signs import check_scale, code_scale, write_signs


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_signs_are_the_one_sign(dtype: torch.dtype, generator: torch.Generator) -> None:
    latent = torch.cat([torch.randn(50, generator=generator), torch.tensor([0.0, -0.0, 1e-40, -1e-40])])
    out = torch.full_like(latent, 7.0, dtype=dtype)
    write_signs(out, latent, 1.0)
    assert torch.equal(out, sign(latent).to(dtype))
    for scale in (0.1, torch.tensor(0.7007)):  # no numbers of bfloat16
        write_signs(out, latent, scale)
        assert torch.equal(out, torch.as_tensor(scale).to(dtype) * sign(latent).to(dtype))


def test_out_may_be_a_view_that_is_not_contiguous(generator: torch.Generator) -> None:
    out, latent = torch.zeros(4, 6).t(), torch.randn(6, 4, generator=generator)
    write_signs(out, latent, 1.0)
    assert torch.equal(out, sign(latent))


def test_scales_spread_over_their_rows(generator: torch.Generator) -> None:
    latent = torch.randn(3, 2, 2, generator=generator)
    rows = code_scale(latent, "row")
    assert isinstance(rows, torch.Tensor)
    torch.testing.assert_close(rows, latent.abs().mean(dim=(1, 2), keepdim=True))
    torch.testing.assert_close(code_scale(latent, "tensor"), latent.abs().mean())
    torch.testing.assert_close(code_scale(latent[0, 0], "row"), latent[0, 0].abs().mean())
    assert code_scale(latent, 2.5) == 2.5
    out = torch.empty_like(latent)
    write_signs(out, latent, rows)
    torch.testing.assert_close(out, rows * sign(latent))


@pytest.mark.parametrize("shape", [(7,), (3, 4), (3, 2, 2), (), (0, 4), (2, 0), (600, 1000)])
@pytest.mark.parametrize("scale", ["row", "tensor"])
def test_scratch_memory_changes_no_scale(shape: tuple[int, ...], scale: str, generator: torch.Generator) -> None:
    latent = torch.randn(shape, generator=generator)
    torch.testing.assert_close(code_scale(latent, scale, scratch=torch.empty(shape)), code_scale(latent, scale))


def test_no_other_scale_is_nearer(generator: torch.Generator) -> None:
    latent = torch.randn(40, generator=generator)
    scale = float(code_scale(latent, "tensor"))

    def error(s: float) -> float:
        return float((latent - s * sign(latent)).square().sum())

    assert all(error(scale) < error(scale + offset) for offset in (-0.1, -0.01, 0.01, 0.1))


def test_the_scale_of_nothing_is_zero() -> None:
    assert float(code_scale(torch.empty(0, 4), "tensor")) == 0
    rows = code_scale(torch.empty(2, 0), "row")
    assert isinstance(rows, torch.Tensor)
    assert rows.tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (0.0, "scale must be a finite number above 0, got 0.0"),
        (float("nan"), "scale must be a finite number above 0, got nan"),
        ("column", "scale must be one of row, tensor, got 'column'"),
    ],
)
def test_scales_out_of_range_are_refused(scale: float | str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_scale(scale)
