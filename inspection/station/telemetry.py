"""What the station shows of the running shift and of the last parts; at the start the record tells it."""

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from datetime import datetime

from inspection.alarms.alarm_list import AlarmList
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
        self._pending: set[str] = set()
        """Parts of the run before: whether the PLC was offered their decision is known from their outcome."""
        self._count(Counts(since=since))

    def take_up(
        self, counts: Counts, recent: Sequence[Inspection], open_parts: Sequence[Inspection] = ()
    ) -> None:
        """At the start: what the record has of the shift, its last parts, newest first, and the open ones.

        An open part is shown with its decision only when it is known what came of it.
        """
        self._pending = {
            part.inspection_id for part in open_parts if part.missed is None and part.went_as_decided is None
        }
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
        if inspection.missed is not None:
            self._missed += 1
        elif inspection.published:
            self._by_action[inspection.decision.action] += 1
        else:
            self._not_as_decided += 1
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

    def outcome(self, inspection: Inspection) -> None:
        """A part has met its outcome, which may say that it did not go as decided."""
        was_pending = inspection.inspection_id in self._pending
        self._pending.discard(inspection.inspection_id)
        if inspection.outcome is None or not self._of_this_shift(inspection.trigger):
            return
        self._by_outcome[inspection.outcome] += 1
        if inspection.missed is not None or not inspection.published:
            return  # counted for what it is
        action = inspection.decision.action
        if was_pending:
            self._pending_parts -= 1
        else:
            self._by_action[action] -= 1
        if inspection.went_as_decided:
            self._by_action[action] += 1
        else:
            self._not_as_decided += 1

    @property
    def counts(self) -> Counts:
        """Parts of the running shift."""
        return Counts(
            since=self._since,
            triggers=self._triggers,
            by_action={action: parts for action, parts in self._by_action.items() if parts},
            not_as_decided=self._not_as_decided,
            pending=self._pending_parts,
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
        """The last parts of which it is known whether the PLC was offered their decision, newest first."""
        return tuple(
            part for part in reversed(self._recent.values()) if part.inspection_id not in self._pending
        )

    def _of_this_shift(self, trigger: Trigger) -> bool:
        return trigger.seen_at >= self._since

    def _count(self, counts: Counts) -> None:
        """Go on from these counts."""
        assert counts.since is not None  # whoever counts for us says since when
        self._since = counts.since
        self._by_action: Counter[Action] = Counter(counts.by_action)
        self._by_outcome: Counter[Outcome] = Counter(counts.by_outcome)
        self._not_as_decided, self._pending_parts = counts.not_as_decided, counts.pending
        self._triggers, self._missed, self._late = counts.triggers, counts.missed, counts.late
