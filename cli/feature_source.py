"""Where a run's features come from: a data set, a feature file, or photographs that are encoded first."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from .extraction_options import cache_folder, import_from_here, worker_count

if TYPE_CHECKING:
    from ucch.collectives import World
    from ucch.data import ItemDataset
    from ucch.encoders import EncoderCard
    from ucch.extraction import Extraction
    from ucch.recipe import Recipe
    from ucch.runs import RunFolder
    from ucch.training import FineTuning

__all__ = ["extraction_summary", "feature_cards", "keep_tuned", "new_run", "old_run", "open_tuning"]

# in the run folder, where the run took its features from photographs
FEATURES = "features.npz"
SUMMARY = "extraction.json"  # what ucch extract --json prints
FROZEN = "features-frozen.npz"  # those of the encoder before training, where the run trains it too


def new_run(
    console: Console,
    out: Path | None,
    recipe: Recipe,
    device: Any,
    *,
    check: Callable[[ItemDataset, Extraction | None], None],
    world: World,
    **encoding: Any,
) -> tuple[RunFolder, ItemDataset]:
    """Load or extract the features of a new run, then make its folder, with the encoders' cards in it.

    Of several processes the first does so, and the others load what it names.

    Args:
        console: stderr.
        out: the folder; None takes the next free one in ``runs/``.
        recipe: names data or photographs.
        device: where encoders run.
        check: called with the data set and the extraction it comes from, if any, before the folder is made; raises
            where it must not be trained on.
        world: the processes that train together.
        encoding: the options of :func:`~ucch.cli.extraction_options.encoding_options`.

    Raises:
        RunError: several processes were given photographs.
    """
    from ucch.runs import RunFolder
    from ucch.training import on_first
    from ucch.training.growing import run_dataset

    made: list[tuple[RunFolder, ItemDataset]] = []

    def make() -> str:
        _check_photographs(recipe, world)
        made.append(_make_run(console, out, recipe, device, check=check, **encoding))
        return str(made[0][0].path)

    path = on_first(world, make)
    if made:
        return made[0]
    run = RunFolder.open(path)
    return run, run_dataset(recipe)


def _make_run(
    console: Console,
    out: Path | None,
    recipe: Recipe,
    device: Any,
    *,
    check: Callable[[ItemDataset, Extraction | None], None],
    **encoding: Any,
) -> tuple[RunFolder, ItemDataset]:
    from ucch.extraction import write_run_encoders
    from ucch.runs import RunFolder, free_run_path
    from ucch.training import check_fine_tuning, check_optimizer
    from ucch.training.growing import run_dataset, with_replayed

    source = recipe.source
    check_optimizer(recipe)
    if recipe.fine_tuning.enabled:
        check_fine_tuning(recipe)
        _check_encoder(source.image_encoder)
    stem = Path(source.images).name if source.images else Path(recipe.data).stem
    path = RunFolder.check_new(out or free_run_path(Path("runs"), f"{stem}-{recipe.bits}")).path
    if not source.images:
        dataset = run_dataset(recipe)
        if Path(recipe.data).is_dir():
            n_query = len(dataset.query.views["text"])
            n_rows = len(dataset.train.views["text"]) + n_query
            console.print(f"{recipe.data}: {n_rows:,} rows read, 0 left out; {n_query:,} are queries")
        check(dataset, None)
        cards = feature_cards(Path(recipe.data))
        run = RunFolder.create(path, recipe)
        if cards:
            write_run_encoders(run.path, cards)
        return run, dataset
    extraction = _extract(console, recipe, device, **encoding)
    dataset = with_replayed(recipe, extraction.dataset)
    check(dataset, extraction)
    run = RunFolder.create(path, recipe.model_copy(update={"data": str(path.resolve() / FEATURES)}))
    _keep(run, extraction)
    return run, dataset


def old_run(
    console: Console, out: Path, device: Any, *, world: World, **encoding: Any
) -> tuple[RunFolder, ItemDataset]:
    """Load a run that is resumed; photographs are encoded again if it stopped before their features were kept."""
    from ucch.extraction import read_run_encoders, write_run_encoders
    from ucch.runs import RunFolder
    from ucch.training.growing import run_dataset

    run = RunFolder.open(out)
    recipe = run.recipe()
    path = Path(recipe.data)
    if recipe.fine_tuning.enabled:
        path = path.with_name(FROZEN)
    if recipe.source.images and not path.exists():
        _check_photographs(recipe, world)
        _keep(run, _extract(console, recipe, device, **encoding))
    if world.rank == 0 and not recipe.source.images and not read_run_encoders(run.path):
        cards = feature_cards(Path(recipe.data))
        if cards:
            write_run_encoders(run.path, cards)  # the run was killed before it had them
    return run, run_dataset(recipe.model_copy(update={"data": str(path) if recipe.source.images else recipe.data}))


def extraction_summary(run: RunFolder) -> dict[str, Any]:
    """What the extraction of a run's photographs gave and left out, under ``extraction``; empty without one."""
    from ucch.errors import RunError
    from ucch.plain_json import parse_json

    path = run.path / SUMMARY
    if not path.is_file():
        return {}
    try:
        return {"extraction": parse_json(path.read_bytes())}
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


def _check_photographs(recipe: Recipe, world: World) -> None:
    from ucch.errors import RunError

    if world.size > 1 and recipe.source.images:
        raise RunError(
            f"photographs are encoded by one process, got {world.size}; make features with ucch extract, then train"
            " on them with --data"
        )


def open_tuning(run: RunFolder, device: Any, **encoding: Any) -> AbstractContextManager[FineTuning | None]:
    """The image encoder and the training photographs of a run whose recipe trains both; None for other runs."""
    from ucch.encoders import check_same, image_encoder
    from ucch.extraction import load_extraction_npz
    from ucch.images import open_images
    from ucch.training import FineTuning

    recipe = run.recipe()
    if not recipe.fine_tuning.enabled:
        return nullcontext()
    import_from_here()
    extraction = load_extraction_npz(run.path / FROZEN)
    encoder = image_encoder(recipe.source.image_encoder, device=device)
    check_same(encoder, extraction.encoders["image"], "image")
    paths = open_images(Path(recipe.source.images)).chosen(extraction.image_ids["train"])
    return FineTuning(encoder, paths, recipe, workers=worker_count(encoding["workers"]))


def keep_tuned(console: Console, run: RunFolder, tuning: FineTuning, **encoding: Any) -> ItemDataset:
    """Put the trained image encoder and its features of the same photographs into the run folder.

    Its card comes last: until then nothing can be encoded by this run.
    """
    from ucch.data import load_npz
    from ucch.extraction import (
        load_extraction_npz,
        save_extraction_npz,
        with_tuned_images,
        write_run_encoders,
        write_tuned_weights,
    )

    from .encoding_progress import EncodingProgress

    encoder = tuning.finish()
    with EncodingProgress(console) as shown:
        extraction = with_tuned_images(
            load_extraction_npz(run.path / FROZEN),
            Path(run.recipe().source.images),
            encoder,
            batch_size=encoding["batch_size"],
            workers=worker_count(encoding["workers"]),
            cache_folder=cache_folder(encoding["cache"]),
            on_progress=shown,
        )
    write_tuned_weights(run.path, encoder)
    save_extraction_npz(run.path / FEATURES, extraction, overwrite=True)
    write_run_encoders(run.path, extraction.encoders)
    return load_npz(run.path / FEATURES)


def _keep(run: RunFolder, extraction: Extraction) -> None:
    from ucch.extraction import save_extraction_npz, write_run_encoders
    from ucch.files import write_atomically

    from .extract import summary

    write_atomically(run.path / SUMMARY, json.dumps(summary(extraction)))
    if run.recipe().fine_tuning.enabled:
        save_extraction_npz(run.path / FROZEN, extraction)
        return
    write_run_encoders(run.path, extraction.encoders)
    save_extraction_npz(run.path / FEATURES, extraction)


def _check_encoder(spec: str) -> None:
    """Refuse an image encoder that cannot be trained before any photograph is read."""
    from ucch.encoders import image_encoder
    from ucch.training import check_tunable

    import_from_here()
    check_tunable(image_encoder(spec))


def _extract(console: Console, recipe: Recipe, device: Any, **encoding: Any) -> Any:
    from .extract import run_extraction

    source = {**recipe.source.model_dump(), "one_sided": recipe.pairs.one_sided}
    source |= {name: Path(source[name]) for name in ("images", "captions")}
    return run_extraction(console, name=Path(FEATURES).stem, device=device, **source, **encoding)


def feature_cards(path: Path) -> dict[str, EncoderCard]:
    """What a feature file says of its encoders; nothing for data sets by name."""
    from ucch.extraction import read_npz_encoders, read_parquet_encoders

    readers: dict[str, Callable[[Path], dict[str, EncoderCard]]] = {
        ".npz": read_npz_encoders,
        ".parquet": read_parquet_encoders,
    }
    return readers[path.suffix](path) if path.suffix in readers and path.is_file() else {}
