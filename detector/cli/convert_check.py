"""`detector convert --check`: what a conversion would do, and labels that are worth a look."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from converters.options import ConversionOptions
from converters.plurals import quantity
from detector.cli.console import stages
from detector.cli.conversion_summary import say, say_counts, show
from detector.errors import OptionError

if TYPE_CHECKING:
    from converters.conversion import PreparedSet
    from converters.options import Progress
    from converters.problems import Problems
    from detector.evaluation.doubtful_labels import DoubtfulLabel

_LISTED = 20  # repairs, and files that were passed over: more than that are counted only


def check(options: ConversionOptions, sheet: Path | None) -> "Problems":
    """Print what a conversion would do, and draw doubtful labels.

    Args:
        options: Of the conversion.
        sheet: The file to draw in; None: no detector is asked.

    Returns:
        What was found wrong.
    """
    from converters.conversion import check as prepare

    if sheet is not None:
        _check_sheet(sheet, options)
    with stages() as progress:
        prepared = prepare(options, progress)
        doubtful = _doubtful(prepared, with_detector=sheet is not None, progress=progress)
        if sheet is not None:
            _write_sheet(sheet, options, prepared, doubtful)
    show(prepared.summary, options, listed=None)
    _list_others(prepared.summary.problems)
    say_counts("Doubtful labels", Counter(each.kind for each in doubtful))
    if sheet is None:
        say("Nothing was written. --sheet FILE.html draws the labels that the shipped detector doubts.")
    else:
        say(f"{quantity(len(doubtful), 'doubtful label')}, drawn in {sheet}. No dataset was written.")
    return prepared.summary.problems


def _check_sheet(sheet: Path, options: ConversionOptions) -> None:
    from detector.evaluation.doubtful_sheet import check_target

    check_target(sheet)
    for place in (options.source, options.images):
        if place is not None and sheet.exists() and sheet.resolve().is_relative_to(place.resolve()):
            raise OptionError("sheet", f"{sheet} is a file of the input, which is never replaced", "a new file")


def _doubtful(prepared: "PreparedSet", *, with_detector: bool, progress: "Progress") -> "list[DoubtfulLabel]":
    from detector.evaluation.doubtful_labels import find_doubtful, with_two_labels

    problems = prepared.summary.problems
    doubtful = [with_two_labels(path, first, second) for path, first, second in problems.two_labels]
    if with_detector:
        from detector.inference.detector import Detector

        detector = Detector(agnostic_nms=True)  # one face, one label

        def on_image(done: int, total: int) -> None:
            progress("Comparing with the detector", done, total)

        doubtful += find_doubtful(prepared.images, detector, problems, on_image=on_image)
    return doubtful


def _write_sheet(
    sheet: Path, options: ConversionOptions, prepared: "PreparedSet", doubtful: "Sequence[DoubtfulLabel]"
) -> None:
    from detector.evaluation.doubtful_sheet import write_sheet

    pictures = quantity(len(prepared.images), "picture")
    title = f"{quantity(len(doubtful), 'doubtful label')} in {pictures} of {options.source.resolve().name}"
    write_sheet(sheet, title, doubtful, prepared.images)


def _list_others(problems: "Problems") -> None:
    """Name what no file lists, since none is written: repairs, and files that are no part of the set."""
    others = [item for item in problems.items if not item.left_out]
    for item in others[:_LISTED]:
        say(f"  {item}")
    if len(others) > _LISTED:
        say(f"  and {len(others) - _LISTED} more, which conversion.json lists after a conversion")
