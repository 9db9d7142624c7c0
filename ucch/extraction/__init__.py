"""Extraction: folders of photographs and files of captions to features, with a cache."""

from __future__ import annotations

from .cache import FeatureCache, default_cache_folder
from .code_files import check_new, code_writer, ids_path, write_codes
from .copies import Copies, CopyCount, find_copies
from .encode_files import encode_file, encode_folder, encode_rows, files_to_encode
from .extract import Extraction, check_copies, extract
from .feature_file import FeatureFile, open_features
from .image_features import BadFile, ImageFeatures, encode_images
from .npz_file import load_extraction_npz, read_npz_encoders, save_extraction_npz
from .parquet_file import read_parquet_encoders, save_extraction_parquet
from .query_split import split_images
from .ray_data import encode_with_ray
from .run_encoders import read_run_encoders, run_encoder, write_run_encoders, write_tuned_weights
from .table_column import TableColumn, TableFeatures, open_column
from .text_features import encode_texts
from .tuned import with_tuned_images

__all__ = [
    "BadFile",
    "Copies",
    "CopyCount",
    "Extraction",
    "FeatureCache",
    "FeatureFile",
    "ImageFeatures",
    "TableColumn",
    "TableFeatures",
    "check_copies",
    "check_new",
    "code_writer",
    "default_cache_folder",
    "encode_file",
    "encode_folder",
    "encode_images",
    "encode_rows",
    "encode_texts",
    "encode_with_ray",
    "extract",
    "files_to_encode",
    "find_copies",
    "ids_path",
    "load_extraction_npz",
    "open_column",
    "open_features",
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
