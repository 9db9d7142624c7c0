"""A code table cut by rows over several processes: each holds its share, keys travel as packed bits."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn

from .._checks import one_of, positive_int
from .._row_checks import index_rows
from ..code_tensors import pack_tensor, unpack_tensor
from ..codes import sign
from ..collectives import World
from .deposits import WaitingTable, deposit
from .drawn_rows import shared_rows
from .keys import Keys, observed_target
from .table_rows import check_table, decode_rows, initial_rows, piece_sizes

__all__ = ["ShardedCodeBank"]


class ShardedCodeBank(WaitingTable):
    """Hold N/W of the N rows of a :class:`CodeBank` in each of W processes.

    The rows of a process are consecutive, in the order of ranks. It draws the same initial table and the same negatives
    as one :class:`CodeBank` with the generator of process 0 would; an optimizer of the table moves the shard as it
    moves a table. Keep the bank outside a module wrapped for data-parallel training.

    Args:
        n_codes: N, the training pairs of all processes.
        n_bits: D.
        world: the processes, such as ``World.current()``.
        init, dtype, device: as of :class:`CodeBank`.
        generator: as of :class:`CodeBank`; that of process 0 draws the table. Those that stand like it go on like it,
            others are left as they are.

    Shape:
        - ``latent``: (N/W, D), the rows ``own`` of the table.

    Raises:
        TypeError, ValueError: as :class:`CodeBank`, there are fewer rows than processes, or their numbers differ; in
            all processes.

    Note:
        Memory ``N D / W`` times 4 bytes in float32. Creating it draws all N D numbers in every process, in memory of
        8 MiB, so that the table does not depend on W.

    Example:
        >>> bank = ShardedCodeBank(n_codes=100, n_bits=16, world=World.current())
        >>> bank.keys(torch.tensor([3, 7]), n_negatives=32).negatives.shape
        torch.Size([32, 16])
    """

    def __init__(
        self,
        n_codes: int,
        n_bits: int,
        *,
        world: World,
        init: str = "unbiased",
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()

        def checked() -> list[int]:
            check_table(n_codes, n_bits, init, dtype)
            if n_codes < world.size:
                raise ValueError(f"n_codes must be at least one for each of {world.size} processes, got {n_codes}")
            return [n_codes, n_bits]

        if any(shape != [n_codes, n_bits] for shape in world.agree(checked)):
            raise ValueError(f"n_codes and n_bits must be the same in all processes, got {n_codes} and {n_bits} here")
        self.world = world
        self.n_codes, self.n_bits, self.own = n_codes, n_bits, self.world.share(n_codes)
        latent = torch.empty(self.own.stop - self.own.start, n_bits, dtype=dtype, device=device)
        own = torch.default_generator if generator is None else generator
        started = own.get_state()
        generator = torch.Generator(own.device).set_state(world.spread(started))  # as that of process 0 stands
        alike, first = torch.equal(generator.get_state(), started), 0
        for size in piece_sizes(n_codes, n_bits):
            rows = initial_rows(size, n_bits, init=init, generator=generator, dtype=dtype)
            start, stop = max(first, self.own.start), min(first + size, self.own.stop)
            if start < stop:
                latent[start - self.own.start : stop - self.own.start] = rows[start - first : stop - first]
            first += size
        if alike:
            own.set_state(generator.get_state())
        self.latent = nn.Parameter(latent, requires_grad=latent.is_floating_point())

    def codes(self, index: Tensor) -> Tensor:
        """Signs of any rows, fetched from their owners as packed bits; all processes ask for the same ``index``.

        Returns:
            (R, D) of +-1 in the dtype of the table. About ``R ceil(D/8)`` bytes reach each process.

        Raises:
            TypeError, ValueError: ``index`` of any process is no index of rows, or differs between them; in all.
        """

        def checked() -> list[int]:
            index_rows("index", index, self.n_codes)
            return []

        self.world.agree(checked)
        self.world.same("index", index)
        return self._fetched(index)

    def _fetched(self, index: Tensor) -> Tensor:
        owner = torch.bucketize(index, self._ends(index.device), right=True)  # (R,)
        mine = index[owner == self.world.rank] - self.own.start
        packed = pack_tensor(sign(self.latent[mine.to(self.latent.device)]))
        gathered = self.world.gather(packed, torch.bincount(owner, minlength=self.world.size).tolist())
        out = torch.empty_like(gathered)
        out[owner.argsort(stable=True).to(out.device)] = gathered  # from the order of owners to that of index
        return unpack_tensor(out, self.n_bits, self.latent.dtype)

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
        """Draw the keys of a batch that the processes share, as :meth:`CodeBank.keys` does; collective.

        Args:
            index: (b,) int64 table rows of this process's part of the batch.
            n_negatives: K; one set for all processes.
            negatives: ``"shared"``, nothing else: ``"per_anchor"`` would have every process fetch most of the table.
            mask_own: leave a pair's own row out of its negatives.
            binarize: True, nothing else, since rows travel as bits.
            generator: source of the draw; that of process 0 is used, and the others' draw along, so that generators
                which stand alike go on alike.

        Returns:
            Keys of b positives and K negatives. About ``(B + K) (ceil(D/8) + 8)`` bytes reach each process, for a
            batch of B pairs in all.

        Raises:
            TypeError, ValueError: an argument of any process is not allowed, or ``n_negatives`` differs between them;
                in all of them, before anything else is sent.
        """

        def checked() -> list[int]:
            index_rows("index", index, self.n_codes)
            positive_int("n_negatives", n_negatives)
            one_of("negatives of a table cut by rows", negatives, ("shared",))
            if not binarize:
                raise ValueError("binarize must be True for a table cut by rows, which sends bits; use CodeBank")
            return [len(index), n_negatives]

        sizes, wanted = (list(numbers) for numbers in zip(*self.world.agree(checked), strict=True))
        if len(set(wanted)) > 1:
            raise ValueError(f"n_negatives must be the same in all processes, got {', '.join(map(str, wanted))}")
        everyone = self.world.gather(index, sizes)  # (B,)
        drawn = shared_rows(self.n_codes, n_negatives, generator=generator, device=index.device)
        drawn = self.world.spread(drawn)
        codes = self._fetched(torch.cat([everyone, drawn]))
        first = sum(sizes[: self.world.rank])
        keys = Keys(codes[first : first + len(index)], codes[len(everyone) :], sqrt(self.n_bits), rows=drawn)
        own = (drawn[None, :] == index[:, None]).to(codes.device)
        return keys.excluding(own) if mask_own else keys

    @torch.no_grad()
    def observe(self, index: Tensor, *views: Tensor) -> None:
        """Deposit the outputs of a batch on the rows of this process, as :meth:`CodeBank.observe` does.

        Args:
            index: (B,) int64 table rows of the whole batch, of all processes.
            views: one or more (B, D) outputs of those pairs, gathered (:meth:`World.gather`).

        Raises:
            TypeError, ValueError: ``index`` or the views have the wrong kind or shape.
        """
        target = observed_target(index, *views, n_codes=self.n_codes, n_bits=self.n_bits).to(self.latent.device)
        index = index.to(self.latent.device)
        mine = (index >= self.own.start) & (index < self.own.stop)
        rows = index[mine] - self.own.start
        deposit(self.latent, rows, decode_rows(self.latent.detach()[rows]) - target[mine])

    @torch.no_grad()
    def whole(self) -> Tensor:
        """The whole table, (N, D), in process 0; the others get their own rows. Collective."""
        return self.world.collect(self.latent.detach(), self.n_codes)

    def _ends(self, device: torch.device) -> Tensor:
        """One past the last row of every process."""
        return torch.tensor(self.world.sizes(self.n_codes), device=device).cumsum(0)

    def extra_repr(self) -> str:
        return f"n_codes={self.n_codes}, n_bits={self.n_bits}, rows {self.own.start} to {self.own.stop - 1} here"
