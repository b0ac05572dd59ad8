"""Holds the network in an actor, and finds the faces in the pictures and videos of a block."""

import os
import time
from typing import TYPE_CHECKING

from detector.cluster.loading import PIXELS, is_video, pixels_of
from detector.cluster.tables import Answer, add_answers, face_rows
from detector.cluster.videos import part_of, watch_part, watch_video
from detector.cluster.weights import PackedWeights, with_weights
from detector.device import CORE_LIMIT
from detector.inference.detector import Detector
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    import pyarrow as pa


class FaceActor:
    """Finds faces; Ray makes one for each group of cores, or for each GPU.

    Args:
        settings: How.
        packed: The user's weights; None for those that come with the package.
        threads: Of the network, on a CPU.
        track: Number the faces of videos.
    """

    def __init__(self, settings: DetectorSettings, packed: PackedWeights | None, threads: int, track: bool) -> None:
        os.environ[CORE_LIMIT] = os.environ["OMP_NUM_THREADS"] = str(threads)  # before torch is imported
        self._detector = Detector.from_settings(with_weights(settings, packed))
        self._track = track

    def __call__(self, table: "pa.Table") -> "pa.Table":
        """Add the answers to a block that `load_pictures` made."""
        rows = table.drop_columns(["_pixels"]).to_pylist()
        answers = [Answer(None, "failed", row["_reason"], milliseconds=row["_milliseconds"]) for row in rows]
        places = [i for i, row in enumerate(rows) if row["_height"] is not None]
        columns = [table.column(name) for name in PIXELS[:3]]
        for i, answer in zip(places, self._pictures([[column[i] for column in columns] for i in places]), strict=True):
            answer.milliseconds += rows[i]["_milliseconds"]
            answers[i] = answer
        for i, row in enumerate(rows):
            if row["_reason"] is None and is_video(row):
                part = part_of(row)
                if part is None:
                    answers[i] = watch_video(self._detector, row["path"], track=self._track)
                else:
                    answers[i] = watch_part(self._detector, row["path"], part)
        return add_answers(table.drop_columns(list(PIXELS)), answers)

    def _pictures(self, cells: "list[list[pa.Scalar]]") -> list[Answer]:
        if not cells:
            return []
        began = time.perf_counter()
        images = [pixels_of(each) for each in cells]
        try:
            found = self._detector.predict(images)
        except Exception as error:
            if len(cells) > 1:  # one of them is to blame: each for itself
                return [answer for each in cells for answer in self._pictures([each])]
            return [Answer("image", "failed", f"{type(error).__name__}: {error}")]
        milliseconds = 1000 * (time.perf_counter() - began) / len(images)
        return [
            Answer("image", "read", None, image.shape[1], image.shape[0], 1, milliseconds, face_rows(faces))
            for image, faces in zip(images, found, strict=True)
        ]
