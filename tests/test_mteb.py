"""MTEB calls codes on a task made here, and says what we say."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytrec_eval
import torch
from PIL import Image

from tests.serving.kit import IMAGE, TEXT, ColourEncoder, make_run
from ucch.codes import hamming_distance, pack, sign, unpack
from ucch.data import FeatureScaler, RetrievalSet
from ucch.data.left_out import LeftOut
from ucch.encoders import Features
from ucch.errors import DataError, EncoderError
from ucch.evaluation import measure_beir
from ucch.models import HashModel, HashTower
from ucch.mteb import MtebCodes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that it imports
    import mteb
    from datasets import Dataset
    from mteb.abstasks.retrieval import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.mocks.mock_tasks import MockRerankingTask, MockSTSTask
    from mteb.models.models_protocols import EncoderProtocol

pytestmark = pytest.mark.filterwarnings("ignore")  # of mteb and of what it runs
M, Q, D = 220, 40, 64
ITEMS = np.random.default_rng(0).normal(size=(M, 16)).astype(np.float32)
QUESTIONS = (ITEMS[:Q] + np.random.default_rng(1).normal(size=(Q, 16))).astype(np.float32)


class MadeEncoder:
    """Features of a text that is a number: that row of the items, or below zero of the questions."""

    name, dimension, digest = "made", 16, "0a"

    def encode(self, batch: Sequence[str]) -> Features:
        rows = [int(text) for text in batch]
        return np.stack([ITEMS[row] if row >= 0 else QUESTIONS[-row - 1] for row in rows])


def made() -> RetrievalSet:
    near = np.argsort(-(QUESTIONS @ ITEMS.T), axis=1)
    judged = [np.sort([row, *near[row, [0, 3, 7]]]) for row in range(Q)]
    judged = [np.unique(rows).astype(np.int64) for rows in judged]
    gains = [np.where(rows == row, 2.0, 1.0) for row, rows in enumerate(judged)]
    texts, questions = [str(row) for row in range(M)], [str(-row - 1) for row in range(Q)]
    ids = [f"d{row:03d}" for row in range(M)], [f"q{row:02d}" for row in range(Q)]
    return RetrievalSet("made", "test", ids[0], texts, ids[1], questions, judged, gains, LeftOut())


def qrels() -> dict[str, dict[str, int]]:
    found = made()
    return {
        query: {found.ids[row]: int(gain) for row, gain in zip(rows, gains, strict=True)}
        for query, rows, gains in zip(found.query_ids, found.judged, found.gains, strict=True)
    }


class MadeTask(AbsTaskRetrieval):
    """The set above as a task of MTEB; nothing is downloaded."""

    metadata = TaskMetadata(
        name="MadeRetrieval",
        type="Retrieval",
        dataset={"path": "made/here", "revision": "1"},
        description="made",
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score="ndcg_at_10",
        bibtex_citation="",
    )

    def load_data(self, *_: Any, **__: Any) -> None:
        found = made()
        corpus = {"id": list(found.ids), "text": list(found.texts), "title": [""] * M}
        test = {
            "corpus": Dataset.from_dict(corpus),
            "queries": Dataset.from_dict({"id": list(found.query_ids), "text": list(found.queries)}),
            "relevant_docs": qrels(),
            "top_ranked": None,
        }
        self.dataset = {"default": {"test": test}}
        self.data_loaded = True


def model(**options: Any) -> MtebCodes:
    torch.manual_seed(0)
    scaler = FeatureScaler.fit(ITEMS)
    towers = HashTower(16, D, n_layers=1), HashTower(16, D, n_layers=1)
    return MtebCodes(HashModel(scaler, scaler, *towers), MadeEncoder(), **options)


def encoded(codes: MtebCodes) -> tuple[Any, Any]:
    return codes.model.encode_text(ITEMS), codes.model.real_text(QUESTIONS)


def score(codes: MtebCodes, task: Any) -> dict[str, Any]:
    result = mteb.evaluate(codes, task, cache=None, show_progress_bar=False, co2_tracker=False)
    scores: dict[str, Any] = result.task_results[0].scores["test"][0]
    return scores


def test_it_is_an_encoder_of_mteb() -> None:
    codes = model(name="me/codes", revision="7")
    assert isinstance(codes, EncoderProtocol)
    meta = codes.mteb_model_meta
    assert (meta.name, meta.revision, meta.embed_dim, meta.modalities) == ("me/codes", "7", D, ["text"])


def test_codes_rank_by_hamming_distance_with_ties_as_trec_eval_has_them() -> None:
    codes = model()
    items, outputs = encoded(codes)
    distances = hamming_distance(pack(sign(outputs)), items)
    run = {
        query: {item: -float(far) for item, far in zip(made().ids, row, strict=True)}
        for query, row in zip(made().query_ids, distances, strict=True)
    }
    measured = pytrec_eval.RelevanceEvaluator(qrels(), {"ndcg_cut.10"}).evaluate(run)
    theirs = score(codes, MadeTask())["ndcg_at_10"]
    assert theirs == pytest.approx(np.mean([one["ndcg_cut_10"] for one in measured.values()]), abs=1e-5)
    ours = measure_beir(made(), ITEMS, QUESTIONS, items, outputs, D)["codes"]["ndcg@10"]
    assert 0.3 < ours < 0.99
    assert ours == pytest.approx(theirs, abs=0.02)  # ours counts ties in expectation


def test_real_questions_have_no_ties_and_the_figure_is_ours() -> None:
    codes = model(real_queries=True)
    items, outputs = encoded(codes)
    assert len(np.unique(items, axis=0)) == M
    ours = measure_beir(made(), ITEMS, QUESTIONS, items, outputs, D, candidates=M)["codes, rescored"]["ndcg@10"]
    assert score(codes, MadeTask())["ndcg_at_10"] == pytest.approx(ours, abs=1e-5)


@pytest.mark.parametrize(("task", "figure"), [(MockRerankingTask, "main_score"), (MockSTSTask, "cosine_spearman")])
def test_other_tasks_of_mteb_run(task: Any, figure: str, tmp_path: Path) -> None:
    codes = MtebCodes.from_run(make_run(tmp_path / "run").path, text_encoder=TEXT)
    assert np.isfinite(score(codes, task())[figure])
    assert codes.mteb_model_meta.name == "ucch/run"


class Kind:
    """As much of a task's metadata as is looked at."""

    def __init__(self, simplified_task_type: str) -> None:
        self.simplified_task_type = simplified_task_type


def test_what_a_task_gets_and_how_it_compares() -> None:
    codes = model()
    batches = [{"text": [str(row) for row in range(start, start + 4)]} for start in (0, 4)]
    packed = codes.encode(batches, task_metadata=Kind("retrieval"), hf_split="", hf_subset="", batch_size=4)
    plain = codes.encode(batches, task_metadata=Kind("clustering"), hf_split="", hf_subset="")
    assert packed.tolist() == codes.model.encode_text(ITEMS[:8]).tolist()
    assert plain.dtype == np.float32
    assert plain.tolist() == unpack(packed, D).tolist()
    expected = 1 - 2 * np.unpackbits(packed[:, None] ^ packed[None], axis=2).sum(2).astype(int) / D
    for one in (packed, plain, torch.from_numpy(plain)):
        assert codes.similarity(one, one).numpy() == pytest.approx(expected, abs=1e-6)
        assert codes.similarity_pairwise(one, one[[1, *range(1, 8)]]).numpy() == pytest.approx(
            np.diag(expected[:, [1, *range(1, 8)]]), abs=1e-6
        )
    assert codes.similarity(packed[0], packed[1]).tolist() == [[pytest.approx(expected[0, 1])]]
    assert len(codes.encode([], task_metadata=Kind("retrieval"), hf_split="", hf_subset="")) == 0


def test_pictures_and_what_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run").path
    codes = MtebCodes.from_run(run, text_encoder=TEXT, image_encoder=IMAGE)
    pictures = [Image.new("L", (4, 4), 200), Image.new("RGB", (4, 4), "red")]
    made_of = np.array([[200 / 255] * 3, [1, 0, 0]], np.float32)
    how: dict[str, Any] = {"task_metadata": Kind("retrieval"), "hf_split": "", "hf_subset": ""}
    assert codes.encode([{"image": pictures}], **how).tolist() == codes.model.encode_image(made_of).tolist()
    assert codes.mteb_model_meta.modalities == ["image", "text"]
    alone = MtebCodes(codes.model, image_encoder=ColourEncoder())
    for one, batch, text in (
        (codes, {"audio": [1]}, "a batch must have texts or pictures, got audio"),
        (codes, {"text": ["a"], "image": pictures}, "a batch must have texts or pictures, got image, text"),
        (alone, {"text": ["a"]}, "this task has texts; name one with text_encoder="),
        (model(), {"image": pictures}, "this task has images; name one with image_encoder="),
    ):
        with pytest.raises(DataError, match=text):
            one.encode([batch], **how)
    with pytest.raises(EncoderError, match="name it: --text-encoder"):
        MtebCodes.from_run(run)
