"""What the engine tells about itself: the messages of the API, which console and MES read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Self

from pydantic import Field

from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.challenge.shown import ChallengeStatus
from inspection.decision import Action, Frozen
from inspection.messages.message import Coded
from inspection.part import Inspection, Outcome
from inspection.times.local_time import zone_named


class Mode(StrEnum):
    """What the station is doing; names after PackML (ISA-TR88.00.02) where PackML has one."""

    STARTING = "starting"
    IDLE = "idle"
    """Ready for a part."""
    EXECUTE = "execute"
    """Judging a part."""
    HELD = "held"
    """Held by the operator: takes no part."""
    SUSPENDED = "suspended"
    """The PLC's bypass key is turned: no part is inspected. Ends by itself, with the key."""
    ABORTED = "aborted"
    """Halted by a fault; the latch must be reset."""
    STOPPING = "stopping"


class Health(StrEnum):
    """How a subsystem is doing; shown as colour, word and shape."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "unknown"
    """Nothing is known yet, or what is known is too old."""


class Subsystem(StrEnum):
    """The tiles of the Run screen."""

    PLC = "plc"
    CAMERA = "camera"
    MODEL = "model"
    STORE = "store"


class Tile(Frozen):
    """One subsystem's state. ``age_ms`` is the age of the newest data behind it when this was written."""

    subsystem: Subsystem
    health: Health
    text: str
    """One short line in English: what is the matter, or what runs."""
    age_ms: float | None
    """None: there never was any data."""
    detail: str = ""
    """The whole of it, where ``text`` says it in short."""
    coded: Coded = ()
    """What ``text`` says, for any language."""
    detail_coded: Coded = ()
    """What ``detail`` says."""


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: the smallest value that at least ``percent`` of the values do not exceed.

    Hyndman and Fan's definition 1 ("Sample Quantiles in Statistical Packages", The American Statistician 50,
    1996). It is always a value that was measured, and never lies below the share it names, as interpolated
    percentiles of few parts do.

    Args:
        ordered: Values in ascending order, at least one.
        percent: Above 0, at most 100.

    Raises:
        ValueError: No values, or ``percent`` out of range.

    >>> percentile([10.0, 20.0, 30.0, 40.0], 50)
    20.0
    >>> percentile([10.0, 20.0, 30.0, 40.0], 95)
    40.0
    """
    if not ordered or not 0 < percent <= 100:
        raise ValueError(f"percentile {percent} of {len(ordered)} values is not defined")
    # percent * n / 100, in this order: 0.95 * 20 is above 19 in floating point and would give the next rank
    return ordered[ceil(percent * len(ordered) / 100) - 1]


class Percentiles(Frozen):
    """How long the last parts took, in milliseconds: nearest-rank percentiles (see ``percentile``)."""

    p50: float
    p95: float
    p99: float
    max: float
    n: int
    """How many parts were measured."""

    @classmethod
    def of(cls, values_ms: Iterable[float]) -> Self | None:
        """The percentiles of ``values_ms`` by ``percentile``; None where there are none."""
        ordered = sorted(values_ms)
        if not ordered:
            return None
        p50, p95, p99 = (percentile(ordered, percent) for percent in (50, 95, 99))
        return cls(p50=p50, p95=p95, p99=p99, max=ordered[-1], n=len(ordered))


class Counts(Frozen):
    """How many parts there were in a stretch of time, by what became of them."""

    since: datetime | None = None
    """The begin of the running shift, whenever the engine started; None where the engine does not say: since
    it started."""
    triggers: int = 0
    by_action: dict[Action, int] = Field(default_factory=dict)
    """Judged parts by their decision, where it went as decided: the PLC was offered it, and has not told that
    it did something else (``inspection.part.went_as_decided``)."""
    not_as_decided: int = 0
    """Judged parts with which it did not: the PLC was not offered the decision, rejected the part by default,
    did not release it on its pass, or cannot tell what became of it."""
    pending: int = 0
    """Judged parts of which it is not known yet: the engine died when their intent was on record."""
    by_outcome: dict[Outcome, int] = Field(default_factory=dict)
    missed: int = 0
    challenged: int = 0
    """Pieces of challenges: judged, and no parts of the line."""
    late: int = 0
    """Parts whose decision missed the internal deadline, or whose record the PLC's own."""

    @property
    def judged(self) -> int:
        """Parts with a decision, whatever came of it."""
        return sum(self.by_action.values()) + self.not_as_decided + self.pending

    @property
    def yield_rate(self) -> float | None:
        """Share of the judged parts that passed, and whose pass held; None before the first.

        Those of which it is not known yet are left out.
        """
        known = self.judged - self.pending
        return self.by_action.get(Action.PASS, 0) / known if known else None


class AlarmState(StrEnum):
    """Where an alarm that is listed stands; names after ISA-18.2 (ANSI/ISA-18.2-2016, 5.6)."""

    UNACKNOWLEDGED = "unacknowledged"
    """Its cause is there, and nobody has said that he saw it."""
    RETURNED = "returned"
    """Its cause is gone again, and nobody has said that he saw it."""
    ACKNOWLEDGED = "acknowledged"
    """Its cause is there, and somebody has seen it."""
    SHELVED = "shelved"
    """Somebody has put it aside for a while, whatever becomes of its cause."""


class Shelf(Frozen):
    """That an alarm is put aside: by whom, for how long, and why."""

    by: str
    since: datetime
    until: datetime
    """It ends by itself then; before, somebody may end it."""
    reason: str

    def over(self, at: datetime) -> bool:
        """Whether its time is over; also where the clock was set back to before it began."""
        return not self.since <= at < self.until


class Alarm(Frozen):
    """Something that asks for a person (ISA-18.2); ``inspection.alarms.alarm_list`` has its states."""

    alarm_id: str = ""
    """Names it on record, from when it is raised until it leaves the list; empty where an engine of another
    version does not say."""
    code: int
    """severity·4096 + component·256 + code, as in the register map."""
    text: str
    """In English."""
    coded: Coded = ()
    """What ``text`` says, for any language; empty where an engine of another version does not say."""
    raised_at: datetime
    """When it came first."""
    active: bool = True
    """Its cause is there."""
    acknowledged: bool = True
    """Somebody has seen it. True where an engine of another version does not say: it lists none such."""
    times: int = Field(default=1, ge=1)
    """How often it came since it was listed."""
    last_at: datetime | None = None
    """When it came last, where that was more than once."""
    shelf: Shelf | None = None
    """Where it is shelved."""
    first_out: bool = False
    """It came when no other waited to be acknowledged, and waits itself."""

    @property
    def came_last_at(self) -> datetime:
        """When it came, the last time where that was more than once."""
        return self.last_at or self.raised_at

    @property
    def standing(self) -> bool:
        """It belongs on the list: its cause is there, nobody has seen it, or it is shelved."""
        return self.active or not self.acknowledged or self.shelf is not None

    @property
    def state(self) -> AlarmState:
        """Where it stands, as long as it is listed."""
        if self.shelf is not None:
            return AlarmState.SHELVED
        if self.acknowledged:
            return AlarmState.ACKNOWLEDGED
        return AlarmState.UNACKNOWLEDGED if self.active else AlarmState.RETURNED


class StationStatus(Frozen):
    """The whole station at one moment: GET /api/state, and pushed over /api/stream."""

    at: datetime
    station: str
    zone: str | None = None
    """The plant's time zone, by its IANA name; None for that of the machine that asks."""
    engine_version: str
    mode: Mode
    mode_reason: str = ""
    without_users: bool = False
    """The record knows no user at all: as long as that is so, the line is run without a sign-in."""
    takes_parts: bool | None = None
    """The PLC is offered to take a part's trigger now (TriggerReady), or a part is being judged; None where
    the engine does not say."""
    nothing_passes: str = ""
    """Why no part can pass now, in whatever mode: held, a camera gone, a disk full; empty where parts may.
    ``mode_reason`` says the same."""
    reason_coded: Coded = ()
    """What ``mode_reason`` and ``nothing_passes`` say, for any language."""
    recipe_name: str | None
    recipe_id: int | None
    recipe_version: int | None
    simulated: bool
    """Pictures are rendered or replayed: no real part is judged."""
    bypassed: bool = False
    """The PLC's bypass key is turned, as last read: no part is inspected, each is recorded as missed."""
    deadline_ms: int
    certification: Certification = UNCERTIFIED
    """The certificate that holds, with its figures, or why none does."""
    challenge: ChallengeStatus | None = None
    """How it stands to its challenge; None where it has none, or the engine does not say."""
    tiles: tuple[Tile, ...]
    counts: Counts | None
    """None while the engine starts and does not know yet what the record has."""
    latency_ms: Percentiles | None
    """Trigger as we saw it → decision handed to the link, last 1,000 parts; None before the first."""
    last: Inspection | None
    recent: tuple[Inspection, ...]
    """The last 20, newest first."""
    alarms: tuple[Alarm, ...] = ()
    """Newest first; those that stand, shelved ones too, and no others."""
    alarm_flood: datetime | None = None
    """Since when alarms come faster than a person takes them in (``inspection.alarms.flood``)."""
    may_reset: bool = False
    """Reset would do something now: clear the station's own fault, or acknowledge alarms. Where it is false
    and the mode is aborted, the halt is the line's: it is reset at the PLC."""

    def by_its_clocks(self, at: datetime) -> datetime:
        """A moment in the plant's time zone, as people are shown it."""
        return at.astimezone(zone_named(self.zone))


class Command(StrEnum):
    """What a client may ask of the station: POST /api/commands/{command}."""

    START = "start"
    HOLD = "hold"
    RESET = "reset"


class CommandResult(Frozen):
    """What came of a command."""

    accepted: bool
    mode: Mode
    message: str
    """In English."""
    coded: Coded = ()
    """What ``message`` says, for any language."""
