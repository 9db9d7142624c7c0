"""One image file's bytes to an upright RGB picture, or the reason why not."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DECODING_VERSION", "MAX_PIXELS", "MAX_RATIO", "BadImageError", "decode_image"]

DECODING_VERSION = 1  # a change of the rules below changes features; raise it then, caches ask for it
MAX_PIXELS = 1 << 27  # 400 MB as RGB; read from the header, before any pixel is unpacked
MAX_RATIO = 100  # a picture of 1 x 100,000 would become gigabytes once its shorter side is resized


class BadImageError(DataError):
    """An image file cannot be used; the message is the reason, without the file's name."""


def decode_image(content: bytes, enough: int | None = None) -> Image:
    """Decode the bytes of an image file into an upright RGB picture.

    * The EXIF orientation is applied; a damaged EXIF block is ignored.
    * Transparent pixels, palettes with a transparent entry included, are laid on white.
    * Of an animation the first frame is taken.
    * 16-bit grey values are divided by 256, not clipped; CMYK, grey and the others are converted by Pillow.

    Args:
        content: a whole file in any format that Pillow reads.
        enough: pixels of each side that will do: a JPEG may come at a half, a quarter or an eighth of its size, which
            is faster, where no side falls below this.

    Raises:
        BadImageError: empty, no image, cut off, over 2^27 pixels, longer than 100 times its width (or the reverse),
            or of a kind with no rule for 8-bit colours.
    """
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise BadImageError("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd metadata; the rules here decide
            with Image.open(io.BytesIO(content)) as picture:
                _check_size(picture.size)
                if enough is not None:
                    picture.draft(None, (enough, enough))
                picture.load()
                return _upright_rgb(picture)
    except BadImageError:
        raise
    except UnidentifiedImageError:
        raise BadImageError("no image that Pillow can read") from None
    except Image.DecompressionBombError as error:
        raise BadImageError(f"too many pixels: {error}") from None
    except Exception as error:  # damaged files fail in as many ways as there are decoders
        raise BadImageError(f"damaged: {' '.join(str(error).split()) or type(error).__name__}") from None


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise BadImageError(f"{width} x {height} pixels are more than the limit of {MAX_PIXELS:,}")
    if max(size) > MAX_RATIO * min(size):
        raise BadImageError(f"{width} x {height} pixels: one side is over {MAX_RATIO} times the other")


def _upright_rgb(picture: Image) -> Image:
    from PIL import ImageOps

    try:
        picture = ImageOps.exif_transpose(picture)
    except Exception:  # a damaged EXIF block is no reason to lose the picture
        picture = picture.copy()
    if picture.mode.startswith(("I", "F")):
        return _deep_grey(picture).convert("RGB")
    if "A" in picture.getbands() or "a" in picture.getbands() or "transparency" in picture.info:
        return _on_white(picture)
    return picture.convert("RGB")


def _deep_grey(picture: Image) -> Image:
    from PIL import Image

    values = np.asarray(picture)
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() > 0xFFFF:
        raise BadImageError(f"grey values of mode {picture.mode} outside 0 to 65,535 have no rule for 8 bits")
    return Image.fromarray((values >> 8).astype(np.uint8))


def _on_white(picture: Image) -> Image:
    from PIL import Image

    layer = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
