"""What the station remembers about itself since it started: counts, latencies, alarms, the last parts."""

from collections import Counter, OrderedDict, deque

from inspection.alarm_list import AlarmList
from inspection.decision import Action, DecidedBy
from inspection.part import Inspection, Outcome
from inspection.status import Counts, Percentiles

RECENT = 20
WINDOW = 1000


class Telemetry:
    """Bounded memory of the last parts. Lives in the event loop."""

    def __init__(self) -> None:
        self._by_action: Counter[Action] = Counter()
        self._by_outcome: Counter[Outcome] = Counter()
        self._triggers = self._missed = self._late = 0
        self._latency_ms: deque[float] = deque(maxlen=WINDOW)
        self._recent: OrderedDict[str, Inspection] = OrderedDict()
        self.alarms = AlarmList()

    def intent(self, inspection: Inspection) -> None:
        """A trigger has its inspection: revision 0."""
        self._triggers += 1
        if inspection.missed is None:
            self._by_action[inspection.decision.action] += 1
        else:
            self._missed += 1
        self._late += inspection.decision.decided_by is DecidedBy.TIMEOUT
        self.revised(inspection)

    def late_record(self) -> None:
        """A decision was in time, and its record was not."""
        self._late += 1

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
