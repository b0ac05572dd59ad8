import os
import sys

import cv2
import numpy as np
import pytest

from converters.errors import PictureError
from converters.pictures import decode_small, displayed_size, read_header
from converters.reading.picture_index import PictureIndex
from support.annotated_sets import draw_scene


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.png", "a.bmp", "a.webp", "a.tiff"])
def test_size_of_each_format(picture, name):
    assert displayed_size(picture(name, 123, 45)) == (123, 45)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_rotated_pictures_are_measured_and_decoded_as_opencv_shows_them(tmp_path, orientation, suffix):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(draw_scene(1, 96, 64)).save(path, exif=exif)
    shown = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    header, decoded = decode_small(path, 96)
    assert displayed_size(path) == header.displayed == shown.shape[::-1]
    assert np.abs(decoded.astype(int) - shown).mean() < 3


def test_progressive_jpeg_without_exif(tmp_path):
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), draw_scene(1, 300, 200), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    assert displayed_size(path) == (300, 200)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00\x00" * 50, b"no picture", b"\x89PNG\r\n"]
)
def test_what_is_no_picture(tmp_path, data):
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    for look in (read_header, lambda path: decode_small(path, 192)):
        with pytest.raises(PictureError) as error:
            look(path)
        assert str(error.value).count(str(path)) == 1


def test_missing_picture(tmp_path):
    with pytest.raises(PictureError, match="no such file"):
        displayed_size(tmp_path / "none.jpg")


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_truncated_picture_has_a_size_but_does_not_decode(picture, suffix, kept):
    path = picture(f"a{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    assert displayed_size(path) == (320, 240)
    with pytest.raises(PictureError):
        decode_small(path, 192)
    assert path.stat().st_size == int(len(data) * kept)  # never mended in place


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P", "1", "I;16", "LA"])
def test_every_kind_of_pixel_decodes(tmp_path, mode):
    from PIL import Image

    suffix = ".jpg" if mode == "CMYK" else ".png"
    if mode == "I;16":
        Image.fromarray(draw_scene(1)[:, :, 0].astype(np.uint16) * 257).save(tmp_path / f"a{suffix}")
    else:
        Image.fromarray(draw_scene(1)).convert(mode).save(tmp_path / f"a{suffix}")
    header, decoded = decode_small(tmp_path / f"a{suffix}", 192)
    assert header.displayed == (320, 240)
    assert decoded.ndim == 2
    assert decoded.dtype == np.uint8
    assert decoded.std() > 20


def test_large_pictures_are_decoded_at_a_fraction_of_their_size(tmp_path):
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), np.zeros((1600, 3200, 3), np.uint8))
    _, decoded = decode_small(path, 192)
    assert decoded.shape == (200, 400)


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_heic_is_named_with_what_to_install(tmp_path, monkeypatch, brand):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.jpg").write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(12))
    with pytest.raises(PictureError, match=r"HEIC, which needs pillow-heif .*mask-detector\[heif\]"):
        read_header(tmp_path / "a.jpg")


def test_heic_is_read_where_pillow_heif_is_installed(tmp_path):
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    from PIL import Image

    heif.from_pillow(Image.fromarray(draw_scene(1))).save(tmp_path / "a.heic")
    header, decoded = decode_small(tmp_path / "a.heic", 192)
    assert (header.displayed, decoded.shape) == ((320, 240), (240, 320))


def test_a_picture_in_a_format_that_is_not_read_is_named_with_its_suffix(tmp_path):
    (tmp_path / "a.cr2").touch()
    with pytest.raises(PictureError, match=r"a\.cr2 is there, but \.cr2 is no format that is read"):
        PictureIndex([tmp_path]).find("A.CR2")
    with pytest.raises(PictureError, match="no such picture"):
        PictureIndex([tmp_path]).find("b.cr2")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    for look in (read_header, lambda path: decode_small(path, 192)):
        with pytest.raises(PictureError, match="no ordinary file"):
            look(tmp_path / "a.jpg")
