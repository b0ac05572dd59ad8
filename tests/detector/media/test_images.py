import io
import os
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from detector.errors import SourceError
from detector.libraries import import_ultralytics
from detector.media.images import check_array, read_image
from support.sample_pictures import picture, save


def close(a: np.ndarray, b: np.ndarray, by: float = 3) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(float) - b).mean()) < by


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif"])
def test_common_formats_are_read_as_bgr(tmp_path: Path, suffix: str) -> None:
    image = picture()
    assert close(read_image(save(tmp_path / f"é 画{suffix}", image)), image)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_values_are_scaled(tmp_path: Path, suffix: str) -> None:
    grey = np.linspace(0, 65535, 80 * 60).reshape(60, 80).astype(np.uint16)
    read = read_image(save(tmp_path / f"grey{suffix}", grey))
    assert close(read, np.repeat((grey / 257)[..., None], 3, axis=2), by=1)
    colour = np.dstack([grey, grey[::-1], grey[:, ::-1]])
    assert close(read_image(save(tmp_path / f"colour{suffix}", colour)), colour / 257, by=1)


def test_grey_palette_and_cmyk_become_bgr(tmp_path: Path) -> None:
    image = picture()
    rgb = PIL.Image.fromarray(image[..., ::-1])
    rgb.convert("L").save(tmp_path / "grey.jpg")
    rgb.convert("P", palette=PIL.Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    rgb.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    rgb.convert("1").save(tmp_path / "bits.png")
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    assert close(read_image(tmp_path / "grey.jpg"), np.repeat(grey[..., None], 3, axis=2))
    assert close(read_image(tmp_path / "palette.png"), image, by=6)
    assert close(read_image(tmp_path / "cmyk.jpg"), image, by=6)
    assert set(np.unique(read_image(tmp_path / "bits.png"))) == {0, 255}


def test_transparent_parts_become_white(tmp_path: Path) -> None:
    image = picture()
    alpha = np.full(image.shape[:2], 255, np.uint8)
    alpha[:, :40] = 0
    read = read_image(save(tmp_path / "x.png", np.dstack([image, alpha])))
    assert (read[:, :40] == 255).all()
    assert (read[:, 40:] == image[:, 40:]).all()


def test_the_rotation_of_exif_is_applied(tmp_path: Path) -> None:
    image = picture(60, 80)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise
    PIL.Image.fromarray(image[..., ::-1]).save(tmp_path / "x.jpg", exif=exif, quality=95)
    assert close(read_image(tmp_path / "x.jpg"), np.rot90(image, -1))


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_an_orientation_outside_exif_is_passed_over_as_in_training(tmp_path: Path, suffix: str) -> None:
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    path = tmp_path / f"x{suffix}"
    PIL.Image.fromarray(picture()).save(path, xmp=xmp)
    with PIL.Image.open(path) as image:
        assert image.getexif()[0x0112] == 6  # what Pillow would follow
    assert read_image(path).shape == cv2.imread(str(path)).shape == (60, 80, 3)


def test_of_an_animation_the_first_picture_is_read(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "x.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert read_image(tmp_path / "x.webp")[0, 0].tolist() == [0, 0, 255]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp", ".tif"])
def test_a_picture_that_breaks_off_is_an_error(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    path = save(tmp_path / f"x{suffix}", noise)
    whole = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(SourceError, match=f"x{suffix}"):
            read_image(path)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no picture at all\n" * 100)
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    reasons = {
        "empty": "an empty file",
        "pipe": "no ordinary file",
        "text": "not a picture",
        "folder": "a folder",
        "dangling": "a link to .*nowhere, which is not there",
    }
    for name, reason in reasons.items():
        with pytest.raises(SourceError, match=rf"{name}.jpg: {reason}"):
            read_image(tmp_path / f"{name}.jpg")


def test_a_text_file_is_named_after_ultralytics_has_patched_pillow(tmp_path: Path) -> None:
    import_ultralytics()
    (tmp_path / "text.jpg").write_text("no picture at all\n" * 100)
    with pytest.raises(SourceError, match="not a picture"):
        read_image(tmp_path / "text.jpg")


def test_random_bytes_behind_a_header_raise_nothing_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for suffix in (".jpg", ".png", ".bmp", ".webp", ".tif", ".gif"):
        buffer = io.BytesIO()
        PIL.Image.fromarray(picture()).save(buffer, {".jpg": "JPEG", ".tif": "TIFF"}.get(suffix, suffix[1:].upper()))
        for _ in range(30):
            data = bytearray(buffer.getvalue())
            for place in rng.integers(0, len(data), 20):
                data[place] = rng.integers(0, 255)
            (tmp_path / f"x{suffix}").write_bytes(data)
            try:
                image = read_image(tmp_path / f"x{suffix}")
            except SourceError:
                continue
            assert image.dtype == np.uint8 and image.ndim == 3


def test_a_picture_of_400_megapixels_is_refused_from_its_header(tmp_path: Path) -> None:
    PIL.Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    with pytest.raises(SourceError, match=r"huge.png: more than 178 megapixels"):
        read_image(tmp_path / "huge.png")


def test_pixels_without_an_8_bit_form_are_refused(tmp_path: Path) -> None:
    PIL.Image.fromarray(np.full((4, 4), 1e9, np.float32)).save(tmp_path / "x.tif")
    with pytest.raises(SourceError, match="mode F"):
        read_image(tmp_path / "x.tif")


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)],
)
def test_arrays_that_are_no_bgr_pictures_are_refused(image: np.ndarray) -> None:
    with pytest.raises(SourceError, match=r"expected BGR uint8 \(height, width, 3\)"):
        check_array(image)
