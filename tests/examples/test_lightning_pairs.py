"""Two optimizers under Lightning: both step, both are saved, and a resumed run is the run that was not stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

pytest.importorskip("lightning", reason="pip install 'ucch[dev]'")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")


def test_a_resumed_run_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    from examples.lightning_pairs import fit

    generator = torch.Generator().manual_seed(0)
    image, text = (torch.randn(40, width, generator=generator) for width in (6, 5))
    (tmp_path / "through").mkdir()
    half = fit(image, text, tmp_path, epochs=1, batch_size=16)
    through = fit(image, text, tmp_path / "through", epochs=2, batch_size=16)
    resumed = fit(image, text, tmp_path, epochs=2, batch_size=16, resume=tmp_path / "last.ckpt")
    for name, value in through.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
        assert not torch.equal(half.state_dict()[name], value), name
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    adam, binary = saved["optimizer_states"]
    assert len(adam["state"]) == 8
    assert {name: int(value) for name, value in binary["state"][0].items() if name != "flips"} == {
        "step": 6,
        "rows": 80,
        "nonfinite": 0,
    }
    assert binary["state"][0]["flips"].dtype == torch.int64


def test_the_score_is_a_share(tmp_path: Path) -> None:
    from examples.lightning_pairs import HashingPairs, score
    from ucch.data import load_digits_pairs

    digits = load_digits_pairs()
    model = HashingPairs(len(digits.train), digits.train.image.shape[1], digits.train.text.shape[1])
    assert 0.05 < score(model, digits.train, digits.query) < 0.5
