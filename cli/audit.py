"""``ucch data audit``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from .options import debug_option
from .paths import InputName, InputPath, OutputPath

if TYPE_CHECKING:
    from ucch.data import PairedDataset
    from ucch.trust import PairAudit

__all__ = ["command"]

_SHOWN = 10
_UNTOLD = "cannot tell here: many right pairs agree no better than chance"


@click.command("audit")
@click.argument("data", type=InputName())
@click.option(
    "--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of the files of a published set."
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    help="Name pairs that are wrong with at least this probability.",
)
@click.option("--csv", "csv_file", metavar="FILE", type=OutputPath(dir_okay=False), help="Write the pairs named there.")
@click.option("--clean", metavar="FILE.npz", type=OutputPath(dir_okay=False), help="Write the data without them there.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides everything random.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@debug_option
def command(
    data: str,
    data_root: Path | None,
    least: float,
    csv_file: Path | None,
    clean: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Name the training pairs of DATA whose image and text likely belong to different items.

    DATA is a data set by name, or a file of features. No labels are read and nothing is trained: each pair is compared
    with what images and texts of different pairs look like (docs/wrong_pairs.md). Rows count from 0; ids are shown
    where an .npz has them, as those of ucch extract do. Where right pairs often agree no better than chance, it says
    that it cannot tell: then no share and no precision are stated, and --clean is refused.

    \b
    ucch data audit features.npz --csv suspects.csv
    ucch data audit features.npz --least 0.8 --clean cleaned.npz
    """
    from ucch.data import load_dataset
    from ucch.errors import DataError
    from ucch.trust import audit_pairs

    dataset = load_dataset(data, data_root)
    audit = audit_pairs(dataset.train, seed=seed)
    suspects, tells = audit.suspects(least), audit.tells
    if clean is not None and not tells:
        raise DataError(f"{dataset.name}: {_UNTOLD}, so --clean would take right pairs out; look at those of --csv")
    ids = _ids(Path(data), dataset)
    rows = [
        {
            "row": int(row),
            "agreement": round(float(audit.agreement[row]), 2),
            "probability": round(1 - float(audit.right[row]), 4) if tells else None,
            **{key: of(row) for key, of in ids},
        }
        for row in suspects
    ]
    facts = {
        "data": dataset.name,
        "pairs": len(dataset.train),
        "tells": tells,
        "peak": audit.mixture.peak,
        "spread": audit.mixture.spread,
        "fading": audit.fading,
        "doubt": audit.doubt or None,
        "wrong_share": audit.mixture.wrong if tells else None,
        "named": len(rows),
        "precision": audit.precision(suspects),
    }
    if csv_file is not None:
        _write_csv(csv_file, rows, ["row", "agreement", "probability", *(key for key, _ in ids)])
    if clean is not None:
        _write_clean(clean, Path(data), dataset, audit, least)
    if as_json:
        click.echo(json.dumps({**facts, "suspects": rows}))
        return
    click.echo(_sentence(facts))
    _show(rows)
    if len(rows) > _SHOWN and csv_file is None:
        click.echo(f"{len(rows) - _SHOWN:,} more; --csv FILE or --json has all")


def _sentence(facts: dict[str, Any]) -> str:
    """What was found, for people."""
    said, named = f"{facts['data']}: ", f"{facts['named']:,}"
    if not facts["tells"]:
        said += (
            f"{_UNTOLD} ({facts['doubt']}); the {named} that agree least of {facts['pairs']:,} are named, of which an"
        )
        return said + " unknown share is wrong"
    said += f"of {facts['pairs']:,} pairs {facts['wrong_share']:.1%} are estimated to be wrong; {named} are named, of"
    return said + f" which {facts['precision']:.0%} are expected to be"


def _show(rows: list[dict[str, Any]]) -> None:
    """Print the first rows as a table, without columns of nothing."""
    if not rows:
        return
    columns = [key for key, value in rows[0].items() if value is not None]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for key in columns:
        table.add_column(key)
    for row in rows[:_SHOWN]:
        table.add_row(*(str(row[key]) for key in columns))
    Console().print(table)


def _ids(path: Path, dataset: PairedDataset) -> list[tuple[str, Any]]:
    """Columns of ids, each a name and what gives the id of a row; those of the first text where there are several."""
    from ucch.data.npz_archive import NpzArchive

    if path.suffix != ".npz" or not path.is_file():
        return []
    pairs, found = dataset.train, []
    with NpzArchive(path) as archive:
        for kind, n_rows in (("image", len(pairs)), ("text", len(pairs.text))):
            name = f"{kind}_id_train"
            if name in archive.names and len(ids := archive.read(name)) == n_rows:
                rows = pairs.first_text if kind == "text" else range(len(pairs))
                found.append((f"{kind}_id", lambda row, ids=ids, rows=rows: str(ids[rows[row]])))
    return found


def _write_csv(path: Path, rows: list[dict[str, Any]], columns: list[str]) -> None:
    from ucch.files import replacing

    with replacing(path) as aside, open(aside, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _write_clean(path: Path, source: Path, dataset: PairedDataset, audit: PairAudit, least: float) -> None:
    """Write the data set with the training pairs that are not named; queries, and a database apart, as they are."""
    import numpy as np

    from ucch.data import PairedDataset, save_npz

    kept = np.setdiff1d(np.arange(len(dataset.train)), audit.suspects(least))
    if source.exists() and path.exists() and path.samefile(source):
        raise click.UsageError(f"--clean must be another file than the data, got {path}")
    database = None if dataset.database_is_train else dataset.database
    save_npz(path, PairedDataset(dataset.name, dataset.train.take(kept), dataset.query, database))
