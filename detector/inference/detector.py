"""`Detector`: images in, faces out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.detections.classes import Classes, class_ids
from detector.errors import OptionError
from detector.inference.batching import Step, frames_of
from detector.inference.cancellation import Cancellation
from detector.inference.loading import as_inputs
from detector.inference.network import Network
from detector.inference.ordered_threads import OrderedThreads
from detector.inference.predicting import Call, OnError, Progress
from detector.inference.recorded_backend import RecordedBackend
from detector.inference.streaming import find_in_sources
from detector.media.images import ImageInput, to_image
from detector.media.sources import Ended, Frame, Source, find_sources
from detector.media.video_part import VideoPart
from detector.settings import DetectorSettings


class Detector:
    """Finds faces and says whether each wears a mask, wears none, or wears one incorrectly.

    Args:
        weights: A `.pt` file, or an export of one: an OpenVINO folder or an `.onnx` file. None: the weights that come
            with the package.
        conf: Faces at or below this score are left out, 0 to 1.
        iou: Of two boxes of one class that overlap by more than this, the weaker is left out, 0 to 1.
        imgsz: The longer side, in pixels, that pictures are scaled to; rounded up to a multiple of 32. None: the size
            that the weights were trained at.
        device: "auto", "cpu", "mps", "cuda", or a CUDA index: 0, "0" or "cuda:0".
        backend: What runs the network: "torch", "openvino", "onnx", or "auto": on a CPU the OpenVINO export that lies
            beside the weights (the shipped ones have one, in INT8), otherwise torch.
        max_det: At most this many faces in one picture.
        tile: None or "off": pictures are seen as a whole. A number: also in overlapping tiles of so many pixels, each
            scaled to `imgsz`, so that small faces in large pictures are found. "auto": in tiles where that is worth its
            time, which `docs/infer.md` explains.
        multiscale: "auto": the whole picture is also seen small, so that faces are found that fill it; `docs/infer.md`
            explains how. "off": pictures are seen at one scale only.
        gamma: Brightens (above 1) or darkens (below 1) what the network sees: 255 * (value / 255) ** (1 / gamma).
        trust_weights: Load a file that runs code when loaded.
        agnostic_nms: Boxes of different classes suppress each other: one face, one label. False: the boxes that
            ultralytics gives, where an undecided network gives one face two labels.

    Raises:
        UsageError: An argument is out of range, or names a device that this machine does not have.
        WeightsError: The weights could not be found, trusted or loaded.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        conf: float = 0.25,
        iou: float = 0.6,
        imgsz: int | None = None,
        device: str | int = "auto",
        backend: str = "auto",
        max_det: int = 300,
        tile: str | int | None = None,
        multiscale: str = "auto",
        gamma: float | None = None,
        trust_weights: bool = False,
        agnostic_nms: bool = True,
    ) -> None:
        self._settings = DetectorSettings(
            weights=weights,
            conf=conf,
            iou=iou,
            imgsz=imgsz,
            device=device,
            backend=backend,
            max_det=max_det,
            tile=tile,
            multiscale=multiscale,
            gamma=gamma,
            trust_weights=trust_weights,
            agnostic_nms=agnostic_nms,
        )
        self._network = Network(self._settings)

    @classmethod
    def from_settings(cls, settings: DetectorSettings) -> "Detector":
        """A detector with all options in one object.

        Raises:
            UsageError: The settings name a device that this machine does not have.
            WeightsError: The weights could not be found, trusted or loaded.
        """
        return cls(**{option.name: getattr(settings, option.name) for option in fields(settings)})

    @property
    def settings(self) -> DetectorSettings:
        """The options that the detector was made with."""
        return self._settings

    def with_options(
        self, *, conf: float | None = None, tile: str | int | None = None, multiscale: str | None = None
    ) -> "Detector":
        """A detector with other options that shares this one's network.

        Args:
            conf: As for the class; None keeps that of this detector.
            tile: As for the class; None keeps that of this detector, "off" is off.
            multiscale: As for the class; None keeps that of this detector.

        Raises:
            UsageError: An option is out of range.
        """
        given: dict[str, Any] = {"conf": conf, "tile": tile, "multiscale": multiscale}
        changed = {name: value for name, value in given.items() if value is not None}
        other = object.__new__(type(self))  # not `copy`, which loads the network again
        other.__dict__.update(self.__dict__, _settings=replace(self._settings, **changed))
        return other

    def __reduce__(self) -> tuple[Callable[[DetectorSettings], "Detector"], tuple[DetectorSettings]]:
        """Pickling and copying take the settings along; the copy loads the network again."""
        return type(self).from_settings, (self._settings,)

    @property
    def names(self) -> tuple[str, ...]:
        """Class names by class id."""
        return self._network.backend.names

    @property
    def weights(self) -> Path:
        """The file that is run: a `.pt`, the `.xml` of an OpenVINO export, or an `.onnx`."""
        return self._network.backend.path

    @property
    def conf(self) -> float:
        """Faces at or below this score are left out."""
        return self._settings.conf

    @property
    def iou(self) -> float:
        """Of two boxes of one class that overlap by more than this, the weaker is left out."""
        return self._settings.iou

    @property
    def imgsz(self) -> int:
        """The longer side, in pixels, that pictures are scaled to."""
        return self._network.imgsz

    @property
    def tile(self) -> int | str | None:
        """The side of tiles in pixels of the picture, or "auto"; None where pictures are seen as a whole."""
        return self._settings.tile

    @property
    def batch_size(self) -> int:
        """The number of pictures that are worth giving to `predict` at once."""
        return self._network.backend.batch_size

    @property
    def parallel(self) -> int:
        """How many calls of `predict` with lists are worth making at once."""
        return self._network.for_many.parallel

    @overload
    def predict(  # type: ignore[overload-overlap]
        self,
        image: ImageInput,
        *,
        conf: float | None = None,
        classes: Classes | None = None,
        errors: OnError = "raise",
        progress: Progress | None = None,
    ) -> Detections: ...

    @overload
    def predict(
        self,
        image: Sequence[ImageInput],
        *,
        conf: float | None = None,
        classes: Classes | None = None,
        errors: OnError = "raise",
        progress: Progress | None = None,
    ) -> list[Detections]: ...

    def predict(
        self,
        image: ImageInput | Sequence[ImageInput],
        *,
        conf: float | None = None,
        classes: Classes | None = None,
        errors: OnError = "raise",
        progress: Progress | None = None,
    ) -> Detections | list[Detections]:
        """Find the faces in a picture, or in several.

        Args:
            image: A path; the content of a picture file as bytes, or an open file such as `BytesIO`; an array (H, W, 3)
                of BGR, (H, W, 4) of BGRA or (H, W) of grey values, uint8 or uint16; a Pillow image (taken as its pixels
                stand, without EXIF rotation); or a list of these. What is found in a picture does not depend on its
                neighbours in the list.
            conf: In place of the detector's own, for this call.
            classes: Leave out the faces of all other classes. One or several names or ids. A face has the class that it
                has without this.
            errors: "raise": a picture that cannot be read ends the call. "skip": it has no faces, and its `Detections`
                have the `error`.
            progress: Called in this thread with the number of finished pictures and of all.

        Returns:
            The faces, best score first, in pixels of the picture as read; for a list, one `Detections` for each.

        Raises:
            SourceError: A picture could not be read, or is in none of these forms; the message says how to convert it.
            UsageError: `conf` is out of range, there is no such class, or `errors` is something else.
        """
        settings = self._settings if conf is None else replace(self._settings, conf=conf)
        wanted = None if classes is None else class_ids(classes, self.names)
        return Call(self._network, settings, wanted, errors).answer(image, progress)

    def predict_changed(
        self, image: ImageInput, before: Detections, changed: Sequence[float], *, many: bool = False
    ) -> Detections:
        """Find the faces in the next picture of a camera, of which only a part has changed.

        The network looks at that part, at the scale of the whole picture; the faces outside it are those of `before`.
        Where that would save little, or a face turns out to lie across the border of the part, it looks at the whole.

        Args:
            image: The picture, as for `predict`.
            before: The faces of an earlier picture of the same size, found by this detector.
            changed: Left, top, right and bottom of what may have changed since then, in pixels.
            many: Other threads call this at the same time, so pictures per second count and not the time for one.

        Returns:
            The faces of the whole picture, best score first, without `tracker_id`.

        Raises:
            SourceError: The picture could not be read.
            UsageError: `changed` is not four numbers.
        """
        part = np.asarray(changed, np.float32)
        if part.shape != (4,) or not np.isfinite(part).all():
            raise OptionError("changed", repr(changed), "four numbers: left, top, right and bottom in pixels")
        backend = self._network.for_many if many else self._network.backend
        loaded = to_image(image, "image")
        return self._network.finder.find_changed(self._settings, backend, loaded, before, part, Cancellation())

    def predict_with(
        self, images: Sequence[NDArray[np.uint8]], settings: Sequence[DetectorSettings]
    ) -> list[list[Detections]]:
        """Find the faces under several settings, and run the network once.

        Args:
            images: BGR uint8 arrays (H, W, 3), at most `batch_size`.
            settings: May differ from each other in `conf`, `iou`, `max_det` and `agnostic_nms`; the rest must be that
                of this detector.

        Returns:
            For each of the settings, the faces in each image.
        """
        recorded = RecordedBackend(self._network.for_many)
        return [self._network.finder.find(each, recorded.replay(), list(images), Cancellation()) for each in settings]

    def stream(
        self,
        source: str | Path | int | Iterable[str | Path | int],
        track: bool = False,
        *,
        classes: Classes | None = None,
        recursive: bool = True,
        every: int = 1,
        fps: float | None = None,
        start: float = 0,
        end: float | None = None,
    ) -> Iterator[tuple[Frame, Detections]]:
        """Find the faces in everything that a source holds, with one batch of pictures in memory.

        Args:
            source: A picture, a folder, a glob, a video, the number of a camera, or several.
            track: Give the same face of a video the same `tracker_id` in every frame.
            classes: Leave out the faces of all other classes. One or several names or ids.
            recursive: Search folders to the bottom.
            every: Of videos and cameras, look at every so many frames.
            fps: Look at so many frames per second of the video, at most; in place of `every`.
            start: Of videos and cameras, begin at this time, in seconds.
            end: Stop before this time.

        Yields:
            Every picture, or frame of a video, and its faces.

        Raises:
            SourceError: Something could not be read. It is raised after everything else has been yielded. Or the source
                is no such thing; then at once.
            UsageError: There is no such class, or no such part of a video.
        """
        inputs = as_inputs(source)
        wanted = None if classes is None else class_ids(classes, self.names)
        part = VideoPart(every=every, fps=fps, start=start, end=end)
        with OrderedThreads() as threads:
            steps = self.steps(find_sources(inputs, recursive=recursive, part=part), threads, track=track)
            yield from ((frame, faces.only(wanted)) for frame, faces in frames_of(steps))

    def steps(
        self, sources: Iterable[Source | Ended], threads: OrderedThreads, *, track: bool = False
    ) -> Iterator[Step]:
        """Find the faces as `stream` does, and give the end of every input too.

        Args:
            sources: As `find_sources` gives them.
            threads: The threads of the run. When the run is cancelled, the steps end soon, even inside an input.
            track: Give the same face of a video the same `tracker_id` in every frame.

        Yields:
            A frame and its faces; or, after the last frame of each input, its `Ended`.
        """
        return find_in_sources(self._network, self._settings, sources, threads, track=track)

    def prepare_for_many(self) -> None:
        """Begin to set the network up for lists, folders and videos, in a thread. Otherwise the first use does that."""
        self._network.prepare_for_many()
