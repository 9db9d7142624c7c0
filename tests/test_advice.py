"""Messages that name a call: each is triggered, its advice followed, and what it advised works."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import ucch
from ucch.codes import hamming_distance, pack, sign, unpack
from ucch.data import Pairs, load_npz, multi_hot
from ucch.data.code_files import read_codes
from ucch.images import hash_pictures, open_images
from ucch.label_forms import plain_labels, read_labels
from ucch.metrics import distance_histograms
from ucch.optim import CodeBank, MomentumBinary, deposit
from ucch.retrieval import BinaryIndex

CALL = re.compile(
    r"\b(?:ucch|numpy|scipy|sklearn|torch)(?:\.[A-Za-z_]+)+[A-Za-z0-9_]*|pack\(sign|\.toarray\(\)|astype\('\w+'\)"
)
REAL = np.random.default_rng(0).normal(size=(4, 16))
BITS = (REAL >= 0).astype(np.int64)
PACKED = np.packbits(BITS, axis=1)


def saved(folder: Path, array: Any) -> Path:
    np.save(folder / "codes.npy", array)
    return folder / "codes.npy"


def read(folder: Path, array: Any, **said: Any) -> Any:
    return read_codes(saved(folder, array), "codes", **said).packed()


def npz(folder: Path, **changes: Any) -> Path:
    arrays = {f"{kind}_{side}": REAL for kind in ("image", "text") for side in ("train", "query")}
    np.savez(folder / "set.npz", **{**arrays, **changes})  # type: ignore[arg-type]
    return folder / "set.npz"


def one_view(folder: Path) -> Path:
    np.savez(folder / "texts.npz", text_train=REAL, text_query=REAL)
    return folder / "texts.npz"


def tensors(folder: Path, image: Any) -> Path:
    torch.save({"image": image, "text": torch.from_numpy(REAL)}, folder / "set.pt")
    return folder / "set.pt"


def objects(folder: Path) -> None:
    ragged = np.empty(4, dtype=object)
    ragged[:] = list(REAL)
    load_npz(npz(folder, image_train=ragged))


def matlab(folder: Path) -> Any:
    io = pytest.importorskip("scipy.io")
    io.savemat(folder / "set.mat", {"I": REAL})
    (folder / "named.mat").write_bytes((folder / "set.mat").read_bytes())
    return load_npz(folder / "named.mat")


def from_matlab(folder: Path) -> Any:
    import scipy.io

    image = scipy.io.loadmat(folder / "set.mat")["I"]
    return load_npz(npz(folder, image_train=image)).train.image


def photographs(folder: Path) -> Path:
    for name in ("red", "blue"):
        Image.linear_gradient("L").rotate(90 * (name == "red")).save(folder / f"{name}.png")
    return folder


def table() -> tuple[CodeBank, MomentumBinary]:
    bank = CodeBank(n_codes=4, n_bits=8)
    return bank, MomentumBinary(bank.parameters(), momentum=0.4)


def autograd(_: Path) -> None:
    bank, rule = table()
    (latent,) = bank.parameters()
    latent.grad = torch.ones_like(latent)
    rule.step()


def deposited(_: Path) -> Any:
    bank, rule = table()
    (latent,) = bank.parameters()
    deposit(latent, torch.tensor([1]), torch.ones(1, 8))
    rule.step()
    return torch.isfinite(latent).all()


def by_class_numbers(_: Path) -> Any:
    labels = read_labels({"query": ["dog"] * 4, "database": ["cat", "dog", "dog", "eel"]})
    return distance_histograms(PACKED, PACKED, labels["query"], labels["database"], 16).relevant.sum() == 8


def many(_: Path) -> Any:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    made = preprocessing.MultiLabelBinarizer().fit_transform([["a", "b"], ["b"]])
    return multi_hot({"label": made})["label"].sum() == 3


def sparse(_: Path) -> Any:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    return len(Pairs(scipy_sparse.csr_array(REAL).toarray(), np.asarray(REAL.tolist()))) == 4


Follow = Callable[[Path], Any]
OFFSET = (PACKED.astype(np.int16) - 128).astype(np.int8)

# (file, calls of its message): what raises it, and what the message advises, done; the outcome must hold
ADVICE: dict[tuple[str, str], tuple[Follow, Follow]] = {
    ("codes.py", "pack(sign"): (lambda _: pack(REAL), lambda _: pack(sign(REAL)) == PACKED),
    ("codes.py", "pack(sign of numbers"): (lambda _: pack(3 * BITS), lambda _: pack(sign(3 * BITS)) == 255),
    ("codes.py", "numpy.packbits"): (lambda _: pack(PACKED), lambda _: unpack(PACKED, 16) == 2 * BITS - 1),
    ("codes.py", "astype('int16') astype('uint8')"): (
        lambda _: pack(OFFSET),
        lambda _: (OFFSET.astype("int16") + 128).astype("uint8") == PACKED,
    ),
    ("codes.py", "numpy.uint8"): (
        lambda _: pack(PACKED.repeat(4, axis=1).view(np.uint64)),
        lambda _: PACKED.repeat(4, axis=1).view(np.uint64).view(np.uint8) == PACKED.repeat(4, axis=1),
    ),
    ("codes.py", "ucch.codes.pack"): (
        lambda _: unpack(BITS, 16),  # type: ignore[arg-type]
        lambda _: unpack(ucch.codes.pack(BITS), 16) == 2 * BITS - 1,
    ),
    ("codes.py", "ucch.codes.pack of distances"): (
        lambda _: hamming_distance(BITS, BITS),  # type: ignore[arg-type]
        lambda _: np.diag(hamming_distance(pack(BITS), pack(BITS))) == 0,
    ),
    ("arrays.py", "numpy.asarray .toarray()"): (lambda _: Pairs(REAL.tolist(), REAL), sparse),  # type: ignore[arg-type]
    ("arrays.py", "astype('float32')"): (
        lambda _: Pairs(REAL.astype(">f8"), REAL),
        lambda _: len(Pairs(REAL.astype(">f8").astype("float32"), REAL)) == 4,
    ),
    ("tensor_archive.py", "torch.save"): (
        lambda folder: load_npz(tensors(folder, image=REAL)),
        lambda folder: len(load_npz(tensors(folder, image=torch.from_numpy(REAL))).train) == 3,
    ),
    ("code_files.py", "ucch.codes.sign"): (
        lambda folder: read(folder, REAL),
        lambda folder: read(folder, ucch.codes.sign(REAL)) == PACKED,
    ),
    ("code_files.py", "ucch.codes.sign of -1, 0 and 1"): (
        lambda folder: read(folder, np.sign(REAL) * (np.arange(16) > 0)),
        lambda folder: read(folder, sign(np.sign(REAL))) == PACKED,
    ),
    ("code_files.py", "ucch.codes.sign of int8"): (
        lambda folder: read(folder, OFFSET),
        lambda folder: read(folder, OFFSET, code_format="binary") == PACKED,
    ),
    ("code_files.py", "ucch.codes.sign of numbers"): (
        lambda folder: read(folder, PACKED.view(np.int16)),
        lambda folder: read(folder, PACKED.view(np.int16), code_format="words") == PACKED,
    ),
    ("code_files.py", "ucch.codes.sign of no plain codes"): (
        lambda folder: read(folder, REAL, code_format="plain"),
        lambda folder: read(folder, sign(REAL), code_format="plain") == PACKED,
    ),
    ("npz_archive.py", "numpy.stack"): (
        objects,
        lambda folder: load_npz(npz(folder, image_train=np.stack(list(REAL)))).train.image == REAL,
    ),
    ("npz_archive.py", "scipy.io.loadmat numpy.savez"): (matlab, lambda folder: from_matlab(folder) == REAL),
    ("items.py", "ucch.data.multi_hot"): (
        lambda _: Pairs(REAL, REAL, np.arange(4)),  # type: ignore[arg-type]
        lambda _: Pairs(REAL, REAL, ucch.data.multi_hot({"label": np.arange(4)})["label"]).label.sum() == 4,  # type: ignore[union-attr]
    ),
    ("npz.py", "ucch.data.load_items"): (
        lambda folder: load_npz(one_view(folder)),
        lambda folder: ucch.data.load_items(one_view(folder)).train.views["text"] == REAL,
    ),
    ("estimator.py", "ucch.Hasher"): (
        lambda _: ucch.CrossModalHasher().fit(REAL, None),
        lambda _: ucch.Hasher(n_bits=8, recipe="sign").fit(REAL).transform(REAL).shape == (4, 1),
    ),
    ("label_forms.py", "sklearn.preprocessing.MultiLabelBinarizer"): (
        lambda _: plain_labels("label", [["a", "b"], ["b"]]),
        many,
    ),
    ("label_sets.py", "ucch.label_forms.read_labels"): (
        lambda _: distance_histograms(PACKED, PACKED, ["dog"] * 4, ["dog"] * 4, 16),
        by_class_numbers,
    ),
    ("deposits.py", "ucch.optim.deposit"): (autograd, deposited),
    ("stored.py", "ucch.images.open_images"): (
        lambda folder: hash_pictures(photographs(folder)),
        lambda folder: hash_pictures(open_images(folder).items)[1],
    ),
    ("rows.py", "ucch.codes.pack"): (
        lambda _: BinaryIndex.build(PACKED | 1, 15),
        lambda _: len(BinaryIndex.build(ucch.codes.pack(BITS[:, :15]), 15)) == 4,
    ),
}

# names of calls in texts that advise none, or whose advice another test follows: why
ELSEWHERE = {
    ("card.py", "ucch.models"): "the lines of a model card, which tests/hub runs",
    ("parquet_codes.py", "ucch.n_bits"): "a key of a file's metadata",
    ("vgg19.py", "torch.save"): "tests/encoders/test_vgg19.py reads what torch.save wrote",
    ("_cut.py", "ucch.metrics.stable_average_precision"): "tests/metrics/test_stable_order.py",
    ("binary_optimizer.py", "torch.optim.Optimizer"): "the kind that is due",
    ("fine_tuning.py", "ucch.encoders.NetworkImageEncoder"): "the kind that is due",
    ("npz_archive.py", "numpy.savez"): "the writer of every archive above",
}


@pytest.mark.parametrize(("file", "calls"), ADVICE, ids=[" ".join(key) for key in ADVICE])
def test_the_advice_works(file: str, calls: str, tmp_path: Path) -> None:
    trigger, follow = ADVICE[file, calls]
    with pytest.raises((ValueError, TypeError)) as refusal:
        trigger(tmp_path)
    named = calls.partition(" of ")[0].split()
    assert [call for call in named if call not in str(refusal.value)] == []
    assert np.all(np.asarray(follow(tmp_path)))


def texts_of(path: Path) -> list[str]:
    """Texts of a source file that are no docstrings."""
    tree = ast.parse(path.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    return [node.value for node in constants if isinstance(node.value, str) and " " in node.value]


def test_every_message_that_names_a_call_is_among_them() -> None:
    root = Path(ucch.__file__).parent
    named = {
        (path.name, call)
        for path in (*root.rglob("*.py"), *(root.parent / "cli").glob("*.py"))
        for text in texts_of(path)
        for call in CALL.findall(text)
    }
    covered = {(file, call) for file, calls in ADVICE for call in calls.partition(" of ")[0].split()}
    assert named - covered - set(ELSEWHERE) == set()
