"""The code table: one latent row per training pair, whose signs are the codes."""

from __future__ import annotations

from math import sqrt
from mmap import mmap
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .._checks import one_of, positive_int, two_dimensional
from .._row_checks import index_rows
from ..codes import sign
from ..without_waiting import sent
from .deposits import WaitingTable, deposit
from .drawn_rows import draw_rows, shared_rows
from .keys import Keys, observed_target
from .table_file import map_table, write_table
from .table_rows import check_table, code_rows, decode_rows, initial_rows, piece_sizes, row_pieces

__all__ = ["CodeBank"]

NEGATIVES = ("per_anchor", "shared")


class CodeBank(WaitingTable):
    """Hold the N x D latent values whose signs are the binary codes of the training pairs.

    The table is a parameter that no loss reaches: its keys are constants. :meth:`observe` deposits for the rows of a
    batch the gradient of ``|v - mean of the views|^2 / 2``, beside the table and not in its ``.grad``, and an optimizer
    of the table, such as :class:`~ucch.optim.MomentumBinary`, turns it into new rows. A copy or pickle of the bank
    waits with the same deposit. Keep the bank outside a module wrapped for data-parallel training.

    Nothing done for a batch costs more for a longer table, save ``per_anchor`` keys. A table larger than memory lives
    in a file: :meth:`create_file` and :meth:`from_file` map one, :meth:`flush` puts its changes on disk.

    Args:
        n_codes: N, the training pairs.
        n_bits: D, the bits of a code.
        init: ``"unbiased"`` (default) draws fair signs; ``"published"`` draws them as the published code does, from
            N(-s, 4 s^2), of which 69 % are negative. Rows have unit length either way.
        generator: source of the initial table; the global one by default.
        dtype: of the table, ``torch.float32`` by default. ``torch.bfloat16`` and ``torch.int8`` take 1/2 and 1/4 of
            the memory; updates are computed in float32 and rounded once, to nearest. int8 holds steps of 1/32 of
            ``1/sqrt(D)``, and rounding flips no bit; a change below half a step is lost, which above a momentum of
            about .9 stops the table.
        device: of the table.

    Shape:
        - ``latent``: (N, D) as stored; :meth:`values` decodes int8. Memory ``N D`` times 4 bytes in float32, 2 in
          bfloat16, 1 in int8; while it is created at most 64 MiB more.

    Raises:
        TypeError, ValueError: a size is not an int of at least 1, ``init`` or ``dtype`` is not one of the above.

    Note:
        The initial table matters for rows that warm-up does not reach; the paper does not specify it. ``state_dict``
        holds the table itself, not a copy; of a table in a file, the file is the saved state. A copy or pickle of
        such a bank, and one moved to another device or dtype, is in memory and no longer has a file.

    Reference:
        Hu et al., "Unsupervised Contrastive Cross-Modal Hashing", IEEE TPAMI 45(3), 2023, section 3.2.

    Example:
        >>> bank = CodeBank(n_codes=100, n_bits=16)
        >>> bank.keys(torch.tensor([3, 7]), n_negatives=32).negatives.shape
        torch.Size([32, 16])
    """

    def __init__(
        self,
        n_codes: int,
        n_bits: int,
        *,
        init: str = "unbiased",
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        check_table(n_codes, n_bits, init, dtype)
        latent = torch.empty(n_codes, n_bits, dtype=dtype, device=device)
        for rows in row_pieces(latent):
            rows.copy_(initial_rows(len(rows), n_bits, init=init, generator=generator, dtype=dtype, device=rows.device))
        self._adopt(latent, None)

    @classmethod
    def create_file(
        cls,
        path: str | Path,
        n_codes: int,
        n_bits: int,
        *,
        init: str = "unbiased",
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> CodeBank:
        """Create a table in a new file and map it; for tables larger than memory.

        The file is a safetensors file of one matrix, ``latent``; its ``N D`` numbers are written once, in memory of
        64 MiB. Only the rows in use are then in memory, as far as the system finds room.

        Raises:
            FileExistsError: ``path`` exists; nothing is overwritten.
            OSError: the file cannot be written, or the disk is full; nothing is left behind.
            TypeError, ValueError: as for the class.
        """
        check_table(n_codes, n_bits, init, dtype)
        sizes = piece_sizes(n_codes, n_bits)
        pieces = (initial_rows(size, n_bits, init=init, generator=generator, dtype=dtype) for size in sizes)
        write_table(Path(path), (n_codes, n_bits), dtype, pieces)
        return cls.from_file(path)

    @classmethod
    def from_file(cls, path: str | Path, *, n_codes: int | None = None, n_bits: int | None = None) -> CodeBank:
        """Map the table of a file: every step changes the file, which is as safe as the last :meth:`flush`.

        Args:
            path: of :meth:`create_file` or :meth:`save`.
            n_codes, n_bits: refuse a table of another size; None takes any.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not a code table, was cut short, or has another size.
        """
        latent, mapping = map_table(Path(path))
        for name, expected, found in (("n_codes", n_codes, len(latent)), ("n_bits", n_bits, latent.shape[1])):
            if expected is not None and expected != found:
                raise ValueError(f"{path} must hold a table of {name}={expected}, got {name}={found}")
        bank = cls.__new__(cls)
        nn.Module.__init__(bank)
        bank._adopt(latent, mapping)
        return bank

    def save(self, path: str | Path) -> None:
        """Write the table to a new file that :meth:`from_file` maps, without a second table in memory.

        Raises:
            FileExistsError: ``path`` exists; nothing is overwritten.
            OSError: the file cannot be written, or the disk is full; nothing is left behind.
        """
        latent = self.latent.detach()
        write_table(Path(path), (self.n_codes, self.n_bits), latent.dtype, row_pieces(latent))

    def flush(self) -> None:
        """Put the changes of a table in a file on disk; returns when they are there.

        Raises:
            RuntimeError: the table is not in a file, or left it for another device or dtype.
        """
        if self._mapping is None or self.latent.data_ptr() != self._file_pointer:
            raise RuntimeError(
                "flush needs a table that is in a file (CodeBank.create_file, CodeBank.from_file), and this one is in"
                " memory; write it with save(path)"
            )
        self._mapping.flush()

    def _adopt(self, latent: Tensor, mapping: mmap | None) -> None:
        self.latent = nn.Parameter(latent, requires_grad=latent.is_floating_point())
        self._mapping, self._file_pointer = mapping, latent.data_ptr()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_mapping": None}

    @property
    def n_codes(self) -> int:
        """N, the rows of the table."""
        return self.latent.shape[0]

    @property
    def n_bits(self) -> int:
        """D, the bits of a code."""
        return self.latent.shape[1]

    def codes(self, index: Tensor | None = None) -> Tensor:
        """Signs of the rows ``index`` (all by default): (B, D) of +-1 in the dtype of the table, no gradient."""
        return sign(self.latent if index is None else self.latent.detach().index_select(0, index))

    def values(self, index: Tensor | None = None) -> Tensor:
        """Latent values of the rows ``index`` (all by default): (B, D) in float32 or wider, no gradient."""
        return decode_rows(self.latent.detach() if index is None else self.latent.detach()[index])

    def keys(
        self,
        index: Tensor,
        *,
        n_negatives: int = 4096,
        negatives: str = "shared",
        mask_own: bool = True,
        binarize: bool = True,
        generator: torch.Generator | None = None,
    ) -> Keys:
        """Draw the keys of a batch: its own rows as positives, rows drawn uniformly as negatives.

        Args:
            index: (B,) int64 table rows of the batch, on any device; the keys are on the table's.
            n_negatives: K, 4096 as published. ``"shared"`` takes the whole table, undrawn, where K >= N.
            negatives: ``"shared"`` (default) draws one set for the batch; ``"per_anchor"`` one for every pair, as
                published. Both draw with replacement.
            mask_own: leave a pair's own row out of its negatives (default). The published code does not: at
                N = 18,015 and K = 4,096 one row in five then has itself among its negatives.
            binarize: use signs (default), or the unit latent rows themselves, the paper's contrastive learning
                without hashing.
            generator: source of the draw; the global one by default.

        Returns:
            :class:`~ucch.optim.Keys`, constants. O(K D + B K) work and memory with ``"shared"``;
            ``"per_anchor"`` signs the table, O(N D), for the product of
            :func:`~ucch.optim.keys.drawn_similarities`.

        Raises:
            TypeError, ValueError: ``index`` is not a vector of int64 row numbers, a size or word is not allowed.
        """
        index = sent(index_rows("index", index, self.n_codes), self.latent.device)
        positive_int("n_negatives", n_negatives)
        one_of("negatives", negatives, NEGATIVES)
        if negatives == "per_anchor":
            drawn = draw_rows(self.n_codes, (len(index), n_negatives), generator=generator, device=self.latent.device)
            negative_rows = self._rows(None, binarize)
            keys = Keys(self._rows(index, binarize), negative_rows, self._norm(binarize), drawn, rows=self._all_rows())
            own = drawn == index[:, None]  # (B, K)
        else:
            shared = shared_rows(self.n_codes, n_negatives, generator=generator, device=self.latent.device)
            keys = Keys(self._rows(index, binarize), self._rows(shared, binarize), self._norm(binarize), rows=shared)
            own = shared[None, :] == index[:, None]  # (B, K)
        return keys.excluding(own) if mask_own else keys

    @torch.no_grad()
    def observe(self, index: Tensor, *views: Tensor) -> None:
        """Deposit the outputs of a batch for its table rows; the table's optimizer moves them at its next step.

        Row i receives ``v_i - mean of its views``, in float32 whatever the table's dtype. Several calls before one step
        are separate observations; a row observed more than once moves towards the mean of what was observed. An
        observation that is no finite number is left out by the step, which says so.

        Args:
            index: (B,) int64 table rows.
            views: one, two or more (B, D) outputs of those pairs; detached here. Both on any device.

        Raises:
            TypeError, ValueError: ``index`` or the views have the wrong kind or shape.
        """
        target = observed_target(index, *views, n_codes=self.n_codes, n_bits=self.n_bits).to(self.latent.device)
        index = sent(index, self.latent.device)
        deposit(self.latent, index, self.values(index) - target)

    @torch.no_grad()
    def extend(self, codes: Tensor) -> slice:
        """Add rows at the end, which begin at these codes; the rows that are there stay bit for bit.

        The table stays the parameter it is, so its optimizer goes on with it. O((N + R) D): the table is copied once.

        Args:
            codes: (R, D) finite numbers whose signs are the codes.

        Returns:
            The new rows, ``slice(N, N + R)``.

        Raises:
            ValueError: ``codes`` have another width or are no finite numbers.
            RuntimeError: the table is in a file, which has the length it was made with.

        Example:
            >>> bank = CodeBank(n_codes=3, n_bits=4)
            >>> bank.extend(torch.tensor([[1.0, -1.0, 1.0, 1.0]]))
            slice(3, 4, None)
            >>> bank.codes()[3]
            tensor([ 1., -1.,  1.,  1.])
        """
        two_dimensional("codes", codes, self.n_bits)
        if not bool(codes.isfinite().all()):
            raise ValueError("codes must be finite numbers, of which signs count, got others; leave those rows out")
        if self._mapping is not None:
            raise RuntimeError(
                "extend needs a table in memory, got one in a file, whose length is fixed; make a new file with"
                " create_file and copy the rows"
            )
        first, latent = self.n_codes, self.latent
        latent.data = torch.cat([latent.data, code_rows(codes, latent.dtype).to(latent.device)])
        return slice(first, self.n_codes)

    def _rows(self, index: Tensor | None, binarize: bool) -> Tensor:
        return self.codes(index) if binarize else nn.functional.normalize(self.values(index), dim=1)

    def _norm(self, binarize: bool) -> float:
        return sqrt(self.n_bits) if binarize else 1.0

    def _all_rows(self) -> Tensor:
        return torch.arange(self.n_codes, device=self.latent.device)

    def extra_repr(self) -> str:
        dtype = "" if self.latent.dtype == torch.float32 else f", dtype={self.latent.dtype}"
        return f"n_codes={self.n_codes}, n_bits={self.n_bits}{dtype}"
