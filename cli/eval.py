"""``ucch eval``."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console

from .grouped import GroupedCommand
from .nearest import Choice
from .options import code_format_option, debug_option
from .paths import InputName, InputPath, OutputPath

if TYPE_CHECKING:
    from ucch.collectives import World

__all__ = ["command"]

_FILES = ("query_codes", "database_codes", "query_labels", "database_labels", "query_features", "database_features")
_FORMATS = ("table", "json", "csv", "latex")
_GROUPS = {
    "What to evaluate": ("data", "data_root", *_FILES, "bits", "code_format", "allow_overlap"),
    "A retrieval set": ("beir", "beir_split", "text_encoder"),
    "How": ("protocol", "cutoff", "ties", "no_relevant", "denominator", "seed"),
    "Where to": ("out", "form"),
    "How fast it runs": ("chunk_rows",),
}


Command = TypeVar("Command", bound=Callable[..., Any])


def _file(name: str, summary: str, metavar: str = "FILE.npy") -> Callable[[Command], Command]:
    return click.option(f"--{name}", metavar=metavar, type=InputPath(dir_okay=False), help=summary)


@click.command("eval", cls=GroupedCommand, groups=_GROUPS)
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=InputPath(file_okay=False))
@click.option(
    "--data", type=InputName(), metavar="NAME|FILE", help="Data to evaluate runs on.  [default: the run's own]"
)
@click.option("--data-root", metavar="DIR", type=InputPath(file_okay=False), help="Folder of a published data set.")
@_file("query-codes", "Codes that ask, from anywhere, instead of a run; .npy or .parquet.", "FILE")
@_file("database-codes", "Codes that answer.", "FILE")
@_file("query-labels", "Classes (rows,), numbers or text, or 0/1 (rows, classes).")
@_file("database-labels", "As --query-labels.")
@_file("query-features", "Features behind the codes, for the uncompressed reference.")
@_file("database-features", "As --query-features.")
@click.option(
    "--bits",
    type=click.IntRange(1),
    help="Bits of packed uint8 codes; one bit a column and the .parquet of ucch encode say theirs.",
)
@code_format_option
@click.option(
    "--chunk-rows", type=click.IntRange(1), default=1 << 20, show_default=True, help="Database rows at a time."
)
@click.option("--protocol", type=Choice(["ucch", "djsrh", "unihash"]), default="ucch", show_default=True,
              help="How those papers compute MAP; the next four change single choices.")  # fmt: skip
@click.option("--cutoff", type=click.IntRange(0), help="Last rank that counts; 0 for all.")
@click.option("--ties", type=Choice(["expected", "stable", "optimistic", "pessimistic"]), help="Order of ties.")
@click.option("--no-relevant", type=Choice(["skip", "zero"]), help="Queries without a relevant item.")
@click.option("--denominator", type=Choice(["relevant", "retrieved"]), help="What AP divides by.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the bootstrap intervals.")
@click.option("--allow-overlap", is_flag=True, help="Accept queries that stand in the training set or the database.")
@click.option(
    "--beir",
    metavar="DIR",
    type=InputPath(file_okay=False),
    help="Evaluate runs on corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv: nDCG@10 beside the features'.",
)
@click.option("--beir-split", metavar="NAME", default="test", show_default=True, help="Split of the judgements.")
@click.option("--text-encoder", metavar="NAME[:ARG]", help="Where the text encoder of the runs is now.")
@click.option(
    "--out", metavar="DIR", type=OutputPath(file_okay=False, parents=True), help="New folder for report and pictures."
)
@click.option("--json", "form", flag_value="json", help="Print one JSON object.")
@click.option("--csv", "form", flag_value="csv", help="Print the table as CSV.")
@click.option("--latex", "form", flag_value="latex", help="Print the table as LaTeX.")
@debug_option
def command(runs: tuple[Path, ...], form: str | None, out: Path | None, **options: Any) -> None:
    """Evaluate run folders, or codes from anywhere: MAP beside chance, intervals, health, pictures.

    A single RUN on its own data gets its report, report.html and pictures renewed, those of another protocol in a
    folder of their own beside them; several RUNs are compared query by query with the first. Everything else is only
    printed, unless --out names a new folder for it. Processes started by torchrun share the work.

    \b
    ucch eval runs/digits-64 --json
    ucch eval runs/a runs/b --data wikipedia --data-root DIR --out compared
    ucch eval --query-codes q.npy --database-codes d.npy --query-labels lq.npy --database-labels ld.npy --bits 64
    ucch eval runs/captions --beir beir/scifact --json
    """
    if options["beir"] is not None:
        from .beir import evaluate_sets

        return evaluate_sets(runs, form, out, options)
    given = [name for name in _FILES if options[name] is not None]
    if bool(runs) == bool(given):
        raise click.UsageError("name either run folders or files of codes, see --help")
    if out is not None:
        _check_new(out)

    import torch

    from ucch.training import processes

    with processes(torch.device("cpu")) as world:
        evaluate = partial(_evaluate_runs, runs) if runs else partial(_evaluate_files, given)
        reports, comparison = evaluate(options, world)
    if world.rank:
        return
    if out is not None:
        _write(out, reports, comparison)
    elif len(runs) == 1 and options["data"] is None:
        from ucch.evaluation import write_run_report
        from ucch.runs import RunFolder

        write_run_report(RunFolder(runs[0]), reports[0])
    _print(form or "table", reports, comparison)


def _protocol(options: dict[str, Any]) -> Any:
    from dataclasses import replace

    from ucch.metrics import PROTOCOLS

    changes = {name: options[name] for name in ("ties", "no_relevant", "denominator") if options[name] is not None}
    if options["cutoff"] is not None:
        changes["cutoff"] = options["cutoff"] or None
    return replace(PROTOCOLS[options["protocol"]], **changes)


def _evaluate_runs(
    runs: tuple[Path, ...], options: dict[str, Any], world: World
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    from ucch.data import check_overlap
    from ucch.evaluation import compare_runs, measure_run
    from ucch.runs import RunFolder
    from ucch.training.growing import kept_codes, run_dataset

    evaluations = []
    for path in runs:
        run = RunFolder.open(path)
        recipe = run.recipe()
        root = None if options["data_root"] is None else str(options["data_root"])
        dataset = run_dataset(recipe, options["data"], root)
        kept = {} if options["data"] else kept_codes(run, dataset)
        if not options["allow_overlap"]:
            check_overlap(dataset)
        asked: dict[str, Any] = {"protocol": _protocol(options), "seed": options["seed"], "world": world}
        evaluations.append(measure_run(run, dataset, kept=kept, **asked))
    reports = [evaluation.report for evaluation in evaluations]
    if len(reports) == 1:
        return reports, []
    return reports, compare_runs(reports, [evaluation.rankings for evaluation in evaluations], seed=options["seed"])


def _evaluate_files(
    given: list[str], options: dict[str, Any], world: World
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    from ucch.evaluation import CodeFiles, evaluate_files

    missing = ["--" + name.replace("_", "-") for name in _FILES[:4] if name not in given]
    if missing:
        raise click.UsageError(f"codes from anywhere need {', '.join(missing)} too")
    report = evaluate_files(
        CodeFiles(**{name: options[name] for name in _FILES}),
        n_bits=options["bits"],
        code_format=options["code_format"],
        protocol=_protocol(options),
        seed=options["seed"],
        chunk_rows=options["chunk_rows"],
        allow_overlap=options["allow_overlap"],
        world=world,
    )
    return [report], []


def _check_new(out: Path) -> None:
    from ucch.errors import RunError

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunError(f"{out} already holds something; name another folder with --out")


def _write(out: Path, reports: list[dict[str, Any]], comparison: list[dict[str, Any]]) -> None:
    from ucch.evaluation import html_report, write_plots
    from ucch.files import write_atomically

    labels = [Path(report.get("run", report["data"])).name for report in reports]
    out.mkdir(parents=True, exist_ok=True)
    pictures = write_plots(reports, labels, out / "plots")
    write_atomically(out / "report.html", html_report(reports, labels, pictures, comparison))
    write_atomically(out / "report.json", json.dumps(_object(reports, comparison), indent=2) + "\n")


def _object(reports: list[dict[str, Any]], comparison: list[dict[str, Any]]) -> dict[str, Any]:
    return reports[0] if len(reports) == 1 else {"runs": reports, "comparison": comparison}


def _print(form: str, reports: list[dict[str, Any]], comparison: list[dict[str, Any]]) -> None:
    from ucch.evaluation import as_csv, as_latex, comparison_rows, report_rows

    from .tables import comparison_table, report_table

    if form == "json":
        click.echo(json.dumps(_object(reports, comparison)))
        return
    console = Console()
    for report in reports:
        if form == "table":
            console.print(report_table(report))
        else:
            click.echo((as_csv if form == "csv" else as_latex)(report_rows(report)), nl=False)
    if comparison and form == "table":
        console.print(comparison_table(comparison))
    elif comparison:
        click.echo((as_csv if form == "csv" else as_latex)(comparison_rows(comparison)), nl=False)
