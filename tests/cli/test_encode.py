"""``ucch encode`` as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cli.photographs import ENCODERS, QUICK, SHORT, source, ucch
from tests.extraction.kit import IMAGE_SPEC
from tests.images.kit import write_photographs
from tests.training.test_goal import aligned_pairs
from ucch.data import PairedDataset, load_dataset, save_npz
from ucch.runs import RunFolder

OWN = ("--image-encoder", IMAGE_SPEC)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photographs, and a run that learnt from them."""
    folder = tmp_path_factory.mktemp("trained")
    write_photographs(folder / "photos", n=20)
    result = ucch("train", *source(folder), *ENCODERS, *QUICK, *SHORT, "--out", folder / "run")
    assert result.exit_code == 0, result.stderr
    return folder


def test_photographs_get_the_codes_of_their_features(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "photos.npy"
    arguments = ("--images", trained / "photos", *OWN, "--cache", "none", *QUICK, "--out", out)
    result = ucch("encode", trained / "run", *arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "20 image codes of 12 bits; 0 left out\n"
    codes, ids = np.load(out), (tmp_path / "photos.ids.txt").read_text().splitlines()
    assert ids == sorted(path.name for path in (trained / "photos").iterdir())
    run = RunFolder.open(trained / "run")
    dataset = load_dataset(run.path / "features.npz")
    with np.load(run.path / "features.npz") as archive:
        rows = [ids.index(name) for name in archive["image_id_train"]]
    np.testing.assert_array_equal(codes[rows], run.model().encode_image(dataset.train.image))


def test_texts_are_encoded_by_the_vocabulary_of_the_run(trained: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    (tmp_path / "texts.txt").write_text("a red square\n\nnothing known\n")
    out = tmp_path / "texts.parquet"
    result = ucch("encode", trained / "run", "--texts", tmp_path / "texts.txt", *QUICK, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["codes"] == 2
    table = parquet.read_table(out)
    assert table["id"].to_pylist() == ["1", "3"]
    assert table.schema.metadata[b"ucch.modality"] == b"text"


def test_a_picture_and_its_texts_are_one_code(trained: Path, tmp_path: Path) -> None:
    lines = [
        "image,caption",
        "001.jpg,the green dot",
        "001.jpg,green on green",
        "elsewhere.jpg,a red square",
        "002.jpg,",
    ]
    (tmp_path / "captions.csv").write_text("\n".join(lines) + "\n")
    texts, out = ("--texts", tmp_path / "captions.csv"), tmp_path / "items.npy"
    common = (*OWN, "--cache", "none", *QUICK, "--json")
    result = ucch("encode", trained / "run", "--images", trained / "photos", *texts, *common, "--out", out)
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert (figures["modality"], figures["codes"]) == ("item", 21)
    assert figures["one_sided"] == {"images_without_text": 19, "texts_without_image": 1}
    assert figures["left_out"] == {"captions without text": {"count": 1, "first": ["002.jpg"]}}
    ids, codes = (tmp_path / "items.ids.txt").read_text().splitlines(), np.load(out)
    assert (ids[1], ids[-1]) == ("001.jpg", "elsewhere.jpg")
    for kind, path in (("images", trained / "photos"), ("texts", tmp_path / "captions.csv")):
        choice = OWN if kind == "images" else ()
        made = tmp_path / f"{kind}.npy"
        options = (f"--{kind}", path, *choice, "--cache", "none", *QUICK, "--out", made)
        assert ucch("encode", trained / "run", *options).exit_code == 0
    images, alone = np.load(tmp_path / "images.npy"), np.load(tmp_path / "texts.npy")
    np.testing.assert_array_equal(np.delete(codes[:20], 1, axis=0), np.delete(images, 1, axis=0))
    np.testing.assert_array_equal(codes[20], alone[2])


def test_features_are_encoded_as_they_come(trained: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "features.npy", np.ones((3, 9), np.float32))
    options = ("--features", tmp_path / "features.npy", "--modality", "image", "--out", tmp_path / "codes.npy")
    assert ucch("encode", trained / "run", *options).exit_code == 0
    expected = RunFolder.open(trained / "run").model().encode_image(np.ones((3, 9), np.float32))
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), expected)
    assert (tmp_path / "codes.ids.txt").read_text() == "0\n1\n2\n"


def test_a_folder_of_features_is_encoded_file_by_file(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for number in range(3):
        np.save(tmp_path / "parts" / f"{number}.npy", np.full((4, 9), number, np.float32))
    options = ("--features", tmp_path / "parts", "--modality", "image", "--out", tmp_path / "codes", "--json")
    first = ucch("encode", trained / "run", *options)
    assert first.exit_code == 0, first.stderr
    figures = json.loads(first.stdout)
    assert (figures["codes"], figures["files"]) == (12, 3)
    (tmp_path / "codes" / "1.npy").unlink()
    again = json.loads(ucch("encode", trained / "run", *options).stdout)
    assert (again["codes"], again["files"]) == (4, 1)
    expected = RunFolder.open(trained / "run").model().encode_image(np.full((4, 9), 1, np.float32))
    np.testing.assert_array_equal(np.load(tmp_path / "codes" / "1.npy"), expected)


def test_broken_photographs_are_left_out_and_named(trained: Path, tmp_path: Path) -> None:
    photos = Path(shutil.copytree(trained / "photos", tmp_path / "photos"))
    (photos / "000.jpg").write_bytes(b"")
    options = ("--images", photos, *OWN, *QUICK, "--cache", "none", "--out", tmp_path / "c.npy", "--json")
    result = ucch("encode", trained / "run", *options)
    figures = json.loads(result.stdout)
    assert figures["codes"] == 19
    assert figures["bad"] == [{"path": str(photos / "000.jpg"), "reason": "the file is empty"}]
    assert "left out: " in result.stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--texts", __file__, "--features", "."), 2, "name one of --images, --texts, --features and --dataset, or"),
        (("--features", __file__), 2, "--modality goes with features, which cannot tell by themselves"),
        (("--texts", __file__, "--modality", "text"), 2, "--modality goes with --features"),
        (("--texts", __file__, "--column", "text"), 2, "--column goes with --dataset"),
        (("--dataset", "."), 1, "is no folder that datasets saved and holds no Parquet file"),
        (("--features", "none.npy", "--modality", "text"), 2, "none.npy does not exist."),
        (("--features", __file__, "--modality", "text"), 1, "test_encode.py"),
        (("--images", __file__), 1, "test_encode.py"),
    ],
)
def test_wrong_usage_is_refused(
    trained: Path, tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    result = ucch("encode", trained / "run", *options, *QUICK, "--out", tmp_path / "codes.npy")
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_encoder_is_refused(trained: Path, tmp_path: Path) -> None:
    arguments = ("encode", trained / "run", "--images", trained / "photos", *QUICK, "--out", tmp_path / "codes.npy")
    unnamed = ucch(*arguments)
    assert (unnamed.exit_code, "if you trust it, name it: " in unnamed.stderr) == (1, True)
    other = ucch(*arguments, "--image-encoder", f"{IMAGE_SPEC}:other")
    assert (other.exit_code, "is not the one the run was trained with" in other.stderr) == (1, True)


def test_clip_trains_encodes_and_evaluates(tmp_path: Path, tiny_clip: Path) -> None:
    write_photographs(tmp_path / "photos", n=20)
    encoders = ("--image-encoder", f"clip:{tiny_clip}", "--text-encoder", f"clip:{tiny_clip}")
    run = tmp_path / "run"
    trained = ucch(
        "train", *source(tmp_path), *encoders, *QUICK, *SHORT, "--query-share", "0.2", "--out", run, "--json"
    )
    assert trained.exit_code == 0, trained.stderr
    report = json.loads(trained.stdout)
    assert (report["queries"], report["query_texts"]) == (4, 8)
    again = ucch("eval", run, "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["text_to_image"] == report["text_to_image"]
    out = tmp_path / "codes.npy"
    encoded = ucch("encode", run, "--images", tmp_path / "photos", "--cache", tmp_path / "cache", *QUICK, "--out", out)
    assert encoded.exit_code == 0, encoded.stderr
    assert np.load(out).shape == (20, 2)


def test_the_first_bits_of_codes_trained_for_it(trained: Path, tmp_path: Path) -> None:
    pairs = aligned_pairs()
    save_npz(tmp_path / "features.npz", PairedDataset("aligned", pairs, aligned_pairs(20, seed=1)))
    choices = ("--bits", "40", "--nested", "--epochs", "1")
    result = ucch("train", "--data", tmp_path / "features.npz", *choices, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    np.save(tmp_path / "image.npy", pairs.image)
    found = {}
    for bits in ("32", "40"):
        out = tmp_path / f"{bits}.npy"
        features = ("--features", tmp_path / "image.npy", "--modality", "image")
        result = ucch("encode", tmp_path / "run", *features, "--bits", bits, "--out", out)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == f"240 image codes of {bits} bits\n"
        found[bits] = np.load(out)
    np.testing.assert_array_equal(found["32"], found["40"][:, :4])
    features = ("--features", tmp_path / "image.npy", "--modality", "image")
    refused = ucch("encode", trained / "run", *features, "--bits", "8", "--out", tmp_path / "refused.npy")
    assert refused.exit_code == 1
    assert "train with --nested, or with --bits 8" in " ".join(refused.stderr.split())
    assert not (tmp_path / "refused.npy").exists()


@pytest.fixture(scope="module")
def saved(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs of the run with a text and features each, as ``datasets`` saves them."""
    datasets = pytest.importorskip("datasets", reason="pip install datasets")
    paths = sorted((trained / "photos").iterdir())
    columns = {
        "image": [str(path) for path in paths],
        "caption": [f"a red square {number}" for number in range(20)],
        "vector": np.arange(20 * 9, dtype=np.float32).reshape(20, 9).tolist(),
        "key": [path.name for path in paths],
    }
    folder = tmp_path_factory.mktemp("saved") / "all"
    made = datasets.Dataset.from_dict(columns).cast_column("image", datasets.Image())
    made.map(lambda row: row).save_to_disk(folder)
    return folder


def test_a_saved_data_set_is_encoded_by_what_its_columns_hold(trained: Path, saved: Path, tmp_path: Path) -> None:
    model = RunFolder.open(trained / "run").model()

    def codes(*options: object) -> np.ndarray:
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        arguments = ("--dataset", saved, *options, *QUICK, "--cache", "none", "--out", out)
        result = ucch("encode", trained / "run", *arguments)
        assert result.exit_code == 0, result.stderr
        ids = out.with_suffix(".ids.txt").read_text().splitlines()
        assert ids == sorted(path.name for path in (trained / "photos").iterdir())
        return np.load(out)

    pictures = tmp_path / "pictures.npy"
    options = ("--images", trained / "photos", *OWN, "--cache", "none", *QUICK, "--out", pictures)
    assert ucch("encode", trained / "run", *options).exit_code == 0
    np.testing.assert_array_equal(codes(*OWN), np.load(pictures))
    features = np.arange(20 * 9, dtype=np.float32).reshape(20, 9)
    np.testing.assert_array_equal(codes("--column", "vector", "--modality", "image"), model.encode_image(features))
    (tmp_path / "texts.txt").write_text("\n".join(f"a red square {number}" for number in range(20)))
    options = ("--texts", tmp_path / "texts.txt", *QUICK, "--cache", "none", "--out", tmp_path / "texts.npy")
    assert ucch("encode", trained / "run", *options).exit_code == 0
    np.testing.assert_array_equal(codes("--modality", "text"), np.load(tmp_path / "texts.npy"))


def test_features_of_a_data_set_need_their_modality(trained: Path, saved: Path, tmp_path: Path) -> None:
    options = ("--dataset", saved, "--column", "vector", *QUICK, "--out", tmp_path / "codes.npy")
    result = ucch("encode", trained / "run", *options)
    assert (result.exit_code, "--modality goes with features, which" in result.stderr) == (2, True)
