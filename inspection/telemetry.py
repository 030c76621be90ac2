"""What the station shows of the running shift and of the last parts; at the start the record tells it."""

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from datetime import datetime

from inspection.alarm_list import AlarmList
from inspection.decision import Action, DecidedBy
from inspection.part import Inspection, Outcome, Trigger
from inspection.status import Counts, Percentiles

RECENT = 20
WINDOW = 1000


class Telemetry:
    """Bounded memory of the last parts. Lives in the event loop.

    A part counts, with all that becomes of it, for the shift in which its trigger was seen; as on the record.

    Args:
        since: The begin of the running shift, UTC.
    """

    def __init__(self, since: datetime) -> None:
        self.alarms = AlarmList()
        self.taken_up = False
        """It is known what the record has; until then the counts are not those of the shift."""
        self._latency_ms: deque[float] = deque(maxlen=WINDOW)
        self._recent: OrderedDict[str, Inspection] = OrderedDict()
        self._count(Counts(since=since))

    def take_up(self, counts: Counts, recent: Sequence[Inspection]) -> None:
        """At the start: what the record has of the shift, and its last parts, newest first."""
        self._count(counts)
        self.taken_up = True
        for inspection in reversed(recent):
            if inspection.published_ms is not None:
                self._latency_ms.append(inspection.published_ms)
            self.revised(inspection)

    def roll_over(self, since: datetime) -> None:
        """The running shift began then: where that is news, count anew. The clock set back is no news."""
        if since > self._since:
            self._count(Counts(since=since))

    def intent(self, inspection: Inspection) -> None:
        """A trigger has its inspection, and it is settled whether the PLC is offered the decision."""
        self.revised(inspection)
        if not self._of_this_shift(inspection.trigger):
            return
        self._triggers += 1
        if inspection.missed is None:
            self._by_action[inspection.decision.action] += 1
        else:
            self._missed += 1
        self._late += inspection.decision.decided_by is DecidedBy.TIMEOUT

    def late_record(self, trigger: Trigger) -> None:
        """The decision on this part was in time, and its record was not."""
        self._late += self._of_this_shift(trigger)

    def published(self, latency_ms: float) -> None:
        """A decision was handed to the link, so many milliseconds after its trigger was seen."""
        self._latency_ms.append(latency_ms)

    def revised(self, inspection: Inspection) -> None:
        """An inspection has a newer revision."""
        self._recent[inspection.inspection_id] = inspection
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def outcome(self, outcome: Outcome, trigger: Trigger) -> None:
        """A part has met its outcome."""
        if self._of_this_shift(trigger):
            self._by_outcome[outcome] += 1

    @property
    def counts(self) -> Counts:
        """Parts of the running shift."""
        return Counts(
            since=self._since,
            triggers=self._triggers,
            by_action=dict(self._by_action),
            by_outcome=dict(self._by_outcome),
            missed=self._missed,
            late=self._late,
        )

    @property
    def latency_ms(self) -> Percentiles | None:
        """Trigger as seen → decision handed to the link, of the last parts."""
        return Percentiles.of(self._latency_ms)

    @property
    def recent(self) -> tuple[Inspection, ...]:
        """The last parts, newest first."""
        return tuple(reversed(self._recent.values()))

    def _of_this_shift(self, trigger: Trigger) -> bool:
        return trigger.seen_at >= self._since

    def _count(self, counts: Counts) -> None:
        """Go on from these counts."""
        assert counts.since is not None  # whoever counts for us says since when
        self._since = counts.since
        self._by_action: Counter[Action] = Counter(counts.by_action)
        self._by_outcome: Counter[Outcome] = Counter(counts.by_outcome)
        self._triggers, self._missed, self._late = counts.triggers, counts.missed, counts.late
