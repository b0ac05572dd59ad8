import inspect
import pickle
from dataclasses import MISSING, fields

import numpy as np
import pytest

from detector import Detector, DetectorSettings, UsageError
from detector.settings import help_of, limits_of


def test_a_detector_takes_every_setting_with_its_default() -> None:
    parameters = dict(inspect.signature(Detector.__init__).parameters)
    del parameters["self"]
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        option.name: option.default for option in fields(DetectorSettings)
    }
    annotations = inspect.get_annotations(Detector.__init__)
    assert {name: annotations[name] for name in parameters} == {
        option.name: option.type for option in fields(DetectorSettings)
    }


def test_every_setting_is_documented_in_the_class_that_takes_it() -> None:
    documentation = inspect.getdoc(Detector) or ""
    for option in fields(DetectorSettings):
        assert f"    {option.name}: " in documentation
        assert help_of(option).endswith(".")
        assert option.default is not MISSING


@pytest.mark.parametrize("option", [option for option in fields(DetectorSettings) if limits_of(option)])
def test_numbers_outside_their_limits_are_refused(option) -> None:
    low, high = limits_of(option)
    for value in (low, high):
        assert getattr(DetectorSettings(**{option.name: value}), option.name) == value
    for value in (low - 1, high + 1, float("nan")):
        with pytest.raises(UsageError, match=f"{option.name}: .*expected a number from"):
            DetectorSettings(**{option.name: value})


@pytest.mark.parametrize("value", ["0.5", True, [0.5]])
def test_what_is_no_number_is_refused(value) -> None:
    with pytest.raises(UsageError, match=r"conf: .*; expected a number from 0 to 1"):
        DetectorSettings(conf=value)
    assert DetectorSettings(conf=np.float32(0.5)).conf == 0.5


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("conf", None, "a number"),
        ("max_det", 2.5, "a whole number"),
        ("imgsz", 320.5, "a whole number or None"),
        ("trust_weights", "no", "True or False"),
        ("agnostic_nms", None, "True or False"),
        ("device", 0.5, "auto, cpu"),
        ("weights", 5, "text or a path or None"),
    ],
)
def test_what_is_of_another_type_is_refused(option: str, value: object, expected: str) -> None:
    with pytest.raises(UsageError, match=f"{option}: {value!r}; expected {expected}"):
        DetectorSettings(**{option: value})  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers() -> None:
    assert DetectorSettings(max_det=np.int64(9), imgsz=np.int32(320)).max_det == 9


def test_settings_are_equal_by_value_and_pickled() -> None:
    settings = DetectorSettings(conf=0.5, tile="off")
    assert settings == DetectorSettings(conf=0.5)
    assert pickle.loads(pickle.dumps(settings)) == settings
