"""The loss of AP50 by quantisation, measured on validation pictures."""

from collections.abc import Callable, Iterable
from typing import Any

from detector.detections import Detections
from detector.errors import CalibrationError, SourceError
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.ground_truth import GroundTruth, TruthImage
from detector.evaluation.metrics import Scores
from detector.evaluation.predictions import MAX_DETECTIONS, MIN_CONFIDENCE, Result, to_results
from detector.export.calibration import Calibration, as_input
from detector.libraries import import_openvino
from detector.media.images import read_image
from detector.model.nms import non_max_suppression

_FEW = 30  # with fewer faces of a class, one lost face lowers AP50 by more than any sensible limit
_NMS_IOU = 0.6  # the default of DetectorSettings.iou


class Validation:
    """Annotated pictures, and the detections of a network in them before it is quantised.

    Args:
        model: The `openvino.Model` that is to be quantised.
        calibration: Has the pictures; its `problems` receive those that cannot be read.
        imgsz: Their longer side in the input, in pixels.
        stride: The stride of the network.
        on_image: Called with (pictures done, pictures in all).

    Attributes:
        truth: The pictures that can be read.
        before: The figures of the network.

    Raises:
        CalibrationError: None of the pictures can be read.
    """

    def __init__(
        self, model: Any, calibration: Calibration, imgsz: int, stride: int, on_image: Callable[[int, int], None]
    ) -> None:
        if calibration.truth is None:
            raise ValueError("there are no annotated validation pictures")
        self._imgsz, self._stride, self._on_image = imgsz, stride, on_image
        self._names = calibration.dataset.names
        self._found: dict[int, list[Result]] = {}
        network = self._compile(model)
        truth = calibration.truth
        for done, image in enumerate(truth.images, start=1):
            try:
                self._found[image.id] = self._detect(network, image)
            except SourceError as error:
                calibration.problems.left_out("unreadable picture", image.path, error.found)
            on_image(done, len(truth.images))
        self.truth = GroundTruth(truth.names, tuple(image for image in truth.images if image.id in self._found))
        if not self.truth.images:
            raise CalibrationError(calibration.dataset.path, "no readable validation picture", "at least one")
        self.before = self._scores(self.truth, self._found)

    def measure(self, model: Any) -> Scores:
        """The figures of a quantised `openvino.Model`, as `detector eval` defines them."""
        network = self._compile(model)
        return self._scores(self.truth, self._detect_all(network, self.truth))

    def drop(self, network: Any, images: Iterable[TruthImage]) -> float:
        """The largest loss of AP50 on some of the pictures.

        Args:
            network: A quantised network as an `openvino.CompiledModel`.
            images: Some of `truth`.
        """
        part = GroundTruth(self.truth.names, tuple(images))
        return largest_drop(self._scores(part, self._found), self._scores(part, self._detect_all(network, part)))

    def _detect_all(self, network: Any, truth: GroundTruth) -> dict[int, list[Result]]:
        found = {}
        for done, image in enumerate(truth.images, start=1):
            found[image.id] = self._detect(network, image)
            self._on_image(done, len(truth.images))
        return found

    def _detect(self, network: Any, image: TruthImage) -> list[Result]:
        letterbox, pixels = as_input(read_image(image.path), self._imgsz, self._stride)
        prediction = network(pixels)[0][0]
        xyxy, confidence, class_id = non_max_suppression(prediction, MIN_CONFIDENCE, _NMS_IOU, MAX_DETECTIONS)
        return to_results(image, Detections(letterbox.to_source(xyxy), confidence, class_id, None, self._names))

    @staticmethod
    def _scores(truth: GroundTruth, found: dict[int, list[Result]]) -> Scores:
        results = [result for image in truth.images for result in found[image.id]]
        return run_coco(truth, results, sizes=False).scores()

    @staticmethod
    def _compile(model: Any) -> Any:
        # Layers that are not quantised run in single precision, as in the OpenVINO backend.
        return import_openvino().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def largest_drop(before: Scores, after: Scores) -> float:
    """The largest loss of AP50, of any face and of the classes with at least 30 faces."""
    counted = [name for name, score in before.classes.items() if score.instances >= _FEW]
    pairs = [(before.any_face, after.any_face), *((before.classes[name], after.classes[name]) for name in counted)]
    return max((one.ap50 or 0) - (other.ap50 or 0) for one, other in pairs)
