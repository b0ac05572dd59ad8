"""INT8 with NNCF: value ranges from training pictures, the loss of AP50 measured on validation pictures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from detector.errors import CalibrationError
from detector.evaluation.ground_truth import TruthImage
from detector.evaluation.metrics import Scores
from detector.export.calibration import SEED, Calibration, TrainingInputs, load_calibration
from detector.export.graph import find_decoding
from detector.export.validation import Validation, largest_drop
from detector.libraries import import_openvino, silent_logging

__all__ = ["ANY_FACE", "Attempt", "Calibration", "CalibrationError", "load_calibration", "quantize"]

ANY_FACE = "any face"

_PLAIN = "all layers alike"

# Limits of the search for layers to leave in floating point: the pictures that layers are compared on, and the layers.
_SEARCH_PICTURES, _SEARCH_LAYERS = 100, 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """A quantised network, measured on the validation pictures.

    Attributes:
        how: How it was made.
        before: The figures of the network that was not quantised.
        after: The figures of this one.
        drop: The largest loss of AP50, of any face and of the classes with at least 30 faces.
        passed: Whether `drop` is at most `max_drop`.
    """

    how: str
    before: Scores
    after: Scores
    drop: float
    passed: bool


def quantize(
    model: Any,
    metadata: dict[str, Any],
    calibration: Calibration,
    max_drop: float,
    *,
    on_stage: Callable[[str], None],
    on_image: Callable[[int, int], None],
    on_attempt: Callable[[Attempt], None],
) -> tuple[Any, dict[str, Any]]:
    """Quantise a network so that AP50 of any face, and of each class with at least 30 faces, falls by little.

    Three ways are tried, the fastest first, until one passes. If none passes, the network with the least loss is kept.
    Without annotated validation pictures only the first way is used, and not measured.

    Args:
        model: The float32 `openvino.Model`; it is not changed.
        metadata: What is written beside it.
        calibration: The pictures.
        max_drop: The loss of AP50 that is accepted, 0 to 1.
        on_stage: Called with the name of each stage as it begins.
        on_image: Called with (pictures done, pictures in all).
        on_attempt: Called with every quantised network that was measured.

    Returns:
        The quantised `openvino.Model`, and metadata that say how it was made.

    Raises:
        CalibrationError: None of the training or none of the validation pictures can be read.
    """
    size = max(metadata["imgsz"]), metadata["stride"]
    inputs = TrainingInputs(calibration, *size, on_image)
    if calibration.truth is None:
        on_stage("calibrating")
        return _quantize(inputs, model, thorough=False), _about(inputs, _PLAIN, None)
    on_stage("measuring the network before quantisation")
    validation = Validation(model, calibration, *size, on_image)
    attempts: list[tuple[Any, Attempt]] = []
    for how, make in _ways(inputs, validation, max_drop).items():
        on_stage(f"attempt {len(attempts) + 1}: {how}")
        candidate = make(model)
        after = validation.measure(candidate)
        drop = largest_drop(validation.before, after)
        attempts.append((candidate, Attempt(how, validation.before, after, drop, drop <= max_drop)))
        on_attempt(attempts[-1][1])
        if drop <= max_drop:
            break
    candidate, attempt = min(attempts, key=lambda made: made[1].drop)
    return candidate, _about(inputs, attempt.how, attempt)


def _ways(inputs: TrainingInputs, validation: Validation, max_drop: float) -> dict[str, Callable[[Any], Any]]:
    """The ways to quantise, by name. Corrected biases do not slow the network down; layers in floating point do."""
    return {
        _PLAIN: partial(_quantize, inputs, thorough=False),
        "biases corrected layer by layer": partial(_quantize, inputs, thorough=True),
        "the layers that lose most left in floating point": partial(_search, inputs, validation, max_drop),
    }


def _quantize(inputs: TrainingInputs, model: Any, thorough: bool) -> Any:
    import_openvino()
    with silent_logging():
        import nncf

        return nncf.quantize(model, nncf.Dataset(inputs), fast_bias_correction=not thorough, **_common(model, inputs))


def _search(inputs: TrainingInputs, validation: Validation, max_drop: float, model: Any) -> Any:
    """Let NNCF put layers back into floating point one by one, starting with the one that gains most."""
    import_openvino()

    def measure(network: Any, images: Iterable[TruthImage]) -> tuple[float, None]:
        return 1 - validation.drop(network, images), None

    with silent_logging():
        import nncf
        from nncf.quantization.advanced_parameters import AdvancedAccuracyRestorerParameters

        return nncf.quantize_with_accuracy_control(
            model,
            nncf.Dataset(inputs),
            nncf.Dataset(validation.truth.images),
            measure,
            max_drop=max_drop,
            advanced_accuracy_restorer_parameters=AdvancedAccuracyRestorerParameters(
                max_num_iterations=_SEARCH_LAYERS, ranking_subset_size=_SEARCH_PICTURES
            ),
            **_common(model, inputs),
        )


def _common(model: Any, inputs: TrainingInputs) -> dict[str, Any]:
    import nncf

    # 8-bit integers are too coarse for boxes in pixels, and for the channels that boxes and scores are computed from.
    operations, convolutions = find_decoding(model)
    return {
        "preset": nncf.QuantizationPreset.MIXED,  # activations with a zero point: those of SiLU are not symmetric
        "subset_size": inputs.total,
        "ignored_scope": nncf.IgnoredScope(names=operations + convolutions, validate=False),
    }


def _about(inputs: TrainingInputs, how: str, attempt: Attempt | None) -> dict[str, Any]:
    """How the network was made, for its metadata."""
    about: dict[str, Any] = {
        "precision": "int8",
        "calibration": {"split": "train", "images": inputs.used, "seed": SEED, "how": how},
    }
    if attempt is not None:
        before, after = attempt.before, attempt.after
        rows = {ANY_FACE: (before.any_face, after.any_face)}
        rows |= {name: (before.classes[name], after.classes[name]) for name in before.classes}
        ap50 = {
            name: {"faces": one.instances, "fp32": _rounded(one.ap50), "int8": _rounded(other.ap50)}
            for name, (one, other) in rows.items()
        }
        about["accuracy"] = {"split": "val", "images": before.images, "ap50": ap50}
    return about


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
