"""What the station shows of the running shift and of the last parts; at the start the record tells it."""

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from inspection.alarms.alarm_list import AlarmList, Told
from inspection.decision import Action, DecidedBy
from inspection.part import Inspection, Outcome, Trigger
from inspection.status import Counts, Percentiles
from inspection.times.shifts import ShiftCalendar

RECENT: Final = 20
"""How many of the last parts are shown."""

WINDOW: Final = 1000
"""Over how many of the last parts the latencies are summed up."""


class Telemetry:
    """The running shift's counts, the latencies and records of the last parts, and the station's alarms.

    It remembers at most ``WINDOW`` latencies and ``RECENT`` parts. A part counts, with all that becomes of
    it, for the shift in which its trigger was seen, as it does on the record. Lives in the event loop.

    Args:
        shifts: Whose running one is counted.
        now: The wall clock, with time zone.
        alarm_changed: Told what becomes of an alarm.
    """

    def __init__(self, shifts: ShiftCalendar, now: datetime, *, alarm_changed: Told) -> None:
        self._shifts = shifts
        self.alarms = AlarmList(alarm_changed)
        self.taken_up = False
        """Whether the record was read; until then the counts are those of this run, not of the shift."""
        self._latency_ms: deque[float] = deque(maxlen=WINDOW)
        self._recent: OrderedDict[str, Inspection] = OrderedDict()
        self._pending: set[str] = set()
        """Parts of the run before: whether the PLC was offered their decision is known from their outcome."""
        self._begin(now)

    def take_up(
        self, counts: Counts, recent: Sequence[Inspection], open_parts: Sequence[Inspection] = ()
    ) -> None:
        """At the start: what the record has of the shift, its last parts, newest first, and the open ones.

        An open part is shown with its decision only when it is known what came of it.
        """
        self._pending = {
            part.inspection_id
            for part in open_parts
            if part.missed is None and part.challenge is None and part.went_as_decided is None
        }
        self._count(counts)
        self.taken_up = True
        for inspection in reversed(recent):
            if inspection.published_ms is not None:
                self._latency_ms.append(inspection.published_ms)
            self.revised(inspection)

    def roll_over(self, now: datetime) -> None:
        """Begin to count anew where the shift that is counted is over.

        Args:
            now: The wall clock, with time zone. Where it was set back nothing changes.
        """
        if now >= self._until:
            self._begin(now)

    def intent(self, inspection: Inspection) -> None:
        """Count and show a part: its decision was made, and it is settled whether the PLC is offered it."""
        self.revised(inspection)
        if not self._of_this_shift(inspection.trigger):
            return
        self._triggers += 1
        if inspection.missed is not None:
            self._missed += 1
        elif inspection.challenge is not None:
            self._challenged += 1
        elif inspection.published:
            self._by_action[inspection.decision.action] += 1
        else:
            self._not_as_decided += 1
        self._late += inspection.decision.decided_by is DecidedBy.TIMEOUT

    def late_record(self, trigger: Trigger) -> None:
        """Count a part as late whose decision was in time, and whose record was not."""
        self._late += self._of_this_shift(trigger)

    def published(self, latency_ms: float) -> None:
        """Take the latency of a published decision: from its trigger as we saw it to the link, in ms."""
        self._latency_ms.append(latency_ms)

    def revised(self, inspection: Inspection) -> None:
        """Show the newer revision of an inspection."""
        self._recent[inspection.inspection_id] = inspection
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def outcome(self, inspection: Inspection) -> None:
        """Count the outcome of a part, which may say that the part did not go as decided."""
        was_pending = inspection.inspection_id in self._pending
        self._pending.discard(inspection.inspection_id)
        if inspection.outcome is None or not self._of_this_shift(inspection.trigger):
            return
        self._by_outcome[inspection.outcome] += 1
        if inspection.missed is not None or inspection.challenge is not None or not inspection.published:
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
            challenged=self._challenged,
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

    def _begin(self, now: datetime) -> None:
        """Count the shift that runs now, from nothing."""
        running = self._shifts.shift_of(now)
        self._until = running.end
        self._count(Counts(since=running.start))

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
        self._challenged = counts.challenged
