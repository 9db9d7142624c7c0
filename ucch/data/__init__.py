"""Paired data sets: readers, a catalog by name, and the feature scaling that belongs to a model."""

from __future__ import annotations

from .catalog import DATASETS, dataset_entry, load_dataset
from .check import dataset_problems
from .convert import convert_dataset
from .dataset import PairedDataset
from .digits import load_digits_pairs
from .entry import DatasetEntry
from .labels import multi_hot
from .npz import load_npz, save_npz
from .overlap import check_overlap
from .pairs import Pairs
from .raw_images import RawImages
from .scaling import FeatureScaler
from .tag_halves import load_tag_halves
from .wikipedia import load_wikipedia

__all__ = [
    "DATASETS",
    "DatasetEntry",
    "FeatureScaler",
    "PairedDataset",
    "Pairs",
    "RawImages",
    "check_overlap",
    "convert_dataset",
    "dataset_entry",
    "dataset_problems",
    "load_dataset",
    "load_digits_pairs",
    "load_npz",
    "load_tag_halves",
    "load_wikipedia",
    "multi_hot",
    "save_npz",
]
