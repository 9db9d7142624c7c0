"""Code tables on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ucch.optim.table_file import map_table, write_table

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.int8]


def table_of(dtype: torch.dtype, n_codes: int = 5, n_bits: int = 3) -> Tensor:
    return (torch.arange(n_codes * n_bits) - 7).view(n_codes, n_bits).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_other_tools_read_what_is_written_and_the_reverse(dtype: torch.dtype, tmp_path: Path) -> None:
    table = table_of(dtype)
    write_table(tmp_path / "ours", (5, 3), dtype, [table[:2], table[2:]])
    assert torch.equal(load_file(tmp_path / "ours")["latent"], table)
    save_file({"latent": table}, tmp_path / "theirs")
    for name in ("ours", "theirs"):
        mapped, _ = map_table(tmp_path / name)
        assert mapped.dtype == dtype
        assert torch.equal(mapped, table)


def test_changes_go_to_the_file(tmp_path: Path) -> None:
    write_table(tmp_path / "t", (5, 3), torch.int8, [table_of(torch.int8)])
    mapped, mapping = map_table(tmp_path / "t")
    mapped[4] = 9
    mapping.flush()
    assert load_file(tmp_path / "t")["latent"][4].tolist() == [9, 9, 9]


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"t exists and is not overwritten; open it with CodeBank\.from_file"):
        write_table(path, (5, 3), torch.int8, [table_of(torch.int8)])
    assert path.read_text() == "mine"


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def pieces() -> Iterator[Tensor]:
        yield table_of(torch.int8)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_table(tmp_path / "t", (10, 3), torch.int8, pieces())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_another_length_is_refused(change: int, tmp_path: Path) -> None:
    path = tmp_path / "t"
    write_table(path, (5, 3), torch.float32, [table_of(torch.float32)])
    raw = path.read_bytes()
    path.write_bytes(raw[:change] if change < 0 else raw + b"x")
    message = rf"must be {len(raw)} bytes long for a table of 5 x 3 float32, got {len(raw) + change}"
    with pytest.raises(ValueError, match=message):
        map_table(path)


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickled", b"\x02" + b"\0" * 7 + b"{}", b"\xff" * 100])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(ValueError, match="must be a code table: a safetensors file with a matrix latent of F32"):
        map_table(tmp_path / "t")


def test_another_shape_or_dtype_is_refused(tmp_path: Path) -> None:
    save_file({"latent": torch.zeros(4)}, tmp_path / "vector")
    save_file({"latent": torch.zeros(4, 2, dtype=torch.int64)}, tmp_path / "int64")
    save_file({"other": torch.zeros(4, 2)}, tmp_path / "other")
    for name in ("vector", "int64", "other"):
        with pytest.raises(ValueError, match="must be a code table"):
            map_table(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        map_table(tmp_path / "nothing")
