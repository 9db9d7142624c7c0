"""The generator in both forms."""

from __future__ import annotations

import pytest
import torch

from ucch.teachers import MieGenerator
from ucch.teachers.mie import FORMS, bag_tokens


def generator(form: str, **options: object) -> MieGenerator:
    torch.manual_seed(0)
    return MieGenerator(6, 5, n_outputs=4, form=form, width=16, n_heads=2, **options)  # type: ignore[arg-type]


def test_product_form_by_hand() -> None:
    net = generator("product").eval()
    image, text = torch.randn(3, 6), torch.randn(3, 5)
    v = image @ net.image_projection.weight.T + net.image_projection.bias
    t = text @ net.text_projection.weight.T + net.text_projection.bias
    z = torch.cat([v * t, v, t], dim=1) @ net.head.weight.T + net.head.bias
    torch.testing.assert_close(net(image, text), z.tanh())


@pytest.mark.parametrize("form", FORMS)
def test_both_modalities_interact(form: str) -> None:
    """The effect of an image depends on its text: the mixed difference does not vanish."""
    net = generator(form).eval()
    a, b = torch.randn(2, 1, 6), torch.randn(2, 1, 5)
    logits = [[torch.atanh(net(a[i], b[j])) for j in range(2)] for i in range(2)]
    mixed = logits[0][0] - logits[0][1] - logits[1][0] + logits[1][1]
    assert mixed.abs().max().item() > 1e-3


@pytest.mark.parametrize("form", FORMS)
def test_views_differ_while_training_only(form: str) -> None:
    net = generator(form, token_dropout=0.4)
    image, text = torch.randn(8, 6), torch.rand(8, 5)
    assert not torch.equal(net.train()(image, text), net(image, text))
    assert torch.equal(net.eval()(image, text), net(image, text))


def test_bags_become_tokens() -> None:
    embedding = torch.arange(8.0).reshape(4, 2)
    tokens, padding = bag_tokens(torch.tensor([[0.0, 2.0, 0.0, 1.0], [0.0, 0.0, 3.0, 0.0]]), embedding, most=2)
    assert tokens[0].tolist() == [[4.0, 6.0], [6.0, 7.0]]
    assert tokens[1, 0].tolist() == [12.0, 15.0]
    assert padding.tolist() == [[False, False], [False, True]]


def test_padding_and_the_order_of_words_do_not_matter() -> None:
    net = generator("transformer", bag=True).eval()
    image, text = torch.randn(2, 6), torch.tensor([[0.0, 1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    rows = net(image, text)
    torch.testing.assert_close(net(image[:1], text[:1]), rows[:1])
    assert rows.isfinite().all()
    assert not torch.equal(rows[0], net(image[:1], text[1:])[0])


def test_errors() -> None:
    with pytest.raises(ValueError, match="form must be one of product, transformer, got 'sum'"):
        generator("sum")
    with pytest.raises(ValueError, match="width must be a multiple of n_heads, got 16 and 3"):
        MieGenerator(6, 5, form="transformer", width=16, n_heads=3)
    with pytest.raises(ValueError, match="token_dropout"):
        generator("product", token_dropout=1.0)
