"""The figures about confidences, as frozen dataclasses with the fields of `metrics.json`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The answers with a confidence in one range.

    Attributes:
        low: Where the range begins; included.
        high: Where it ends; not included, but for 1.
        answers: How many there are.
        confidence: Their mean confidence.
        right: The share of them that is right: on a face, with its label.
        interval: Its 95 % interval, by Wilson's formula.
    """

    low: float
    high: float
    answers: int
    confidence: float
    right: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether confidences are what they say: of the answers with 0.8, are 80 % right?

    Attributes:
        bins: The ranges that have answers, in ascending order.
        error: The expected calibration error (Guo et al., 2017): the mean of |share right - mean confidence| over the
            answers; None without any.
    """

    bins: tuple[CalibrationBin, ...]
    error: float | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """All classes together at one confidence.

    Attributes:
        confidence: What `conf` is set to.
        answers: Answers with that setting.
        right: Those on a face, with its label.
        faces: Annotated faces.
        precision: right / answers; None without answers.
        recall: right / faces; None without faces.
    """

    confidence: float
    answers: int
    right: int
    faces: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class WantedThreshold:
    """The confidence that gives a wanted precision or recall.

    Attributes:
        figure: "precision" or "recall".
        value: What is wanted.
        chosen: The confidence with it, the one with the highest value of the other figure; None where there is none.
        nearest: The confidence at which the figure is highest.
        interval: The 95 % interval of the figure at `chosen`, by Wilson's formula.
        thresholds: Every confidence tried.
    """

    figure: str
    value: float
    chosen: Threshold | None
    nearest: Threshold | None
    interval: tuple[float, float] | None
    thresholds: tuple[Threshold, ...]
