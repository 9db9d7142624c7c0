"""Extraction: folders of photographs and files of captions to features, with a cache."""

from __future__ import annotations

from .cache import FeatureCache, default_cache_folder
from .code_files import check_new, ids_path, write_codes
from .extract import Extraction, extract, split_images
from .image_features import BadFile, ImageFeatures, encode_images
from .list_images import list_images
from .npz_file import load_extraction_npz, read_npz_encoders, save_extraction_npz
from .parquet_file import read_parquet_encoders, save_extraction_parquet
from .run_encoders import read_run_encoders, run_encoder, write_run_encoders, write_tuned_weights
from .text_features import encode_texts
from .tuned import with_tuned_images

__all__ = [
    "BadFile",
    "Extraction",
    "FeatureCache",
    "ImageFeatures",
    "check_new",
    "default_cache_folder",
    "encode_images",
    "encode_texts",
    "extract",
    "ids_path",
    "list_images",
    "load_extraction_npz",
    "read_npz_encoders",
    "read_parquet_encoders",
    "read_run_encoders",
    "run_encoder",
    "save_extraction_npz",
    "save_extraction_parquet",
    "split_images",
    "with_tuned_images",
    "write_codes",
    "write_run_encoders",
    "write_tuned_weights",
]
