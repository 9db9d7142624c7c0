"""The data sets of the catalog, one literal entry each.

File names, keys and splits of the feature sets are those that UCCH's published code reads; those of the caption sets
are the layout of VSE++ and its successors.
"""

from __future__ import annotations

from .array_spec import ArraySpec
from .caption_set import load_caption_set
from .digits import load_digits_pairs
from .entry import DatasetEntry
from .feature_set import load_feature_set
from .tag_halves import SOURCE as TAGS_SOURCE
from .tag_halves import load_tag_halves
from .wikipedia import SOURCE as WIKIPEDIA_SOURCE
from .wikipedia import load_wikipedia

__all__ = ["CAPTIONS", "FEATURES", "SMALL"]

_UCCH = "the UCCH authors' published features (data/README.md of https://github.com/penghu-cs/UCCH)"
_VSEPP = "the precomputed features of the VSE++ authors (https://github.com/fartashf/vsepp)"
_FLICKR = "photographs under the licences that their Flickr users chose"
_CAPTION_FILES = (
    ("train_ims.npy", "image features, a row per image or per caption"),
    ("train_caps.txt", "five lines per image"),
    ("test_ims.npy", "the same of the 1,000 test images"),
    ("test_caps.txt", "5,000 lines"),
)

FEATURES = (
    DatasetEntry(
        name="mirflickr25k",
        summary="MIRFLICKR-25K, photographs and tags, 24 labels",
        image="VGG-19 fc7, 4,096",
        text="tags, binary, 1,386",
        n_train=18015,
        n_query=2000,
        n_classes=24,
        source=f"{_UCCH}; photographs: https://press.liacs.nl/mirflickr",
        licence=f"{_FLICKR}, all Creative Commons; none stated for the features",
        reference="Huiskes and Lew, The MIR Flickr Retrieval Evaluation, MIR 2008",
        load=load_feature_set,
        arrays=(
            ArraySpec("image", "mirflickr25k-iall-vgg.mat", "XAll", 20015, 4096),
            ArraySpec("text", "mirflickr25k-yall.mat", "YAll", 20015, 1386),
            ArraySpec("label", "mirflickr25k-lall.mat", "LAll", 20015, 24),
        ),
        folder="MIRFLICKR25K",
        raw_images=("mirflickr25k-iall.mat", "IAll"),
    ),
    DatasetEntry(
        name="iapr-tc12",
        summary="IAPR TC-12, photographs and descriptions, 255 labels",
        image="CNN-F, 4,096",
        text="bag of words, 2,912",
        n_train=18000,
        n_query=2000,
        n_classes=255,
        source=_UCCH,
        licence="photographs and texts: free of charge for research, as their publisher states; none for the features",
        reference="Grubinger, Clough, Müller and Deselaers, The IAPR TC-12 Benchmark, OntoImage 2006",
        load=load_feature_set,
        arrays=(
            ArraySpec("image", "iapr-tc12-rand.mat", "VDatabase", 18000, 4096, "train"),
            ArraySpec("text", "iapr-tc12-rand.mat", "YDatabase", 18000, 2912, "train"),
            ArraySpec("label", "iapr-tc12-rand.mat", "databaseL", 18000, 255, "train"),
            ArraySpec("image", "iapr-tc12-rand.mat", "VTest", 2000, 4096, "query"),
            ArraySpec("text", "iapr-tc12-rand.mat", "YTest", 2000, 2912, "query"),
            ArraySpec("label", "iapr-tc12-rand.mat", "testL", 2000, 255, "query"),
        ),
        folder="IAPR-TC12",
    ),
    DatasetEntry(
        name="nus-wide-tc10",
        summary="NUS-WIDE, photographs and tags of the ten most frequent concepts",
        image="VGG-19 fc7, 4,096",
        text="tags, binary, 1,000",
        n_train=184457,
        n_query=2100,
        n_classes=10,
        source=_UCCH,
        licence=f"{_FLICKR}; tags and concepts for research only; none stated for the features",
        reference="Chua, Tang, Hong, Li, Luo and Zheng, NUS-WIDE, CIVR 2009",
        load=load_feature_set,
        arrays=(
            ArraySpec("image", "nus-wide-tc10-xall-vgg.mat", "XAll", 186557, 4096),
            ArraySpec("text", "nus-wide-tc10-yall.mat", "YAll", 186557, 1000),
            ArraySpec("label", "nus-wide-tc10-lall.mat", "LAll", 186557, 10),
        ),
        folder="NUS-WIDE-TC10",
        raw_images=("nus-wide-tc10-iall.mat", "IAll"),
    ),
    DatasetEntry(
        name="mscoco",
        summary="MS-COCO, photographs and captions, 80 labels",
        image="VGG-19 fc7, 4,096",
        text="Doc2Vec, 300",
        n_train=117218,
        n_query=5000,
        n_classes=80,
        source=f"{_UCCH}; photographs: https://cocodataset.org",
        licence=f"annotations CC BY 4.0, {_FLICKR}; none stated for the features",
        reference="Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014",
        load=load_feature_set,
        arrays=(
            ArraySpec("image", "MSCOCO_deep_doc2vec_data_rand.h5py", "XAll", 122218, 4096),
            ArraySpec("text", "MSCOCO_deep_doc2vec_data_rand.h5py", "YAll", 122218, 300),
            ArraySpec("label", "MSCOCO_deep_doc2vec_data_rand.h5py", "LAll", 122218, 80),
        ),
        folder="MSCOCO",
    ),
)

CAPTIONS = (
    DatasetEntry(
        name="flickr30k",
        summary="Flickr30K, five captions a photograph, no labels",
        image="as the file holds, VGG-19 fc7 4,096 as published",
        text="bag of words, up to 3,000",
        n_train=29000,
        n_query=1000,
        n_classes=0,
        source=f"{_VSEPP}; photographs: University of Illinois, on request",
        licence=f"{_FLICKR}; captions for non-commercial research",
        reference="Young, Lai, Hodosh and Hockenmaier, From Image Descriptions to Visual Denotations, TACL 2014",
        load=load_caption_set,
        other_files=_CAPTION_FILES,
        folder="f30k_precomp",
    ),
    DatasetEntry(
        name="flickr8k",
        summary="Flickr8K, five captions a photograph, no labels",
        image="as the file holds, VGG-19 fc7 4,096 as published",
        text="bag of words, up to 3,000",
        n_train=6000,
        n_query=1000,
        n_classes=0,
        source=f"{_VSEPP}; photographs: University of Illinois, on request",
        licence=f"{_FLICKR}; captions for non-commercial research",
        reference="Hodosh, Young and Hockenmaier, Framing Image Description as a Ranking Task, JAIR 2013",
        load=load_caption_set,
        other_files=_CAPTION_FILES,
        folder="f8k_precomp",
    ),
)

SMALL = (
    DatasetEntry(
        name="digits",
        summary="handwritten digits, left and right half",
        image="left half of 8 x 8 grey values, 32",
        text="right half, 32",
        n_train=1437,
        n_query=360,
        n_classes=10,
        source="scikit-learn, nothing to fetch",
        licence="CC BY 4.0",
        reference="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI repository, 1998",
        load=lambda entry, root: load_digits_pairs(),
        built_in=True,
    ),
    DatasetEntry(
        name="mirflickr-tags",
        summary="MIRFLICKR-25K, two halves of the tags (not image and text)",
        image="half of the tags, binary, 693",
        text="the other half, 693",
        n_train=12301,
        n_query=1500,
        n_classes=24,
        source=TAGS_SOURCE,
        licence="as mirflickr25k",
        reference="Huiskes and Lew, The MIR Flickr Retrieval Evaluation, MIR 2008",
        load=lambda entry, root: load_tag_halves(root),
        arrays=(
            ArraySpec("text", "mirflickr25k-yall.mat", "YAll", 20015, 1386),
            ArraySpec("label", "mirflickr25k-lall.mat", "LAll", 20015, 24),
        ),
    ),
    DatasetEntry(
        name="wikipedia",
        summary="Wikipedia articles, SIFT bag of visual words and LDA topics",
        image="SIFT bag of visual words, 128",
        text="LDA topics, 10",
        n_train=2173,
        n_query=693,
        n_classes=10,
        source=WIKIPEDIA_SOURCE,
        licence="texts CC BY-SA as on Wikipedia; none stated for the features",
        reference="Rasiwasia et al., A New Approach to Cross-Modal Multimedia Retrieval, ACM MM 2010",
        load=lambda entry, root: load_wikipedia(root),
        arrays=(
            ArraySpec("image", "raw_features.mat", "I_tr", 2173, 128, "train"),
            ArraySpec("text", "raw_features.mat", "T_tr", 2173, 10, "train"),
            ArraySpec("image", "raw_features.mat", "I_te", 693, 128, "query"),
            ArraySpec("text", "raw_features.mat", "T_te", 693, 10, "query"),
        ),
        other_files=(
            ("trainset_txt_img_cat.list", "text, image and category (1 to 10) a line"),
            ("testset_txt_img_cat.list", "the same of the queries"),
        ),
    ),
)
