"""A string does what a ``Path`` does, and so does any ``os.PathLike``: public callables by table."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.data.published_kit import small_entry, write_feature_set
from tests.data.test_beir import write as write_beir
from tests.encoders.kit import ColourEncoder, TinyNetworkEncoder
from tests.evaluation.kit import code_files
from tests.export.kit import small_model, small_run
from tests.export.test_web_runtime import unpacked
from tests.extraction.kit import IMAGE_SPEC, TEXT_SPEC
from tests.images.kit import write_photographs
from tests.leaderboard.kit import small_board
from tests.serving.kit import NAMES, TEXT, VowelEncoder, make_pictures, make_run
from tests.training.kit import small_dataset, small_recipe
from ucch import comparison, data, evaluation, export, extraction, images, leaderboard, runs, serving, training
from ucch.data.captions import read_captions
from ucch.encoders import BowEncoder, EncoderCard
from ucch.models import HashModel
from ucch.retrieval import BinaryIndex
from ucch.runs import RunFolder, checkpoint
from ucch.teachers import Teacher
from ucch.training.growing import Earlier


class Elsewhere(os.PathLike[str]):
    """A path of somebody else's making."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)

    def __fspath__(self) -> str:
        return self.path


Place = Callable[[Path], Any]  # a path as a user may say it


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder by its name there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def models(folder: Path, place: Place) -> object:
    small_model(6, 4).save(place(folder / "m.bin"))
    Teacher("made", torch.eye(3)).save(place(folder / "t.bin"))
    model, teacher = HashModel.load(place(folder / "m.bin")), Teacher.load(place(folder / "t.bin"))
    return model.encode_image(np.eye(6, dtype=np.float32)).tolist(), teacher.rows.tolist(), contents(folder)


def states(folder: Path, place: Place) -> object:
    new, old = place(folder / "new"), place(folder / "old")
    for step in range(2):
        checkpoint.save_state(new, {"step": step}, keep_as=old)
    free = runs.free_run_path(place(folder), "new").name
    return checkpoint.load_newest(new, old), checkpoint.load_state(old), free, contents(folder)


def earlier(folder: Path, place: Place) -> object:
    Earlier(small_model(6, 4), small_recipe()).save(place(folder / "earlier"))
    return Earlier.load(place(folder / "earlier")).recipe, contents(folder)


def extractions(folder: Path, place: Place) -> object:
    pytest.importorskip("pyarrow", reason="pip install 'ucch[data]'")
    captions = read_captions(place(write_photographs(folder / "photos", n=12)))
    sides, specs = (ColourEncoder(), BowEncoder("8,tfidf")), (IMAGE_SPEC, TEXT_SPEC)
    photos, cache = place(folder / "photos"), place(folder / "cache")
    made = extraction.extract(photos, captions, *sides, specs=specs, query_share=0.25, cache_folder=cache)
    again = extraction.with_tuned_images(made, photos, TinyNetworkEncoder(), cache_folder=cache)
    npz, parquet = place(folder / "f.npz"), place(folder / "f.parquet")
    written = [extraction.save_extraction_npz(npz, made).name, extraction.save_extraction_parquet(parquet, made).name]
    read = extraction.load_extraction_npz(npz)
    cards = extraction.read_npz_encoders(npz) == extraction.read_parquet_encoders(parquet) == made.encoders
    return made.dataset.digest(), again.dataset.digest(), read.dataset.digest(), read.image_ids, written, cards


def pictures(folder: Path, place: Place) -> object:
    write_photographs(folder / "photos", n=4)
    (folder / "photos" / "bad.jpg").write_bytes(b"no picture")
    source = images.open_images(place(folder / "photos"))
    files, cache = [place(folder / "photos" / name) for name in source.names], place(folder / "cache")
    found = extraction.encode_images(files, ColourEncoder(), cache_folder=cache, max_bad=0.5)
    assert [one.path for one in found.bad] == [folder / "photos" / "bad.jpg"]
    copies = extraction.find_copies(files, found.keys, cache_folder=cache)
    hashes, known = images.hash_pictures(files)
    with images.ImagePool(np.asarray) as pool:
        keys = [one.key for one in pool.hash_files(files)]
        assert [one.path for one in pool.decode(files)] == source.chosen(source.names)
    recipe = small_recipe("source.images=photos", "fine_tuning.enabled=true", "frozen_epochs=2")
    assert training.FineTuning(TinyNetworkEncoder(), files, recipe).paths == source.items
    return source.names, found.features.tolist(), copies.near.tolist(), hashes.tolist(), known.tolist(), keys


def texts(folder: Path, place: Place) -> object:
    features = extraction.encode_texts(["a sea", "snow"], VowelEncoder(), cache_folder=place(folder / "cache"))
    with extraction.FeatureCache(place(folder / "other"), "ab", 2) as cache:
        cache.put([b"k" * 32], np.ones((1, 2), np.float32))
    return features.tolist(), len(list(folder.rglob("*.records")))


def codes(folder: Path, place: Place) -> object:
    pytest.importorskip("pyarrow", reason="pip install 'ucch[data]'")
    features, model = folder / "features", small_model(6, 4)
    features.mkdir()
    np.save(features / "a.npy", np.eye(6, dtype=np.float32))
    held = extraction.open_features(place(features / "a.npy"), "image")
    extraction.encode_rows(model, held, place(folder / "rows.npy"), "image")
    extraction.encode_file(model, place(features / "a.npy"), place(folder / "file.parquet"), "image")
    said = {"model_digest": "abc", "modality": "image", "n_bits": model.n_bits}
    files = extraction.files_to_encode(place(features), place(folder / "out"), **said)
    made = extraction.encode_folder(model, list(map(place, files)), place(folder / "out"), "image")
    extraction.check_new(place(folder / "new.npy"))
    extraction.write_codes(place(folder / "new.npy"), np.eye(3, dtype=np.uint8), "abc", n_bits=24, modality="text")
    column = extraction.open_column(place(folder / "file.parquet"), name="id")
    ids = extraction.ids_path(place(folder / "new.npy")).read_text()
    return made, ids, column.kind, column.path.name, contents(folder)


def run_encoders(folder: Path, place: Place) -> object:
    encoder = TinyNetworkEncoder()
    spec = "tests.encoders.kit:TinyNetworkEncoder"
    extraction.write_run_encoders(place(folder), {"image": EncoderCard.of(encoder, spec)})
    extraction.write_tuned_weights(place(folder), encoder)
    read = extraction.read_run_encoders(place(folder))
    return read, extraction.run_encoder(place(folder), "image", spec).digest, contents(folder)


def data_sets(folder: Path, place: Place) -> object:
    entry = small_entry("mirflickr25k")
    write_feature_set(entry, folder, "matlab-5")
    root = place(folder)
    written = [path.name for path in data.convert_dataset(entry, root)]
    return data.dataset_problems(entry, root), written, entry.read_array(root, entry.arrays[0]).tolist()


def retrieval_sets(folder: Path, place: Place) -> object:
    write_beir(folder / "set")
    report = evaluation.evaluate_beir(make_run(folder / "run"), place(folder / "set"), text_encoder=TEXT)
    return data.read_beir(place(folder / "set")).texts, report["rows"]


def reports(folder: Path, place: Place) -> object:
    pytest.importorskip("matplotlib", reason="pip install 'ucch[plots]'")
    files = evaluation.CodeFiles(**{name: place(path) for name, path in vars(code_files(folder)).items() if path})
    report = evaluation.evaluate_files(files, n_bits=20)
    drawn = evaluation.write_plots([report], ["mine"], place(folder / "plots"))
    comparison.plot_curves({"cvh": [[{"seconds": 1.0}]]}, "title", place(folder / "curves" / "curves.png"))
    judged = evaluation.judge(torch.eye(4), torch.eye(4) > 0, 0.5)
    told = {"labels": judged, "teacher": "made", "pairs": 4}
    evaluation.draw_teacher(told, place(folder / "teacher" / "teacher.png"))
    page = evaluation.html_report([report], ["mine"], list(map(place, drawn)))
    return report, page, [path.name for path in drawn], contents(folder)


def boards(folder: Path, place: Place) -> object:
    small_board(folder, '[[runs]]\nmethods = ["cvh"]\nseeds = 1\n')
    board = leaderboard.load_board(place(folder / "board.toml"))
    cell = board.cells(place(folder))[0]
    leaderboard.measured_cell(place(folder / "out" / "runs" / cell.folder), cell.recipe, small_dataset())
    rows = leaderboard.run_board(board, place(folder / "out"), data_root=place(folder), minutes=0)
    return [row["map"] for row in rows], sorted(path.name for path in (folder / "out").iterdir())


def comparisons(folder: Path, place: Place) -> object:
    pytest.importorskip("matplotlib", reason="pip install 'ucch[plots]'")
    file = data.save_npz(place(folder / "small.npz"), small_dataset())
    plan = comparison.Plan(small_recipe("epochs=1").model_copy(update={"data": str(file)}), ["momentum"], (8,), seeds=1)
    rows = comparison.compare(plan, place(folder / "out"))
    return [row["map"] for row in rows], sorted(path.name for path in (folder / "out").iterdir())


def graphs(folder: Path, place: Place) -> object:
    pytest.importorskip("onnxscript", reason="pip install 'ucch[onnx]'")
    small_run(folder / "run", small_model(6, 4))
    content = export.export_onnx(place(folder / "run"), place(folder / "onnx"), modalities=["text"])
    return content, sorted(contents(folder / "onnx"))


def pages(folder: Path, place: Place) -> object:
    model, run = small_model(6, 4), RunFolder(folder / "run")
    small_run(run.path, model)
    features = np.random.default_rng(0).normal(size=(len(NAMES), 6)).astype(np.float32)
    index = BinaryIndex.build(model.encode_image(features), model.n_bits, ids=NAMES, model=run.model_digest())
    index.save(place(folder / "i.index"))
    encoder, shown = serving.QueryEncoder(place(run.path)), place(make_pictures(folder / "photos"))
    service = serving.SearchService(encoder, encoder.open_index(place(folder / "i.index")), images=shown)
    told = export.write_site(place(run.path), service, place(folder / "site"))
    fetched = export.runtime_files(place(unpacked(folder / "runtime")))
    return told, fetched, sorted(contents(folder / "site"))


CASES = (
    *(models, states, earlier, extractions, pictures, texts, codes, run_encoders, data_sets),
    *(retrieval_sets, reports, boards, comparisons, graphs, pages),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_string_does_what_a_path_does(
    case: Callable[[Path, Place], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for kind in (Path, str, Elsewhere):
        (tmp_path / kind.__name__ / "it").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / kind.__name__)  # so that paths inside of files are alike
        torch.manual_seed(0)
        results.append(case(Path("it"), kind))
    by_path, by_string, elsewhere = results
    assert by_string == by_path
    assert elsewhere == by_path


@pytest.mark.parametrize("wrong", [None, 7, b"m.bin"])
@pytest.mark.parametrize(
    "call",
    [
        HashModel.load,
        small_model(6, 4).save,
        Teacher.load,
        Earlier.load,
        checkpoint.load_state,
        RunFolder.open,
        serving.QueryEncoder,
        images.open_images,
        lambda wrong: images.hash_pictures([wrong]),
        lambda wrong: extraction.encode_images([wrong], ColourEncoder()),
        extraction.load_extraction_npz,
        extraction.read_run_encoders,
        extraction.check_new,
        lambda wrong: extraction.open_features(wrong, "image"),
        data.read_beir,
        leaderboard.load_board,
        lambda wrong: evaluation.write_plots([], [], wrong),
        lambda wrong: comparison.compare(comparison.Plan(small_recipe(), ["bop"], (8,), 1), wrong),
    ],
)
def test_what_is_no_path_is_said(call: Callable[[Any], object], wrong: object) -> None:
    with pytest.raises(TypeError, match=f"{type(wrong).__name__}"):
        call(wrong)
