"""One map for two views of one space."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ucch.baselines import StackedItq, own_pair_share, share_space
from ucch.codes import hamming_distance


def views(n: int = 300, d: int = 12, noise: float = 0.3, gap: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    items = rng.normal(size=(n, d)) * np.linspace(2, 0.3, d)
    x, y = (items + noise * rng.normal(size=(n, d)) for _ in range(2))
    return x, y + gap * rng.normal(size=d)


def test_both_views_have_one_map_and_each_its_own_mean() -> None:
    x, y = views(gap=5.0)
    model = StackedItq(8, image_scaling="none", text_scaling="none").fit(x, y).model
    torch.testing.assert_close(model.image_tower.last.weight, model.text_tower.last.weight, rtol=0, atol=0)
    for outputs, rows in ((model.image_outputs, x), (model.text_outputs, y)):
        torch.testing.assert_close(outputs(torch.from_numpy(rows)).mean(dim=0), torch.zeros(8), rtol=0, atol=1e-5)
    weight = model.image_tower.last.weight.double()
    torch.testing.assert_close(weight @ weight.T, torch.eye(8).double(), rtol=0, atol=1e-5)  # rotated, not stretched


def test_an_offset_between_the_views_changes_nothing_unless_the_mean_is_shared() -> None:
    plain, offset = views(), views(gap=5.0)
    own = [StackedItq(8).fit(*sides) for sides in (plain, offset)]
    np.testing.assert_array_equal(own[0].encode_text(plain[1]), own[1].encode_text(offset[1]))
    one = StackedItq(8, own_means=False, image_scaling="none", text_scaling="none").fit(*offset)

    def apart(fitted: StackedItq) -> float:
        return float(hamming_distance(fitted.encode_image(offset[0]), fitted.encode_text(offset[1])).diagonal().mean())

    assert apart(one) > apart(own[1]) + 1


def test_more_bits_than_dimensions_are_filled_by_the_rotation() -> None:
    x, y = views(d=5)
    codes = StackedItq(16).fit(x, y).encode_image(x)
    assert codes.shape == (300, 2)
    assert (np.unpackbits(codes, axis=1).std(axis=0) > 0).all()


def test_views_of_two_widths_are_refused() -> None:
    x, y = views()
    with pytest.raises(ValueError, match="must be equally wide, got 12 and 11 columns; use Itq or CcaItq"):
        StackedItq(8).fit(x, y[:, :11])


def test_the_share_equals_a_loop_and_half_is_chance() -> None:
    x, y = views(n=15)
    a, b = (rows - rows.mean(axis=0) for rows in (x, y))
    cosine = (a / np.linalg.norm(a, axis=1)[:, None]) @ (b / np.linalg.norm(b, axis=1)[:, None]).T
    wins = [cosine[i, i] > cosine[i, j] for i in range(15) for j in range(15) if i != j]
    assert own_pair_share(x, y) == pytest.approx(np.mean(wins))
    assert own_pair_share(np.ones((4, 3)), np.ones((4, 3))) == 0.5


def test_a_space_is_shared_until_one_side_is_turned() -> None:
    x, y = views(n=2500, gap=3.0)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))[0]
    assert share_space(x, y)
    assert not share_space(x, y @ turn)
    assert not share_space(x, y[:, :11])
    assert not share_space(x[:1], y[:1])
