"""What one side does, in a process of its own: `python -m infer_parts.sides KIND SETTINGS`, then a request per line."""

import json
import os
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

THRESHOLDS: dict[str, Any] = {"conf": 0.25, "iou": 0.6, "max_det": 300}
"""The same for all sides, under the names that both programs have for them."""

_FRAMES_KEPT = 64  # inputs of a video in memory; how long the network takes does not depend on what is in them


class DetectorSide:
    """`detector.inference.infer`, nothing saved.

    Args:
        weights: As for `Detector`.
        batch: Pictures at once; None for what the backend takes.
    """

    def __init__(self, weights: str | None, batch: int | None = None) -> None:
        from detector import Detector

        self._detector = Detector(weights, **THRESHOLDS)
        if batch is not None:
            self._detector._network.backend.batch_size = batch

    def __call__(self, source: str) -> dict[str, Any]:
        """Find the faces in a folder or video."""
        from detector.inference.run import infer

        start = time.perf_counter()
        totals = infer(self._detector, [source], None)
        seconds = time.perf_counter() - start
        if totals.outcomes["failed"]:
            raise RuntimeError(f"{totals.outcomes['failed']} inputs failed in {source}")
        return {"images": totals.frames, "seconds": seconds, "faces": totals.faces.total()}


class VersionSide:
    """`predict` and `stream` of `detector.Detector` with its defaults, of the checkout that PYTHONPATH names.

    Only what every version has is used.
    """

    def __init__(self) -> None:
        from detector import Detector

        self._detector = Detector()

    def __call__(self, source: str) -> dict[str, Any]:
        """Find the faces in a folder or video."""
        start = time.perf_counter()
        if Path(source).is_dir():
            answers = self._detector.predict(sorted(Path(source).iterdir()))
        else:
            answers = [faces for _, faces in self._detector.stream(source)]
        seconds = time.perf_counter() - start
        return {"images": len(answers), "seconds": seconds, "faces": sum(map(len, answers))}


class NetworkSide:
    """The compiled network alone: OpenVINO's queue of asynchronous requests, inputs ready in memory.

    Args:
        weights: A `.pt` file with an OpenVINO export beside it; None for the shipped one.
    """

    def __init__(self, weights: str | None) -> None:
        from detector.libraries import import_openvino
        from detector.model.backends import load_backend

        backend: Any = load_backend(weights, backend="openvino", device="cpu", trust=False).for_many()
        self._backend = backend
        # The very network that the detector compiled, and as many requests as OpenVINO holds for best.
        compiled = backend._requests.get().get().get_compiled_model()
        self._queue = import_openvino().AsyncInferQueue(compiled, 0)
        self._videos: dict[str, list[Any]] = {}
        self._pictures: dict[Path, Any] = {}

    def __call__(self, source: str) -> dict[str, Any]:
        """Run the network on the pictures of a folder, or as many times as a video has frames."""
        inputs = self._videos_frames(source) if Path(source).is_file() else self._folder_pictures(source)
        start = time.perf_counter()
        for pixels in inputs:
            self._queue.start_async({0: pixels}, share_inputs=True)
        self._queue.wait_all()
        return {"images": len(inputs), "seconds": time.perf_counter() - start, "requests": len(self._queue)}

    def _folder_pictures(self, folder: str) -> list[Any]:
        from detector.media.images import read_image

        inputs = []
        for link in sorted(Path(folder).iterdir()):
            picture = link.resolve()
            if picture not in self._pictures:
                self._pictures[picture] = self._input(read_image(picture))
            inputs.append(self._pictures[picture])
        return inputs

    def _videos_frames(self, path: str) -> list[Any]:
        from detector.media.videos import read_video

        if path not in self._videos:
            kept, frames = [], 0
            for frames, (image, _) in enumerate(read_video(Path(path)), start=1):
                if frames <= _FRAMES_KEPT:
                    kept.append(self._input(image))
            self._videos[path] = list(islice(cycle(kept), frames))
        return self._videos[path]

    def _input(self, image: Any) -> Any:
        from detector.model.letterbox import Letterbox

        backend = self._backend
        return Letterbox.fit(image.shape[:2], backend.imgsz, backend.stride, backend.square).apply(image)[None]


class RivalSide:
    """ultralytics as its users call it.

    Args:
        model: A `.pt` file or an exported folder.
        imgsz: The longer side of the input in pixels.
        settings: Further ones of `predict`.
    """

    def __init__(self, model: str, imgsz: int, **settings: Any) -> None:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # OpenVINO's part in staying offline
        from ultralytics import YOLO

        self._model = YOLO(model, task="detect")
        self._settings = {"imgsz": imgsz, "stream": True, "save": False, "verbose": False, **THRESHOLDS, **settings}

    def __call__(self, source: str) -> dict[str, Any]:
        """Find the faces in a folder or video."""
        import torch

        images = faces = 0
        start = time.perf_counter()
        for result in self._model.predict(source, **self._settings):
            images += 1
            faces += len(result.boxes)
        seconds = time.perf_counter() - start
        return {"images": images, "seconds": seconds, "faces": faces, "threads": torch.get_num_threads()}


class PeakSide:
    """The most operations that OpenVINO gets out of this machine; see `infer_parts.operations`."""

    def __call__(self, precision: str, seconds: float) -> dict[str, Any]:
        """Measure it anew, with networks that are made once."""
        from infer_parts.operations import measure_peak

        return {"operations_per_second": measure_peak(precision, seconds)}


SIDES: dict[str, Callable[..., Callable[..., dict[str, Any]]]] = {
    "detector": DetectorSide,
    "version": VersionSide,
    "network": NetworkSide,
    "rival": RivalSide,
    "peak": PeakSide,
}


def main() -> None:
    """Answer every line of standard input."""
    kind, settings = sys.argv[1:]
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # libraries print on standard output
        side = SIDES[kind](**json.loads(settings))
        for line in sys.stdin:
            print(json.dumps(side(**json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
