"""Who is in which zone of a camera, and who has crossed which of its lines."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from detector.detections import Detections
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.config.watch import CameraConfig
from detector.people.lines import Crossing, LineCounter
from detector.people.states import LineCount, LineCrossing, PeopleInView, State, count_states
from detector.people.zones import Zones


class Places:
    """The zones and lines of one camera and the people at them. It is used by one thread at a time.

    Args:
        config: The camera.
    """

    def __init__(self, config: CameraConfig) -> None:
        self._camera, self._is_used = config.name, bool(config.zones or config.lines)
        self._zones, self._lines = Zones(config.zones), LineCounter(config.lines)
        self._zones_of: dict[int, set[str]] = {}  # by person in view
        self._zone_names = config.counting_zones
        self._late: list[LineCrossing] = []
        self._counts = {line.name: LineCount() for line in config.lines}

    def update(
        self, frame: CameraFrame, shape: tuple[int, ...], marked: Detections, people: PeopleInView
    ) -> tuple[LineCrossing, ...]:
        """Take the people of the next frame.

        Args:
            frame: The frame.
            shape: (height, width, ...) of its picture.
            marked: Their faces, with their numbers as `tracker_id`.
            people: All people in view.

        Returns:
            The crossings that are certain by now.
        """
        if not self._is_used:
            return ()
        numbers = [] if marked.tracker_id is None else marked.tracker_id.tolist()
        now = dict(zip(numbers, self._zones.names(marked.xyxy, shape), strict=True))
        self._zones_of = {number: now.get(number, self._zones_of.get(number, set())) for number in people.states}
        seen = {
            number: (x1, y1, x2, y2) for number, (x1, y1, x2, y2) in zip(numbers, marked.xyxy.tolist(), strict=True)
        }
        crossed = self._lines.update(frame.clock, seen, people.states, shape, known=people.known)
        return self._told(self._at(each, frame) for each in crossed)

    def restart(self, frame: CameraFrame) -> None:
        """Forget everybody, after a frame that could not be processed; what they have crossed is told later."""
        self._late += [self._at(each, frame) for each in self._lines.restart()]

    def end(self, at: datetime) -> tuple[LineCrossing, ...]:
        """The crossings of people who are still undecided at the end, at the time of the last frame."""
        return self._told(self._crossing(each, at) for each in self._lines.restart())

    def in_zones(self, states: Mapping[int, State]) -> dict[str, dict[State, int]]:
        """The number of people in each counting zone, by state.

        Args:
            states: The states of the people in view, by their numbers.
        """
        return {
            name: count_states(state for number, state in states.items() if name in self._zones_of.get(number, ()))
            for name in self._zone_names
        }

    def at_lines(self) -> dict[str, LineCount]:
        """How many people have crossed each line."""
        return dict(self._counts)

    def _told(self, crossings: Iterable[LineCrossing]) -> tuple[LineCrossing, ...]:
        told, self._late = (*self._late, *crossings), []
        for each in told:
            self._counts[each.line] = self._counts[each.line].add(each.direction, each.state)
        return told

    def _at(self, crossing: Crossing, frame: CameraFrame) -> LineCrossing:
        return self._crossing(crossing, frame.time - timedelta(seconds=max(frame.clock - crossing.clock, 0.0)))

    def _crossing(self, crossing: Crossing, at: datetime) -> LineCrossing:
        return LineCrossing(self._camera, at, crossing.line, crossing.direction, crossing.number, crossing.state)
