"""What holds for all formats: each is recognised, no two fit one file, and all read the same face alike."""

import pytest

from converters.conversion import convert
from converters.errors import AnnotationError
from converters.formats import FORMATS
from converters.formats.readers import JSON_FORMATS, TEXT_FORMATS, XML_FORMATS
from converters.options import ConversionOptions
from converters.reading.json_file import load_json
from converters.reading.text_file import first_lines
from converters.reading.xml_file import load_xml
from converters.recognition import recognise
from support.annotated_sets import draw_picture
from support.format_samples import SAMPLES
from support.json_annotations import FACE, SIZE


@pytest.fixture
def sample_set(tmp_path):
    """Writes the smallest set of a format, and returns its folder."""

    def write(name):
        sample, folder = SAMPLES[name], tmp_path / name
        draw_picture(folder / sample.picture, *SIZE)
        for path, text in sample.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        return folder

    return write


def test_there_is_a_sample_of_each_format():
    assert set(SAMPLES) == set(FORMATS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_set_is_recognised_and_its_face_is_read(sample_set, tmp_path, name):
    classes = {SAMPLES[name].label: "with_mask"}
    out = tmp_path / "out"
    summary = convert(ConversionOptions(sample_set(name), out, classes=classes, quick=True))
    assert (summary.format, summary.problems.omissions) == (name, [])
    (label,) = [path for path in out.glob("labels/*/*.txt") if path.stat().st_size]
    class_id, *numbers = map(float, label.read_text().split())
    x1, y1, x2, y2 = (0, 0, *SIZE) if name == "folders" else FACE
    width, height = SIZE
    assert class_id == 0
    assert numbers == pytest.approx(
        ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height), abs=2e-6
    )


@pytest.mark.parametrize("suffix", [".tsv", ".txt"])
@pytest.mark.parametrize("name", ["csv", "via-csv", "retinanet", "open-images", "makesense", "detections"])
def test_tables_have_any_suffix_of_text(sample_set, tmp_path, name, suffix):
    folder = sample_set(name)
    for path in folder.glob("*.csv"):
        path.rename(path.with_suffix(suffix))
    classes = {SAMPLES[name].label: "with_mask"}
    summary = convert(ConversionOptions(folder, tmp_path / "out", classes=classes, quick=True))
    assert (summary.format, summary.problems.omissions) == (name, [])


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_formats_fit_one_file(sample_set, name):
    """Whatever the suffix: each file is shown to each predicate of its kind."""
    for path in sample_set(name).rglob("*.*"):
        fitting = [*_fitting_json(path), *_fitting_xml(path), *_fitting_text(path)]
        assert fitting in ([], [name])


def test_formats_together_are_refused_by_name(sample_set, tmp_path):
    for name in ("retinanet", "makesense"):
        sample_set(name)
    with pytest.raises(Exception, match=r"makesense.*retinanet|retinanet.*makesense"):
        recognise(tmp_path)


def _fitting_json(path):
    try:
        document = load_json(path, 2**20)
    except AnnotationError:
        return []
    return [name for name, is_annotation in JSON_FORMATS.items() if is_annotation(document)]


def _fitting_xml(path):
    try:
        root = load_xml(path, 2**20)
    except AnnotationError:
        return []
    return [name for name, is_annotation in XML_FORMATS.items() if is_annotation(root)]


def _fitting_text(path):
    try:
        lines = first_lines(path)
    except AnnotationError:
        return []
    return [name for name, is_annotation in TEXT_FORMATS.items() if is_annotation(lines)]
