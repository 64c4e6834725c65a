"""What a sent file is, found from what it holds, and its picture alone.

The picture is decoded and encoded anew. Nothing of the file comes along but its pixels: no EXIF and so
no place where it was taken, no colour profile, no text, no second file behind or inside of it. The
orientation that EXIF tells is applied; of an animation the first picture stays.
"""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from transactional.errors import ShopProblem

MAX_PIXELS = 25_000_000
MAX_SIDE_PIXELS = 16_000
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
OPTIONS = {"JPEG": {"quality": 90}, "PNG": {}, "WEBP": {"quality": 90, "method": 2}}
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class ImageTypeProblem(ShopProblem):
    """The file is no JPEG, PNG or WebP, whatever it is called."""

    type, title, status = "/problems/image-type", "Unsupported media type", 415


class ImageProblem(ShopProblem):
    """The picture cannot be shown: it is broken, or has too many pixels."""

    type, title, status = "/problems/image", "Unusable image", 422


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored; `sha256` is of `content`, in hexadecimal."""

    content: bytes
    sha256: str
    media_type: str
    width: int
    height: int


def read_picture(sent: bytes) -> Picture:
    """Return the picture that a file holds, encoded anew in its own format.

    It computes for up to some seconds, without holding the interpreter for most of it.

    Raises
    ------
    ImageTypeProblem
        If the content is no JPEG, PNG or WebP.
    ImageProblem
        If it does not decode to its end, or has more than 25 million pixels, which is looked at
        before any is decoded.
    """
    try:
        image = _opened(sent)
        kind = "JPEG" if image.format == "MPO" else str(image.format)  # a JPEG with more behind it
        pixels = _pixels(image)
    except BOMBS as error:
        raise _too_many_pixels() from error
    except ShopProblem:
        raise
    except Exception as error:  # a broken file can make a decoder raise anything
        raise ImageProblem("The file is broken. Save the picture anew and send that.") from error
    encoded = io.BytesIO()
    pixels.save(encoded, kind, **OPTIONS[kind])
    content = encoded.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return Picture(content, digest, MEDIA_TYPES[kind], pixels.width, pixels.height)


def _opened(sent: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(sent), formats=tuple(MEDIA_TYPES))
    except UnidentifiedImageError as error:
        raise ImageTypeProblem("Send a JPEG, PNG or WebP; this is none of them.") from error


def _pixels(image: Image.Image) -> Image.Image:
    """Return a picture without anything else, in a mode that all browsers show."""
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE_PIXELS:
        raise _too_many_pixels()
    upright = ImageOps.exif_transpose(image)
    image.close()  # its pixels were copied, and may be many
    is_grey = upright.mode in ("1", "L", "I;16")
    mode = "RGBA" if upright.has_transparency_data else "L" if is_grey else "RGB"
    plain = upright if upright.mode == mode else upright.convert(mode)
    plain.info = {}  # what an encoder would write beside the pixels
    return plain


def _too_many_pixels() -> ImageProblem:
    return ImageProblem(
        f"A picture has at most {MAX_PIXELS} pixels and {MAX_SIDE_PIXELS} on a side. Make it smaller."
    )
