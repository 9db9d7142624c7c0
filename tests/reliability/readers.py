"""Every kind of file that is read, by name."""

from __future__ import annotations

from tests.reliability.bad_arrays import npy_honest, npy_hostile, npz_honest, npz_hostile, read_npy_file, read_npz_file
from tests.reliability.bad_matrices import (
    mat4_honest,
    mat4_hostile,
    mat5_honest,
    mat5_hostile,
    mat73_honest,
    mat73_hostile,
    read_mat_file,
)
from tests.reliability.bad_pictures import (
    clip_honest,
    clip_hostile,
    read_clip_part,
    read_pictures,
    shard_honest,
    shard_hostile,
    table_honest,
    table_hostile,
)
from tests.reliability.bad_records import (
    CAPTIONS,
    captions_hostile,
    parquet_honest,
    parquet_hostile,
    read_captions_file,
    read_parquet_file,
    recipe_hostile,
)
from tests.reliability.bad_runs import index_honest, index_hostile, read_index, read_run_file, run_honest, run_hostile
from tests.reliability.bad_tensors import read_tensor_file, tensors_honest, tensors_hostile
from tests.reliability.family import Family, each
from tests.training.kit import small_recipe
from ucch.recipe import load_recipe

__all__ = ["FAMILIES"]

FAMILIES: dict[str, Family] = {
    "npz": Family(npz_honest, read_npz_file, npz_hostile),
    "tensors": Family(tensors_honest, read_tensor_file, tensors_hostile),
    "npy": Family(npy_honest, read_npy_file, npy_hostile, text=True),
    "mat5": Family(mat5_honest, read_mat_file, mat5_hostile),
    "mat4": Family(mat4_honest, read_mat_file, mat4_hostile),
    "mat73": Family(mat73_honest, read_mat_file, mat73_hostile),
    "parquet": Family(parquet_honest, read_parquet_file, parquet_hostile),
    "captions": Family(lambda: dict(CAPTIONS), read_captions_file, captions_hostile, text=True),
    "shards": Family(shard_honest, read_pictures, shard_hostile),
    "tables": Family(table_honest, read_pictures, table_hostile),
    "clip-retrieval": Family(clip_honest, read_clip_part, clip_hostile),
    "recipe": Family(
        lambda: {"recipe.toml": small_recipe().to_toml().encode()},
        lambda path: each(lambda: load_recipe(path)),
        recipe_hostile,
        text=True,
    ),
    "run": Family(run_honest, read_run_file, run_hostile, text=True),
    "index": Family(index_honest, read_index, index_hostile, text=True),
}
