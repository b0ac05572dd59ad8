import pytest

from converters.errors import RegistryError
from converters.registry import default_registry, known_set_with, load_registry

ENTRY = """
mine:
  about: x
  format: voc
  labels: {a: with_mask}
"""


def test_the_shipped_registry_has_the_known_sets():
    registry = load_registry()
    assert {name: entry.format for name, entry in registry.items()} == {
        "face-mask-detection": "voc",
        "medical-mask": "json",
        "medical-mask-csv": "csv",
        "face-mask-12k": "folders",
        "face-mask-7553": "folders",
    }
    assert default_registry().name == "datasets.yaml"


def test_a_known_set_is_told_by_its_labels_and_format():
    assert known_set_with({"face_no_mask", "hat", "with_mask"}, "csv") == "medical-mask-csv"
    assert known_set_with({"face_no_mask", "hat"}, "voc") is None
    assert known_set_with({"face_no_mask", "beard"}, "csv") is None


def test_the_medical_sets_cover_all_20_labels_and_ignore_other_coverings():
    for name in ("medical-mask", "medical-mask-csv"):
        entry = load_registry()[name]
        assert len(entry.labels) + len(entry.ignore) == 20
        assert "face_other_covering" in entry.ignore


def test_places_are_looked_up_below_the_source(tmp_path):
    entry = load_registry()["face-mask-detection"]
    assert entry.annotations_in(tmp_path) == tmp_path
    (tmp_path / "annotations").mkdir()
    assert entry.annotations_in(tmp_path) == tmp_path / "annotations"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: voc", "format: xml", "mine.format"),
        ("with_mask", "masked", "mine.labels.a"),
        ("about: x", "about: x\n  colour: red", "mine.colour"),
        ("about: x", "split: 70-30\n  about: x", "mine.split"),
        ("about: x", "about: x\n  images: [../x]", "mine.images.0"),
        ("  labels: {a: with_mask}", "", "mine.labels"),
        ("mine:", "mine: [", "not valid YAML in line"),
        ("mine:", "? [a]\n: b\nmine:", "a list as a key"),
        ("mine:", "mine: x\nmine:", "'mine' for the second time"),
        ("mine:", "x: &x [*x]\nmine:", "holds the alias"),
    ],
)
def test_error_names_the_key(tmp_path, old, new, message):
    path = tmp_path / "datasets.yaml"
    path.write_text(ENTRY.replace(old, new))
    with pytest.raises(RegistryError, match=message) as error:
        load_registry(path)
    assert str(path) in str(error.value)


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(RegistryError, match="no such file"):
        load_registry(tmp_path / "none.yaml")
