"""What the station remembers about itself since it started: counts, latencies, alarms, the last parts."""

from collections import Counter, OrderedDict, deque
from datetime import datetime

from inspection.decision import Action, DecidedBy
from inspection.part import Inspection, Outcome
from inspection.status import Alarm, Counts, Percentiles

RECENT = 20
WINDOW = 1000
ALARMS = 20


class Telemetry:
    """Bounded memory of the last parts. Lives in the event loop."""

    def __init__(self) -> None:
        self._by_action: Counter[Action] = Counter()
        self._by_outcome: Counter[Outcome] = Counter()
        self._triggers = self._missed = self._late = 0
        self._latency_ms: deque[float] = deque(maxlen=WINDOW)
        self._recent: OrderedDict[str, Inspection] = OrderedDict()
        self._alarms: deque[Alarm] = deque(maxlen=ALARMS)

    def intent(self, inspection: Inspection) -> None:
        """A trigger has its inspection: revision 0."""
        self._triggers += 1
        if inspection.missed is None:
            self._by_action[inspection.decision.action] += 1
        else:
            self._missed += 1
        self._late += inspection.decision.decided_by is DecidedBy.TIMEOUT
        self.revised(inspection)

    def published(self, latency_ms: float) -> None:
        """A decision was handed to the link, so many milliseconds after its trigger was seen."""
        self._latency_ms.append(latency_ms)

    def revised(self, inspection: Inspection) -> None:
        """An inspection has a newer revision."""
        self._recent[inspection.inspection_id] = inspection
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def outcome(self, outcome: Outcome) -> None:
        """A part has met its outcome."""
        self._by_outcome[outcome] += 1

    def raise_alarm(self, code: int, text: str, at: datetime) -> None:
        """Raise an alarm; the same alarm, still active, is not raised twice."""
        if not any(a.active and (a.code, a.text) == (code, text) for a in self._alarms):
            self._alarms.append(Alarm(code=code, text=text, raised_at=at))

    def clear_alarms(self, code: int | None = None) -> None:
        """The alarms of ``code`` (or all) are no longer active."""
        self._alarms = deque(
            (a.model_copy(update={"active": False}) if code in (None, a.code) else a for a in self._alarms),
            maxlen=ALARMS,
        )

    @property
    def counts(self) -> Counts:
        """Parts since the start."""
        return Counts(
            triggers=self._triggers,
            by_action=dict(self._by_action),
            by_outcome=dict(self._by_outcome),
            missed=self._missed,
            late=self._late,
        )

    @property
    def latency_ms(self) -> Percentiles | None:
        """Trigger as seen → decision handed to the link."""
        return Percentiles.of(self._latency_ms)

    @property
    def recent(self) -> tuple[Inspection, ...]:
        """The last parts, newest first."""
        return tuple(reversed(self._recent.values()))

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Newest first."""
        return tuple(reversed(self._alarms))
