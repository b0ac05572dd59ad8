import importlib.util
import io
import os
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from detector.errors import SourceError
from detector.libraries import import_ultralytics
from detector.media.images import read_image, to_image
from detector.media.media_kinds import kind_of
from support.sample_pictures import picture, save, save_video


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


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_the_brightness_of_16_bit_files_is_that_of_the_bits_in_use(tmp_path: Path, bits: int) -> None:
    grey = np.linspace(0, 255, 80 * 60).reshape(60, 80).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "camera.png"), grey.astype(np.uint16) << (bits - 8))
    assert np.array_equal(read_image(tmp_path / "camera.png")[..., 0], grey)


def test_a_black_16_bit_file_stays_black(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((9, 9), np.uint16))
    assert not read_image(tmp_path / "black.png").any()


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
    if importlib.util.find_spec("ultralytics") is None:
        pytest.skip("ultralytics is not installed")
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


def encoded(image: np.ndarray, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(image[..., ::-1]).save(buffer, kind)
    return buffer.getvalue()


def test_the_content_of_a_file_is_read_like_the_file(tmp_path: Path) -> None:
    image = picture()
    content = encoded(image)
    (tmp_path / "x.png").write_bytes(content)
    written = io.BytesIO()
    written.write(content)  # stands at its end, as after `Image.save`
    for given in (content, bytearray(content), memoryview(content), io.BytesIO(content), written):
        assert (to_image(given) == image).all()
    with (tmp_path / "x.png").open("rb") as file:
        assert (to_image(file) == image).all()


def test_the_rotation_of_exif_is_applied_to_the_content_of_a_file() -> None:
    buffer, exif = io.BytesIO(), PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.fromarray(picture(60, 80)).save(buffer, "JPEG", exif=exif)
    assert to_image(buffer).shape == (80, 60, 3)


def test_content_that_is_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^upload: empty; expected the content of a picture file"):
        to_image(b"", "upload")
    with pytest.raises(SourceError, match=r"^upload: not a picture"):
        to_image(b"no picture at all", "upload")
    with pytest.raises(SourceError, match=r"^upload: a web page in place of the picture"):
        to_image(io.BytesIO(b"<!DOCTYPE html><p>"), "upload")
    with pytest.raises(SourceError, match=r"^upload: not a readable picture"):
        to_image(encoded(picture())[:2000], "upload")
    (tmp_path / "x.txt").write_text("text")
    with (tmp_path / "x.txt").open() as file, pytest.raises(SourceError, match='expected a file opened with mode "rb"'):
        to_image(file)
    with pytest.raises(SourceError, match=r"a file that cannot be read .*closed"):
        to_image(file)


def test_a_video_is_called_a_video(tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip"):
        save_video(tmp_path / "clip.mp4", [picture(48, 64)] * 2)
        with pytest.raises(SourceError, match=rf"{name}: a video; expected a picture; `stream` reads"):
            to_image((tmp_path / "clip.mp4").rename(tmp_path / name))
    with pytest.raises(SourceError, match="no such file"):
        to_image(tmp_path / "no.mp4")
    frames = [PIL.Image.fromarray(picture(60, 80)), PIL.Image.fromarray(picture(60, 80)[::-1])]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "x.gif").write_bytes((tmp_path / "x.gif").read_bytes()[:1500])
    with pytest.raises(SourceError, match=r"x\.gif: not a readable picture"):
        to_image(tmp_path / "x.gif")


def test_a_file_that_can_only_be_read_is_enough() -> None:
    class Download:
        def read(self) -> bytes:
            return encoded(picture())

    assert (to_image(Download()) == picture()).all()


def test_pixels_without_an_8_bit_form_are_named_wherever_they_come_from(tmp_path: Path) -> None:
    floats = PIL.Image.fromarray(np.full((4, 4), 1e9, np.float32))
    floats.save(tmp_path / "x.tif")
    for given in (floats, (tmp_path / "x.tif").read_bytes()):
        with pytest.raises(SourceError, match=r"^image\[3\]: pixels of mode F"):
            to_image(given, "image[3]")
    with PIL.Image.open(tmp_path / "x.tif") as given, pytest.raises(SourceError, match=r"x\.tif: pixels of mode F"):
        to_image(given, "image[3]")


def test_grey_arrays_become_bgr() -> None:
    grey = picture()[..., 0]
    for given in (grey, grey[..., None]):
        assert (to_image(given) == np.repeat(grey[..., None], 3, axis=2)).all()


def test_transparent_parts_of_arrays_become_white() -> None:
    image = picture()
    alpha = np.full((*image.shape[:2], 1), 255, np.uint8)
    alpha[:, :40] = 0
    converted = to_image(np.dstack([image, alpha]))
    assert (converted[:, :40] == 255).all()
    assert (converted[:, 40:] == image[:, 40:]).all()


def test_16_bit_arrays_are_scaled_in_any_byte_order() -> None:
    image = picture()
    for kind in ("<u2", ">u2"):
        assert (to_image(image.astype(kind) * 257) == image).all()
        assert (to_image(image[..., 0].astype(kind) * 257)[..., 0] == image[..., 0]).all()


def test_views_become_contiguous_and_other_arrays_stay_themselves() -> None:
    image = picture()
    assert to_image(image) is image
    for view in (image[::-1, ::-1], image[..., ::-1], image[::2, ::3], image[5:20, 3:30], image.transpose(1, 0, 2)):
        converted = to_image(view)
        assert converted.flags.c_contiguous
        assert (converted == view).all()


@pytest.mark.parametrize(
    ("image", "advice"),
    [
        (np.zeros((4, 4, 3)), r"\(image \* 255\).round\(\).astype\(np.uint8\)"),
        (np.full((4, 4, 3), 200.0), r"image.clip\(0, 255\).astype\(np.uint8\)"),
        (np.zeros((4, 4, 3), np.int64), r"image.clip\(0, 255\).astype\(np.uint8\)"),
        (np.zeros((3, 40, 40), np.uint8), r"np.moveaxis\(image, 0, -1\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"list\(images\)"),
        (np.zeros((4, 4)), r"\(image \* 255\).round\(\).astype\(np.uint8\)"),
        (np.zeros((4, 4), bool), r"\(image \* 255\).round\(\).astype\(np.uint8\)"),
        (np.zeros((4, 4, 2), np.uint8), ""),
        (np.zeros((0, 4, 3), np.uint8), ""),
        (np.zeros(4, np.uint8), ""),
        (np.array(1, np.uint8), ""),
        (np.array([["x"]]), ""),
    ],
)
def test_arrays_that_are_no_pictures_are_refused_with_how_to_convert_them(image: np.ndarray, advice: str) -> None:
    with pytest.raises(SourceError, match=r"expected BGR uint8 \(height, width, 3\), or grey.*" + advice):
        to_image(image)


def test_a_tensor_is_refused_with_how_to_convert_it() -> None:
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    import torch

    pixels = np.ascontiguousarray(picture()[..., ::-1].transpose(2, 0, 1))
    image = torch.from_numpy(pixels).float() / 255
    with pytest.raises(SourceError, match=r"type Tensor.* is converted by (.*)") as caught:
        to_image(image)
    converted = eval(str(caught.value).rpartition("converted by ")[2], {"image": image})
    assert np.abs(to_image(converted).astype(int) - picture()).max() <= 1


def test_other_values_are_refused_by_their_type() -> None:
    for given, reason in [
        (None, "type NoneType; .*cv2.imread gives None"),
        (0, "type int; .*`stream` reads cameras"),
        (np.int64(0), "type int64; .*`stream` reads cameras"),
        ("a" * 5000, "File name too long"),
        ("a\0b.jpg", "null (byte|character)"),
        ({}, "type dict; expected a path"),
        ((path for path in ()), "type generator; .*or a list of these"),
        ("", '"": an empty name'),
        (Path(), "a folder; .*`stream` reads folders"),
    ]:
        with pytest.raises(SourceError, match=reason):
            to_image(given)


def test_a_pillow_image_that_cannot_be_decoded_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"^mine: not a readable picture"):
        to_image(PIL.Image.open(io.BytesIO(encoded(picture())[:2000])), "mine")
    with pytest.raises(SourceError, match="0 x 5 pixels"):
        to_image(PIL.Image.new("RGB", (0, 5)))


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))])
def test_heic_is_read_as_a_viewer_shows_it(tmp_path: Path, orientation: int, corner: tuple[int, int]) -> None:
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    heif.register_heif_opener()
    image = np.zeros((64, 96, 3), np.uint8)
    image[:32, :48] = 255  # bright at the top left
    photo = PIL.Image.fromarray(image)
    photo.getexif()[0x0112] = orientation  # of which pillow-heif makes the rotation of HEIC
    photo.save(tmp_path / "IMG_1.HEIC", quality=95)
    heic = PIL.Image.open(tmp_path / "IMG_1.HEIC")
    read = read_image(tmp_path / "IMG_1.HEIC")
    assert read.shape[:2] == heic.size[::-1] == ((64, 96) if orientation < 5 else (96, 64))
    bright = {at for at in ((0, 0), (0, -1), (-1, 0), (-1, -1)) if read[at].mean() > 200}
    assert bright == {corner}
    assert kind_of(tmp_path / "IMG_1.HEIC", is_named=False) == "image"
    assert np.array_equal(to_image((tmp_path / "IMG_1.HEIC").read_bytes()), read)
