"""What `detector train` shows as it goes: one bar an epoch on a terminal, one line an epoch everywhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as ProgressBar
from rich.table import Column
from rich.text import Text

from converters.plurals import quantity
from detector.cli.console import console, errors, print_list

if TYPE_CHECKING:
    from converters.annotation import AnnotatedImage
    from converters.problems import Problem
    from detector.training.progress import Batch, Epoch, Progress

_LISTED = 20  # pictures that cannot be used


@contextmanager
def shown_progress(out: Path | None) -> Iterator["Progress"]:
    """Show how a training goes.

    Args:
        out: Its folder, which the synthetic pictures are in; None for a check.

    Yields:
        The functions that the training calls.
    """
    from detector.training.progress import Progress

    with _bar() as bar:
        shown = _Shown(bar, (out or Path()) / "synthetic")
        yield Progress(
            on_decoded=lambda done, total: shown.move("checking pictures", done, total),
            on_left_out=shown.left_out,
            on_note=lambda note: console.print(note, markup=False, soft_wrap=True),
            on_data=shown.data,
            on_synthetic=lambda done, total: shown.move("synthetic pictures", done, total),
            on_start=lambda batches: shown.start(),
            on_batch=shown.batch,
            on_epoch=shown.epoch,
        )


class _Status(ProgressColumn):
    """The figures behind the bar. A narrow terminal shows the first of them."""

    def render(self, task: Task) -> Text:
        return Text(task.fields["status"], overflow="ellipsis", no_wrap=True)


def _bar() -> ProgressBar:
    return ProgressBar(
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=20, table_column=Column(no_wrap=True)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        _Status(table_column=Column(no_wrap=False)),  # so that a narrow terminal takes the room from this column
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )


class _Shown:
    """What is shown of one training.

    Args:
        bar: The bar.
        synthetic: The folder of its synthetic pictures.
    """

    def __init__(self, bar: ProgressBar, synthetic: Path) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, status="")
        self._synthetic = synthetic.resolve()
        self._left_out: dict[str, str] = {}
        self._seconds: list[float] = []  # of the epochs so far
        self._started = 0.0
        self._last = ""  # mAP50 of the newest epoch

    def move(self, description: str, done: int, total: int) -> None:
        """Show how far a step before the first epoch is."""
        self._bar.update(self._task, description=description, completed=done, total=total)

    def left_out(self, purpose: str, problems: "list[Problem]", total: int) -> None:
        """List the pictures that cannot be used."""
        from detector.training.data import reasons

        self._left_out[purpose] = f" of {total}: {len(problems)} left out ({reasons(problems)})"
        pictures = {"train": "training pictures", "val": "validation pictures"}.get(purpose, purpose)
        print_list(
            f"{len(problems)} of {total} {pictures} cannot be used, and are left out:", problems, "yellow", _LISTED
        )

    def data(self, images: "dict[str, list[AnnotatedImage]]") -> None:
        """Count the pictures and boxes that are used."""
        for split, purpose in (("train", "Training"), ("val", "Validating")):
            pictures = {image.path: image for image in images[split]}
            repeats = len(images[split]) - len(pictures)
            text = f"{purpose} on {self._counts(list(pictures.values()), repeats)}{self._left_out.get(split, '')}."
            console.print(text, markup=False, soft_wrap=True)
            if unlabelled := [image for image in pictures.values() if not image.annotation.is_file()]:
                text = f"{len(unlabelled)} of them have no label file, such as {unlabelled[0].annotation}, "
                errors.print(text + "and count as background.", style="yellow", markup=False, soft_wrap=True)

    def _counts(self, pictures: "list[AnnotatedImage]", repeats: int) -> str:
        real = [image for image in pictures if not image.path.is_relative_to(self._synthetic)]
        made = [image for image in pictures if image.path.is_relative_to(self._synthetic)]
        parts = [_count(real, "picture")]
        parts += [f"{quantity(repeats, 'repeat')} of those with rare classes"] if repeats else []
        parts += [f"{_count(made, 'synthetic one')} ({self._synthetic / 'sheet.jpg'} shows some)"] if made else []
        return ", and ".join(parts)

    def start(self) -> None:
        """An epoch starts."""
        self._started = time.monotonic()

    def batch(self, batch: "Batch") -> None:
        """Move the bar within an epoch."""
        validating = ", validating" if batch.number == batch.batches else ""
        losses = " ".join(f"{name} {value:.3f}" for name, value in batch.losses.items())
        self._bar.update(
            self._task,
            description=f"epoch {batch.epoch}/{batch.epochs}{validating}",
            completed=batch.number,
            total=batch.batches,
            status=f"{_minutes(self._time_left(batch))} left  {self._last}loss: {losses}",
        )

    def _time_left(self, batch: "Batch") -> float:
        """Seconds, from the mean of the epochs so far, or from the batches of the first one."""
        elapsed, done = time.monotonic() - self._started, batch.number / batch.batches
        whole = sum(self._seconds) / len(self._seconds) if self._seconds else elapsed / done
        return whole * (batch.epochs - batch.epoch + 1 - done)

    def epoch(self, epoch: "Epoch") -> None:
        """Print the line of an epoch."""
        self._seconds.append(epoch.seconds)
        left = sum(self._seconds) / len(self._seconds) * (epoch.total - epoch.number)
        losses = "  ".join(f"{name} {value:.3f}" for name, value in epoch.losses.items())
        figures = "val mAP50 not measured"
        if epoch.map50 is not None:
            figures = f"val mAP50 {epoch.map50:.3f}  mAP50-95 {epoch.map50_95:.3f}"
            self._last = f"mAP50 {epoch.map50:.3f}  "
        console.print(
            f"epoch {epoch.number}/{epoch.total}  loss: {losses}  {figures}  "
            f"took {_minutes(epoch.seconds)}, {_minutes(left)} left",
            soft_wrap=True,
        )


def _count(images: "list[AnnotatedImage]", what: str) -> str:
    return f"{quantity(len(images), what)} with {quantity(sum(len(image.boxes) for image in images), 'box', 'boxes')}"


def _minutes(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
