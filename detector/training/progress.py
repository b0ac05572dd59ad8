"""Progress of a training: functions that it calls, and the figures of an epoch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from converters.annotation import AnnotatedImage
from converters.problems import Problem


@dataclass(frozen=True, slots=True)
class Epoch:
    """The figures of an epoch.

    Attributes:
        number: 1 for the first.
        total: How many there will be.
        losses: Mean training losses by name (box, cls, dfl).
        map50: ultralytics' own mAP50 on the validation pictures; the final figures come from pycocotools. None where
            this epoch was not measured.
        map50_95: Likewise, averaged over IoU 0.5 to 0.95.
        seconds: Time the epoch took, validation included.
    """

    number: int
    total: int
    losses: dict[str, float]
    map50: float | None
    map50_95: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Batch:
    """The figures after a batch.

    Attributes:
        epoch: The number of its epoch, 1 for the first.
        epochs: How many there will be.
        number: Its place in the epoch, 1 for the first.
        batches: The number of batches of an epoch.
        losses: Mean training losses of the epoch so far, by name.
    """

    epoch: int
    epochs: int
    number: int
    batches: int
    losses: dict[str, float]


@dataclass(frozen=True, slots=True)
class Progress:
    """Functions that `train` calls. On several GPUs it calls none from `on_start` on, because other processes train.

    Attributes:
        on_decoded: Called as pictures are decoded before the first epoch, with (pictures decoded, pictures in all).
        on_left_out: Called where pictures cannot be used, with "train", "val" or "thumbnails", the reason for each of
            them, and the number of all pictures there.
        on_note: Called before the first epoch with a sentence for each decision that the user should know of.
        on_data: Called once, before the first epoch, with the pictures of "train" (repeats included) and "val".
        on_synthetic: Called as synthetic pictures are made, with (pictures looked at or made, pictures in all).
        on_start: Called with the number of batches an epoch has.
        on_batch: Called after each batch.
        on_epoch: Called after each epoch.
    """

    on_decoded: Callable[[int, int], None] = lambda done, total: None
    on_left_out: Callable[[str, list[Problem], int], None] = lambda purpose, left_out, total: None
    on_note: Callable[[str], None] = lambda note: None
    on_data: Callable[[dict[str, list[AnnotatedImage]]], None] = lambda images: None
    on_synthetic: Callable[[int, int], None] = lambda done, total: None
    on_start: Callable[[int], None] = lambda batches: None
    on_batch: Callable[[Batch], None] = lambda batch: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None


def attach(trainer: Any, progress: Progress) -> None:
    """Have a trainer of ultralytics call the functions of `progress`."""
    done = 0

    def epoch_start(trainer: Any) -> None:
        nonlocal done
        done = 0
        progress.on_start(len(trainer.train_loader))

    def batch_end(trainer: Any) -> None:
        nonlocal done
        done += 1
        progress.on_batch(Batch(trainer.epoch + 1, trainer.epochs, done, len(trainer.train_loader), _losses(trainer)))

    trainer.on_note = progress.on_note
    trainer.add_callback("on_train_epoch_start", epoch_start)
    trainer.add_callback("on_train_batch_end", batch_end)
    trainer.add_callback("on_fit_epoch_end", lambda trainer: progress.on_epoch(_epoch(trainer)))


def _epoch(trainer: Any) -> Epoch:
    measured = trainer.measured_epoch == trainer.epoch
    map50, map50_95 = (
        float(trainer.metrics[f"metrics/{name}(B)"]) if measured else None for name in ("mAP50", "mAP50-95")
    )
    return Epoch(trainer.epoch + 1, trainer.epochs, _losses(trainer), map50, map50_95, float(trainer.epoch_time))


def _losses(trainer: Any) -> dict[str, float]:
    return {name.removesuffix("_loss"): float(value) for name, value in (trainer.tloss or {}).items()}
