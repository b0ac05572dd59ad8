import cv2
import numpy as np
import pytest
from PIL import Image

from converters.annotation import AnnotatedImage
from converters.conversion import convert
from converters.options import ConversionOptions
from converters.picture_copies import CONVERTED, place, written_suffix
from converters.pictures import read_header
from support.annotated_sets import draw_scene, voc_xml

SAVED_AS = {"jfif": "JPEG", "jpe": "JPEG", "jpf": "JPEG2000"}


def save(path, image=None, **options):
    image = image or Image.fromarray(draw_scene(1)[:, :, ::-1])
    image.save(path, SAVED_AS.get(path.suffix[1:]), **options)
    return path


@pytest.mark.parametrize(
    ("suffix", "written"),
    [
        *((suffix, None) for suffix in (".jpg", ".JPEG", ".png", ".bmp", ".tif", ".webp", ".jp2")),
        *((suffix, ".jpg") for suffix in (".jfif", ".jpe")),
        (".jpf", ".jp2"),
        *((suffix, CONVERTED) for suffix in (".gif", ".avif", ".ppm", ".tga")),
    ],
)
def test_what_ultralytics_reads_stays_as_it_is(tmp_path, suffix, written):
    path = save(tmp_path / f"a{suffix}")
    assert written_suffix(path, read_header(path)) == written


def test_the_content_decides_not_the_name(tmp_path):
    gif = save(tmp_path / "a.gif").rename(tmp_path / "a.jpg")
    assert written_suffix(gif, read_header(gif)) == CONVERTED
    jpeg = save(tmp_path / "b.jpg").rename(tmp_path / "b.heic")
    assert written_suffix(jpeg, read_header(jpeg)) == ".jpg"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1", "I;16"])
def test_a_converted_picture_looks_as_opencv_and_viewers_show_it(tmp_path, problems, mode):
    if mode == "I;16":
        image = Image.fromarray(draw_scene(1)[:, :, 0].astype(np.uint16) * 257)
    else:
        image = Image.fromarray(draw_scene(1)).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.new("L", image.size, 0))
    source = save(tmp_path / "a.png", image)
    target = tmp_path / "b.png"
    place(AnnotatedImage(source, (), None, source, written_suffix=CONVERTED), target, "symlink", problems)
    assert not target.is_symlink()
    shown = cv2.imread(str(target))
    assert (shown == 255).all() if mode == "RGBA" else (shown == cv2.imread(str(source))).all()


def test_a_converted_picture_is_upright(tmp_path, problems):
    exif = Image.Exif()
    exif[0x0112] = 6
    source = save(tmp_path / "a.avif", exif=exif)
    assert read_header(source).displayed == (240, 320)
    place(AnnotatedImage(source, (), None, source, written_suffix=CONVERTED), tmp_path / "b.png", "copy", problems)
    assert read_header(tmp_path / "b.png").displayed == (240, 320)
    assert cv2.imread(str(tmp_path / "b.png")).shape == (320, 240, 3)


@pytest.mark.parametrize("quick", [False, True])
def test_pictures_of_phones_and_browsers_get_into_a_dataset_that_ultralytics_reads(tmp_path, quick):
    from detector.libraries import import_ultralytics

    import_ultralytics()
    from ultralytics.data.utils import IMG_FORMATS

    names = ["a.jfif", "b.gif", "c.avif", "d.jpe", "e.JPG", "f.webp", "g.heic", "h.avif"]
    for name in names[:6]:
        save(tmp_path / name)
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "b.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "g.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "h.avif").write_bytes((tmp_path / "c.avif").read_bytes()[:-500])
    for name in names:
        (tmp_path / f"{name[0]}.xml").write_text(voc_xml(name, [("with_mask", 10, 20, 50, 60)]))
    out = tmp_path / "out"
    problems = convert(ConversionOptions(tmp_path, out, format="voc", quick=quick)).problems
    written = sorted(out.glob("images/*/*"), key=lambda path: path.name)
    assert [path.name for path in written] == ["a.jpg", "b.png", "c.png", "d.jpg", "e.JPG", "f.webp"]
    assert all(path.suffix[1:].lower() in IMG_FORMATS and cv2.imread(str(path)) is not None for path in written)
    assert cv2.imread(str(written[1]))[0, 0].tolist() == [0, 0, 255]
    assert problems.counts("repaired") == {"animation": 1, "format that ultralytics does not read": 4}
    assert problems.counts("left out") == {"unreadable picture": 2}
