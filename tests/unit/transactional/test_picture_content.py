"""What of a sent file is kept: its picture, and nothing else (transactional.catalogue.images.content)."""

import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from transactional.catalogue.images.content import (
    ImageProblem,
    ImageTypeProblem,
    read_picture,
)

PAYLOAD = b"<script>alert(1)</script>PK\x03\x04"


def file_of(kind, size=(4, 2), mode="RGB", colour="red", **options):
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, kind, **options)
    return content.getvalue()


def reopened(picture):
    return Image.open(io.BytesIO(picture.content))


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_picture_keeps_its_format_and_size_and_is_named_by_its_digest(kind, media_type):
    picture = read_picture(file_of(kind))

    assert (picture.media_type, picture.width, picture.height) == (media_type, 4, 2)
    assert picture.sha256 == hashlib.sha256(picture.content).hexdigest()
    assert reopened(picture).format == kind


def test_the_same_file_becomes_the_same_bytes():
    assert read_picture(file_of("JPEG")) == read_picture(file_of("JPEG"))


def test_where_a_picture_was_taken_is_not_kept_and_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    exif[0x010F] = "Anns camera"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    sent = file_of("JPEG", size=(4, 2), exif=exif)

    picture = read_picture(sent)

    assert b"Anns camera" in sent
    assert b"Anns camera" not in picture.content
    assert dict(reopened(picture).getexif()) == {}
    assert (picture.width, picture.height) == (2, 4)


def with_text(kind):
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", PAYLOAD.decode("latin-1"))
        return file_of(kind, pnginfo=info)
    return file_of(kind, **({"comment": PAYLOAD} if kind == "JPEG" else {"xmp": PAYLOAD}))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_is_two_things_becomes_a_picture_only(kind):
    behind, inside = file_of(kind) + PAYLOAD, with_text(kind)

    pictures = [read_picture(behind), read_picture(inside)]

    assert PAYLOAD in inside
    assert [PAYLOAD in picture.content for picture in pictures] == [False, False]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"%PDF-1.7",
        PAYLOAD + file_of("PNG"),
        file_of("GIF", mode="P", colour=1),
        file_of("BMP"),
        file_of("TIFF"),
    ],
    ids=["empty", "text", "svg", "pdf", "behind-html", "gif", "bmp", "tiff"],
)
def test_what_is_no_jpeg_png_or_webp_is_refused(sent):
    with pytest.raises(ImageTypeProblem):
        read_picture(sent)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_was_cut_off_is_refused(kind):
    sent = file_of(kind, size=(64, 64), colour=None)

    with pytest.raises(ImageProblem):
        read_picture(sent[: len(sent) * 2 // 3])


def png_of_size(width, height):
    """A PNG that says it is that large and holds no more than a few bytes of it."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(b"0" * 9))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size", [(5001, 5000), (16_001, 1), (50_000, 50_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_before_its_pixels_are_made(size):
    with pytest.raises(ImageProblem, match="at most 25000000 pixels"):
        read_picture(png_of_size(*size))


def test_of_a_jpeg_with_more_pictures_behind_it_the_first_stays():
    """Telephones send such files (MPO)."""
    sent = io.BytesIO()
    first, second = (Image.new("RGB", size, "red") for size in ((4, 2), (8, 8)))
    first.save(sent, "MPO", save_all=True, append_images=[second])

    picture = read_picture(sent.getvalue())

    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 4, 2)
    assert picture.content.count(b"\xff\xd8\xff") == 1


def test_transparency_and_grey_stay():
    clear = reopened(read_picture(file_of("PNG", mode="RGBA", colour=(1, 2, 3, 4))))
    grey = reopened(read_picture(file_of("PNG", mode="L", colour=7)))

    assert clear.getpixel((0, 0)) == (1, 2, 3, 4)
    assert (grey.mode, grey.getpixel((0, 0))) == ("L", 7)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(("JPEG", "PNG", "WEBP")),
    at=st.integers(0, 500),
    junk=st.binary(min_size=1, max_size=8),
)
def test_whatever_is_wrong_with_a_file_it_is_shown_or_refused(kind, at, junk):
    sent = bytearray(file_of(kind, size=(9, 9)))
    at %= len(sent)
    sent[at : at + len(junk)] = junk

    try:
        picture = read_picture(bytes(sent))
    except (ImageTypeProblem, ImageProblem):
        return
    assert reopened(picture).size == (picture.width, picture.height)
