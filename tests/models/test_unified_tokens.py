"""The unified encoder over tokens: padding never counts, order does not matter, one trunk for all."""

from __future__ import annotations

import pytest
import torch

from ucch.models import UnifiedTokenEncoder
from ucch.models.unified_tokens import label_tokens


@pytest.fixture
def encoder() -> UnifiedTokenEncoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return UnifiedTokenEncoder(6, 4, 5, 8, width=12, n_heads=2).eval()


def test_label_tokens_list_the_classes() -> None:
    label = torch.tensor([[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 0]])
    classes, padding = label_tokens(label)
    assert classes.tolist() == [[1, 3, 0], [0, 0, 0], [0, 1, 2]]
    assert padding.tolist() == [[False, False, True], [True] * 3, [False] * 3]


@pytest.mark.parametrize("kind", ["image", "text"])
def test_padding_never_counts(encoder: UnifiedTokenEncoder, kind: str, generator: torch.Generator) -> None:
    tokens = torch.randn(2, 5, 6 if kind == "image" else 4, generator=generator)
    padding = torch.tensor([[False, False, False, True, True], [False] * 5])
    encode = getattr(encoder, kind)
    padded = encode(tokens, padding)
    torch.testing.assert_close(padded[:1], encode(tokens[:1, :3]), atol=1e-5, rtol=0)
    tokens[0, 3:] = 100.0
    torch.testing.assert_close(encode(tokens, padding), padded, atol=1e-5, rtol=0)


def test_order_of_tokens_does_not_matter(encoder: UnifiedTokenEncoder, generator: torch.Generator) -> None:
    tokens = torch.randn(2, 5, 6, generator=generator)
    torch.testing.assert_close(encoder.image(tokens), encoder.image(tokens.flip(1)), atol=1e-5, rtol=0)


def test_labels_of_any_leading_shape_and_length(encoder: UnifiedTokenEncoder) -> None:
    label = torch.tensor([[[1, 0, 0, 0, 0], [1, 1, 1, 0, 0]], [[0, 0, 0, 1, 1], [0, 1, 0, 0, 0]]])
    together = encoder.label(label)
    assert together.shape == (2, 2, 8)
    torch.testing.assert_close(together[0, 0], encoder.label(label[0, 0][None])[0], atol=1e-5, rtol=0)


def test_one_trunk_and_head_learn_from_all_three(encoder: UnifiedTokenEncoder) -> None:
    for output in (encoder.image(torch.ones(1, 2, 6)), encoder.text(torch.ones(1, 2, 4)), encoder.label(torch.eye(5))):
        encoder.zero_grad()
        output.sum().backward()
        assert all(p.grad is not None for p in [*encoder.trunk.parameters(), *encoder.head.parameters()])


def test_refuses_what_does_not_fit(encoder: UnifiedTokenEncoder) -> None:
    with pytest.raises(ValueError, match="width must be a multiple of n_heads, got 10 and 4"):
        UnifiedTokenEncoder(6, 4, 5, 8, width=10)
    with pytest.raises(ValueError, match=r"dropout must lie in \[0.0, 1.0\), got 1.0"):
        UnifiedTokenEncoder(6, 4, 5, 8, dropout=1.0)
    with pytest.raises(TypeError, match="n_bits must be an int of at least 1, got 8.0"):
        UnifiedTokenEncoder(6, 4, 5, 8.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="every label must have a token, but row 1 has none"):
        encoder.label(torch.tensor([[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    with pytest.raises(ValueError, match=r"padding must have shape \(2, 3\), got shape \(2, 4\)"):
        encoder.image(torch.zeros(2, 3, 6), torch.zeros(2, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"label must have shape \(rows, 5\), got shape \(2, 3\)"):
        encoder.label(torch.zeros(2, 3))
