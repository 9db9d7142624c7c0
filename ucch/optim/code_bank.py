"""The code table: one latent row per training pair, whose signs are the codes."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn

from .._checks import index_rows, one_of, positive_int, two_dimensional
from ..codes import sign
from .keys import Keys, mean_view

__all__ = ["CodeBank"]

NEGATIVES = ("per_anchor", "shared")
INITS = ("unbiased", "published")


class CodeBank(nn.Module):
    """Hold the N x D latent values whose signs are the binary codes of the training pairs.

    The table is a parameter that no loss reaches: its keys are constants. :meth:`observe` deposits on the rows of a
    batch the gradient of ``|v - mean of the views|^2 / 2``, sparse, and an optimizer of the table, such as
    :class:`~ucch.optim.MomentumBinary`, turns it into new rows. Keep the bank outside a module wrapped for
    data-parallel training.

    Args:
        n_codes: N, the training pairs.
        n_bits: D, the bits of a code.
        init: ``"unbiased"`` (default) draws fair signs; ``"published"`` draws them as the published code does, from
            N(-s, 4 s^2), of which 69 % are negative. Rows have unit length either way.
        generator: source of the initial table; the global one by default.
        dtype: of the table; ``torch.float32`` by default.
        device: of the table.

    Shape:
        - ``latent``: (N, D); memory 4 N D bytes in float32.

    Raises:
        TypeError, ValueError: a size is not an int of at least 1, ``init`` is unknown.

    Note:
        The initial table matters for rows that warm-up does not reach; the paper does not specify it.

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
        positive_int("n_codes", n_codes)
        positive_int("n_bits", n_bits)
        one_of("init", init, INITS)
        noise = torch.randn(n_codes, n_bits, generator=generator, device=generator.device if generator else device)
        if init == "published":
            noise = 2.0 * noise - 1.0
        self.latent = nn.Parameter((sign(noise) / sqrt(n_bits)).to(device=device, dtype=dtype))

    @property
    def n_codes(self) -> int:
        """N, the rows of the table."""
        return self.latent.shape[0]

    @property
    def n_bits(self) -> int:
        """D, the bits of a code."""
        return self.latent.shape[1]

    def codes(self, index: Tensor | None = None) -> Tensor:
        """Signs of the rows ``index`` (all by default): (B, D) of +-1, no gradient."""
        return sign(self.latent if index is None else self.latent.detach()[index])

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
            index: (B,) int64 table rows of the batch.
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
        index_rows("index", index, self.n_codes)
        positive_int("n_negatives", n_negatives)
        one_of("negatives", negatives, NEGATIVES)
        if negatives == "per_anchor":
            drawn = self._draw((len(index), n_negatives), generator)
            keys = Keys(self._rows(index, binarize), self._rows(None, binarize), self._norm(binarize), drawn)
            own = drawn == index[:, None]  # (B, K)
        else:
            shared = self._all_rows() if n_negatives >= self.n_codes else self._draw((n_negatives,), generator)
            keys = Keys(self._rows(index, binarize), self._rows(shared, binarize), self._norm(binarize))
            own = shared[None, :] == index[:, None]  # (B, K)
        return keys.excluding(own) if mask_own else keys

    @torch.no_grad()
    def observe(self, index: Tensor, *views: Tensor) -> None:
        """Deposit the outputs of a batch as a sparse gradient on its table rows.

        Row i receives ``v_i - mean of its views``. Several calls before one step add up as separate observations;
        a row observed more than once moves towards the mean of what was observed.

        Args:
            index: (B,) int64 table rows.
            views: one, two or more (B, D) outputs of those pairs; detached here.

        Raises:
            TypeError, ValueError: ``index`` or the views have the wrong kind or shape.
        """
        index_rows("index", index, self.n_codes)
        target = two_dimensional("views", mean_view(*views), self.n_bits)
        if len(target) != len(index):
            raise ValueError(
                f"views must have one row per entry of index, got {len(target)} rows and {len(index)} entries"
            )
        rows, offset = index, (self.latent[index] - target).to(self.latent.dtype)
        if self.latent.grad is not None:
            rows = torch.cat([self.latent.grad._indices()[0], rows])
            offset = torch.cat([self.latent.grad._values(), offset])
        self.latent.grad = torch.sparse_coo_tensor(rows[None], offset, self.latent.shape, check_invariants=False)

    def _rows(self, index: Tensor | None, binarize: bool) -> Tensor:
        rows = self.latent.detach() if index is None else self.latent.detach()[index]
        return sign(rows) if binarize else nn.functional.normalize(rows, dim=1)

    def _norm(self, binarize: bool) -> float:
        return sqrt(self.n_bits) if binarize else 1.0

    def _all_rows(self) -> Tensor:
        return torch.arange(self.n_codes, device=self.latent.device)

    def _draw(self, size: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
        device = self.latent.device if generator is None else generator.device
        return torch.randint(self.n_codes, size, generator=generator, device=device).to(self.latent.device)

    def extra_repr(self) -> str:
        return f"n_codes={self.n_codes}, n_bits={self.n_bits}"
