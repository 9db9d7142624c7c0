"""lightly's SimCLR with a code table: its projection head and its loss as they are, and codes beside them.

The lines marked ``# ucch`` keep a code for each picture, ask both views to recognise the code of their picture among
those of others, and let codes follow the views; what goes into them is the projection. Beside it stands the same
network from the same seed without those lines. Both are thresholded at zero. MAP@ALL, expected under ties, of 360
held-out digits against those trained on; labels serve the evaluation only:

    pip install 'ucch[plugins]'
    python examples/binary_lightly_simclr.py

prints

    MAP at 32 bits, signs of the network alone:  0.785
    MAP at 32 bits, with the code table:         0.899
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from lightly.loss import NTXentLoss
from lightly.models.modules.heads import SimCLRProjectionHead
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from ucch.codes import PackedCodes, pack, sign
from ucch.losses import ContrastiveHashingLoss  # ucch
from ucch.metrics import distance_histograms, mean_average_precision
from ucch.optim import CodeBank, MomentumBinary  # ucch

N_BITS = 32


class SimCLR(nn.Module):
    """A small convolutional backbone with lightly's projection head."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.Flatten(),
        )  # fmt: skip
        self.projection_head = SimCLRProjectionHead(64 * 4 * 4, 128, N_BITS)

    def forward(self, x: Tensor) -> Tensor:
        z: Tensor = self.projection_head(self.backbone(x))
        return z


def augment(x: Tensor, generator: torch.Generator) -> Tensor:
    """Shift each picture by up to one pixel, scale its contrast and add noise."""
    n = len(x)
    rows, columns = (torch.randint(3, (n, 1), generator=generator) + torch.arange(8) for _ in range(2))
    shifted = F.pad(x, (1, 1, 1, 1))[torch.arange(n)[:, None, None], 0, rows[:, :, None], columns[:, None, :]]
    contrast = 0.6 + 0.8 * torch.rand(n, 1, 1, generator=generator)
    return (contrast * shifted + 0.1 * torch.randn(n, 8, 8, generator=generator))[:, None]


def train(x: Tensor, *, epochs: int, seed: int, binary: bool) -> SimCLR:
    """Train on pictures (N, 1, 8, 8); without ``binary`` the marked lines change nothing."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = SimCLR()
    criterion = NTXentLoss(temperature=0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    bank = CodeBank(len(x), N_BITS, generator=torch.Generator().manual_seed(seed))  # ucch
    table, hashing = MomentumBinary(bank.parameters()), ContrastiveHashingLoss()  # ucch
    for _ in range(epochs):
        for index in torch.split(torch.randperm(len(x), generator=generator), 128):
            z0, z1 = (model(augment(x[index], generator)) for _ in range(2))
            loss = criterion(z0, z1)
            if binary:  # ucch
                loss += 0.5 * hashing(F.normalize(z0, dim=1), F.normalize(z1, dim=1), bank.keys(index))  # ucch
                bank.observe(index, z0, z1)  # ucch
                table.step()  # ucch
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()


@torch.no_grad()
def encode(model: nn.Module, x: Tensor) -> PackedCodes:
    return pack(sign(model(x)))


def compare(*, epochs: int = 40, n_train: int = 1437, seed: int = 0) -> dict[str, float]:
    """Train with and without the marked lines and evaluate the codes of both."""
    found = load_digits()
    x = torch.from_numpy(found.images / 16).float()[:, None]
    database, queries = train_test_split(np.arange(len(x)), test_size=360, random_state=0)
    database = database[:n_train]
    results = {}
    for name, binary in (("signs of the network alone", False), ("with the code table", True)):
        model = train(x[database], epochs=epochs, seed=seed, binary=binary)
        asked, answered = encode(model, x[queries]), encode(model, x[database])
        histograms = distance_histograms(asked, answered, found.target[queries], found.target[database], N_BITS)
        results[name] = mean_average_precision(histograms)
    return results


def main() -> None:
    """Print both MAPs."""
    parser = argparse.ArgumentParser(description="lightly's SimCLR with a code table.")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name, value in compare(epochs=options.epochs, seed=options.seed).items():
        print(f"MAP at {N_BITS} bits, {name + ':':<28} {value:.3f}")


if __name__ == "__main__":
    main()
