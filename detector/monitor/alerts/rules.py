"""Rules that raise alerts.

A rule raises an alert when enough people have been in one of its states for long enough, and at least one of them has
not raised it before. So each person raises it once, until they leave the state. After an alert there is a quiet time. A
person who comes in the quiet time raises the next alert at its end, if they are still in view.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from converters.plurals import quantity
from detector.monitor.config.watch import AlertConfig, RuleConfig
from detector.people.states import DECIDED, Alert, PeopleInView, State

_IN_WORDS = {
    State.WITH_MASK: "with a mask",
    State.WITHOUT_MASK: "without a mask",
    State.MASK_WORN_INCORRECTLY: "with a mask worn incorrectly",
}
# Stands for all people together, in a rule on a share of them; people have numbers from 1.
_EVERYBODY = 0


@dataclass(slots=True)
class _RuleState:
    """The state of a rule for one camera.

    Attributes:
        since: The time at which each person entered the states of the rule.
        raised_by: Those of them who have raised an alert.
        last: The time of the last alert.
    """

    since: dict[int, datetime] = field(default_factory=dict)
    raised_by: set[int] = field(default_factory=set)
    last: datetime | None = None


class AlertRules:
    """All rules about people, over all cameras. Each camera may call from a thread of its own.

    Args:
        alerts: As configured.
        timezone_of: The time zone of a camera by its name, None for that of the machine: `WatchConfig.timezone_of`.
    """

    def __init__(
        self, alerts: Sequence[AlertConfig], timezone_of: Callable[[str], tzinfo | None] = lambda _: None
    ) -> None:
        self._alerts = tuple(alert for alert in alerts if alert.when.camera is None)
        self._timezone_of = timezone_of
        self._states: dict[tuple[str, str], _RuleState] = {}
        self._snapshots: dict[str, dict[int, bytes]] = {}

    def update(self, people: PeopleInView) -> list[Alert]:
        """Check the rules against the people in view of a camera.

        Args:
            people: The people; snapshots in their changes are added to the alerts that they raise.

        Returns:
            The alerts that are raised.
        """
        self._keep_snapshots(people)
        checked = [
            self._check(alert, people)
            for alert in self._alerts
            if alert.when.cameras is None or people.camera in alert.when.cameras
        ]
        return [alert for alert in checked if alert is not None]

    def _check(self, alert: AlertConfig, people: PeopleInView) -> Alert | None:
        state = self._states.setdefault((alert.name, people.camera), _RuleState())
        rule, now = alert.when, people.time
        # `min`, because the clock may have been set back.
        state.since = {who: min(state.since.get(who, now), now) for who in _who_holds(rule, people)}
        state.raised_by &= state.since.keys()
        ready = {who for who, since in state.since.items() if (now - since).total_seconds() >= rule.for_seconds}
        needed = 1 if rule.share_without is not None else rule.people
        if len(ready) < needed or ready <= state.raised_by or not self._may_raise(alert, state, people):
            return None
        newest = max(ready - state.raised_by, key=lambda who: (state.since[who], who))
        state.raised_by, state.last = ready, now
        return self._alert(alert, people, ready, newest)

    def _may_raise(self, alert: AlertConfig, state: _RuleState, people: PeopleInView) -> bool:
        """Whether the rule's hours hold, and its quiet time is over."""
        if state.last is not None:
            state.last = min(state.last, people.time)
            if (people.time - state.last).total_seconds() < alert.quiet_seconds:
                return False
        return alert.when.holds_at(people.time.astimezone(self._timezone_of(people.camera)))

    def _alert(self, alert: AlertConfig, people: PeopleInView, ready: set[int], newest: int) -> Alert:
        counts = people.counts()
        if alert.when.share_without is not None:
            number = counts[State.WITHOUT_MASK]
            message = _share_message(people)
            newest = max(who for who, state in people.states.items() if state is State.WITHOUT_MASK)
        else:
            number = len(ready)
            message = _people_message(alert.when, people, number)
        snapshot = self._snapshots[people.camera].get(newest)
        return Alert(alert.name, people.camera, people.time, message, number, counts, snapshot)

    def _keep_snapshots(self, people: PeopleInView) -> None:
        kept = self._snapshots.setdefault(people.camera, {})
        kept.update({change.track_id: change.snapshot for change in people.changes if change.snapshot is not None})
        for who in kept.keys() - people.states.keys():
            del kept[who]


def _who_holds(rule: RuleConfig, people: PeopleInView) -> set[int]:
    """The people in a state of the rule; for a rule on a share, `_EVERYBODY` or nobody."""
    if rule.share_without is None:
        return {who for who, state in people.states.items() if state in rule.state}
    decided, without = _decided(people)
    reached = decided >= rule.people and without >= rule.share_without * decided and without > 0
    return {_EVERYBODY} if reached else set()


def _decided(people: PeopleInView) -> tuple[int, int]:
    """The number of decided people, and of those without a mask."""
    counts = people.counts()
    return sum(counts[state] for state in DECIDED), counts[State.WITHOUT_MASK]


def _people_message(rule: RuleConfig, people: PeopleInView, number: int) -> str:
    how = " or ".join(_IN_WORDS[state] for state in rule.state)
    long = f" for {rule.for_seconds:g} s" if rule.for_seconds else ""
    return f"{people.camera}: {quantity(number, 'person', 'people')} {how}{long}"


def _share_message(people: PeopleInView) -> str:
    decided, without = _decided(people)
    return f"{people.camera}: {without} of {decided} people without a mask ({without / decided:.0%})"
