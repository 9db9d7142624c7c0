from .beir import RetrievalSet, read_beir
from .catalog import DATASETS, dataset_entry, load_dataset
from .check import dataset_problems, file_problems
from .code_column import CodeColumn
from .convert import convert_dataset
from .dataset import ItemDataset, PairedDataset
from .digits import load_digits_pairs
from .entry import DatasetEntry
from .item_files import load_items
from .items import Items
from .labels import multi_hot
from .near_rows import NearRows, near_rows
from .negative_labels import NegativeLabelGenerator
from .npz import load_npz, save_npz
from .overlap import check_overlap
from .pairs import Pairs, as_pairs
from .pseudo_labels import PSEUDO_LABELS, pseudo_labels
from .raw_images import RawImages
from .scaling import FeatureScaler
from .tag_halves import load_tag_halves
from .wikipedia import load_wikipedia

__all__ = [
    "DATASETS",
    "PSEUDO_LABELS",
    "CodeColumn",
    "DatasetEntry",
    "FeatureScaler",
    "ItemDataset",
    "Items",
    "NearRows",
    "NegativeLabelGenerator",
    "PairedDataset",
    "Pairs",
    "RawImages",
    "RetrievalSet",
    "as_pairs",
    "check_overlap",
    "convert_dataset",
    "dataset_entry",
    "dataset_problems",
    "file_problems",
    "load_dataset",
    "load_digits_pairs",
    "load_items",
    "load_npz",
    "load_tag_halves",
    "load_wikipedia",
    "multi_hot",
    "near_rows",
    "pseudo_labels",
    "read_beir",
    "save_npz",
]
