"""A code table in a file: created, stepped, flushed, opened again."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import torch

from ucch.optim import CodeBank, MomentumBinary


def step(bank: CodeBank, binary: MomentumBinary, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(bank.n_codes, (3,), generator=generator)
    bank.observe(index, torch.randn(3, bank.n_bits, generator=generator))
    binary.step()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8])
def test_a_table_in_a_file_goes_on_where_it_stopped(dtype: torch.dtype, tmp_path: Path) -> None:
    inside = CodeBank(9, 8, dtype=dtype, generator=torch.Generator().manual_seed(0))
    path = tmp_path / "codes"
    mapped = CodeBank.create_file(path, 9, 8, dtype=dtype, generator=torch.Generator().manual_seed(0))
    assert torch.equal(mapped.latent, inside.latent)
    theirs = MomentumBinary(inside.parameters())
    first = MomentumBinary(mapped.parameters())
    for seed in range(4):
        step(inside, theirs, seed)
    for seed in range(2):
        step(mapped, first, seed)
    mapped.flush()
    state = first.state_dict()
    again = CodeBank.from_file(path, n_codes=9, n_bits=8)
    second = MomentumBinary(again.parameters())
    second.load_state_dict(state)
    for seed in range(2, 4):
        step(again, second, seed)
    assert torch.equal(again.latent, inside.latent)
    assert int(second.state[again.latent]["step"]) == 4


def test_save_writes_a_table_that_opens(tmp_path: Path) -> None:
    bank = CodeBank(7, 5, dtype=torch.bfloat16)
    bank.save(tmp_path / "codes")
    assert torch.equal(CodeBank.from_file(tmp_path / "codes").latent, bank.latent)
    with pytest.raises(FileExistsError, match="is not overwritten"):
        bank.save(tmp_path / "codes")
    with pytest.raises(FileExistsError, match="is not overwritten"):
        CodeBank.create_file(tmp_path / "codes", 7, 5)


def test_sizes_are_compared_with_those_expected(tmp_path: Path) -> None:
    CodeBank(7, 5).save(tmp_path / "codes")
    with pytest.raises(ValueError, match="codes must hold a table of n_codes=8, got n_codes=7"):
        CodeBank.from_file(tmp_path / "codes", n_codes=8)
    with pytest.raises(ValueError, match="codes must hold a table of n_bits=4, got n_bits=5"):
        CodeBank.from_file(tmp_path / "codes", n_codes=7, n_bits=4)


def test_a_bad_size_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="n_codes must be an int of at least 1"):
        CodeBank.create_file(tmp_path / "codes", 0, 5)
    assert list(tmp_path.iterdir()) == []


def test_the_state_is_the_table_itself_and_loading_goes_to_the_file(tmp_path: Path) -> None:
    bank = CodeBank.create_file(tmp_path / "codes", 6, 4)
    assert bank.state_dict()["latent"].data_ptr() == bank.latent.data_ptr()
    other = CodeBank(6, 4)
    bank.load_state_dict(other.state_dict())
    bank.flush()
    assert torch.equal(CodeBank.from_file(tmp_path / "codes").latent, other.latent)


def test_copies_are_in_memory(tmp_path: Path) -> None:
    bank = CodeBank.create_file(tmp_path / "codes", 6, 4)
    before = bank.latent.detach().clone()
    copies = [copy.deepcopy(bank), pickle.loads(pickle.dumps(bank))]
    with torch.no_grad():
        bank.latent.zero_()
    for twin in copies:
        assert torch.equal(twin.latent, before)
        with pytest.raises(RuntimeError, match=r"flush needs a table that is in a file .* write it with save\(path\)"):
            twin.flush()


def test_a_table_that_left_its_file_is_not_flushed(tmp_path: Path) -> None:
    bank = CodeBank.create_file(tmp_path / "codes", 6, 4).double()
    with pytest.raises(RuntimeError, match="this one is in memory"):
        bank.flush()
    with pytest.raises(RuntimeError, match="this one is in memory"):
        CodeBank(6, 4).flush()
