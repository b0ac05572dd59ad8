"""The configuration of the videos that are kept: recordings of everything, and clips around events."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from detector.monitor.config.types import Duration, Section
from detector.monitor.config.yaml_file import wrong
from detector.people.states import State

_Seconds = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]


class RecordConfig(Section):
    """Annotated video of every camera.

    Attributes:
        folder: Where it is written; None writes none.
        minutes: The length of a file.
        keep: Older files are deleted; None keeps all.
    """

    folder: Path | None = None
    minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 10
    keep: Duration | None = timedelta(days=7)


class ClipsConfig(Section):
    """A short video around each event and alert, which is deleted with it.

    Attributes:
        folder: Where they are written; None writes none.
        before: So many seconds before the event.
        after: So many seconds after it.
        state: Of events with these new states; alerts have a clip in any case.
    """

    folder: Path | None = None
    before: _Seconds = 5.0
    after: _Seconds = 5.0
    state: tuple[State, ...] = (State.WITHOUT_MASK, State.MASK_WORN_INCORRECTLY)

    @model_validator(mode="after")
    def _check(self) -> "ClipsConfig":
        if State.UNDECIDED in self.state:
            raise wrong("undecided", "decided states: no event ends in it", "state")
        return self
