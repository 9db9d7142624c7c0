"""Train with Lightning and two optimizers: Adam for the towers, ``MomentumBinary`` for the code table.

Two optimizers that step together are Lightning's manual optimization: ``training_step`` calls them itself. The bank is
a submodule, so a checkpoint holds the table, and Lightning saves the state of both optimizers; ``ckpt_path`` goes on
from there. A resumed run is the run that was not stopped, bit for bit, because whatever is drawn depends on the epoch
or the step alone: the order of the pairs comes from a sampler with ``set_epoch``, which Lightning calls, and the
negatives from a generator seeded by ``global_step`` (which counts both optimizers, two a batch).

    pip install 'lightning>=2.6'
    python examples/lightning_pairs.py

prints, for left and right halves of digits (labels serve the evaluation only; MAP@ALL expected under ties, mean of both
directions; chance is .104)

    MAP at 64 bits, stopped half way and resumed: 0.769
    MAP at 64 bits, never stopped:                0.769
    tables equal: True
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from ucch.binarize import TanhQuery
from ucch.codes import pack, sign
from ucch.data import Pairs, load_digits_pairs
from ucch.losses import ContrastiveHashingLoss, CrossModalRankingLoss
from ucch.metrics import distance_histograms, mean_average_precision
from ucch.optim import CodeBank, MomentumBinary


class HashingPairs(lightning.LightningModule):
    """Two towers, a code per training pair, and the two optimizers that move them."""

    def __init__(self, n_pairs: int, n_image: int, n_text: int, n_bits: int = 64, n_negatives: int = 512) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.image_tower, self.text_tower = (
            nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, n_bits)) for width in (n_image, n_text)
        )
        self.query = TanhQuery()
        self.bank = CodeBank(n_codes=n_pairs, n_bits=n_bits)
        self.n_negatives = n_negatives
        self.contrastive, self.ranking = ContrastiveHashingLoss(), CrossModalRankingLoss()

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        towers = [*self.image_tower.parameters(), *self.text_tower.parameters()]
        return [torch.optim.Adam(towers, lr=1e-3), MomentumBinary(self.bank.parameters())]

    def training_step(self, batch: list[Tensor], batch_number: int) -> None:
        index, image, text = batch
        adam, binary = self.optimizers()  # type: ignore[attr-defined]
        h_image, h_text = self.query(self.image_tower(image)), self.query(self.text_tower(text))
        generator = torch.Generator().manual_seed(self.global_step)
        keys = self.bank.keys(index, n_negatives=self.n_negatives, generator=generator)
        loss = 0.7 * self.contrastive(h_image, h_text, keys) + 0.3 * self.ranking(h_image, h_text)
        adam.zero_grad()
        self.manual_backward(loss)
        adam.step()
        self.bank.observe(index, h_image, h_text)
        binary.step()


class ShuffledByEpoch(Sampler[int]):
    """An order of the pairs that depends on the epoch alone; Lightning calls ``set_epoch``."""

    def __init__(self, n_pairs: int) -> None:
        self.n_pairs, self.epoch = n_pairs, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.n_pairs

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.epoch)
        yield from torch.randperm(self.n_pairs, generator=generator).tolist()


def fit(
    image: Tensor, text: Tensor, folder: Path, *, epochs: int, resume: Path | None = None, batch_size: int = 256
) -> HashingPairs:
    """Train up to ``epochs``, from the start or from a checkpoint, and leave ``last.ckpt`` in a folder."""
    lightning.seed_everything(0, verbose=False)
    pairs = TensorDataset(torch.arange(len(image)), image, text)
    loader = DataLoader(pairs, batch_size=batch_size, sampler=ShuffledByEpoch(len(image)))
    model = HashingPairs(len(image), image.shape[1], text.shape[1])
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, loader, ckpt_path=resume, weights_only=True)
    trainer.save_checkpoint(folder / "last.ckpt")
    return model


def scaled(pairs: Pairs, like: Pairs) -> tuple[Tensor, Tensor]:
    """Image and text rows, centred on those of ``like`` and divided by one scale each."""
    image, text = (
        torch.from_numpy((own - other.mean(axis=0)) / other.std()).float()
        for own, other in ((pairs.image, like.image), (pairs.text, like.text))
    )
    return image, text


@torch.no_grad()
def score(model: HashingPairs, train: Pairs, query: Pairs) -> float:
    """MAP@ALL, mean of image to text and text to image."""
    assert query.label is not None
    assert train.label is not None
    towers = (model.image_tower, model.text_tower)
    database, queries = (
        [pack(sign(tower(values))) for tower, values in zip(towers, scaled(pairs, train), strict=True)]
        for pairs in (train, query)
    )
    ways = ((queries[0], database[1]), (queries[1], database[0]))
    found = [distance_histograms(ask, answer, query.label, train.label, model.bank.n_bits) for ask, answer in ways]
    return sum(mean_average_precision(histograms) for histograms in found) / 2


def main() -> None:
    """Train, stop, resume, and compare with a run that was not stopped."""
    parser = argparse.ArgumentParser(description="Two optimizers under Lightning.")
    parser.add_argument("--epochs", type=int, default=40)
    epochs = parser.parse_args().epochs
    torch.set_num_threads(1)
    digits = load_digits_pairs()
    image, text = scaled(digits.train, digits.train)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fit(image, text, folder, epochs=epochs // 2)
        resumed = fit(image, text, folder, epochs=epochs, resume=folder / "last.ckpt")
        through = fit(image, text, folder, epochs=epochs)
    print(f"MAP at 64 bits, stopped half way and resumed: {score(resumed, digits.train, digits.query):.3f}")
    print(f"MAP at 64 bits, never stopped:                {score(through, digits.train, digits.query):.3f}")
    print(f"tables equal: {torch.equal(resumed.bank.latent, through.bank.latent)}")


if __name__ == "__main__":
    main()
