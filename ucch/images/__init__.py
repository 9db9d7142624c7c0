"""From image files to pixel arrays, in worker processes. Imports neither torch nor transformers: workers start fast."""

from __future__ import annotations

from .augment import Augmented
from .decode import DECODING_VERSION, BadImageError, decode_image
from .perceptual_hash import hash_pictures, near_pairs, perceptual_hash
from .pool import DecodedImage, ImagePool, default_workers
from .resize_crop import ResizeCrop
from .sources import ImageSource, open_images

__all__ = [
    "DECODING_VERSION",
    "Augmented",
    "BadImageError",
    "DecodedImage",
    "ImagePool",
    "ImageSource",
    "ResizeCrop",
    "decode_image",
    "default_workers",
    "hash_pictures",
    "near_pairs",
    "open_images",
    "perceptual_hash",
]
