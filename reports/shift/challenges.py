"""The challenges of a stretch of time, by their events: what each piece got, and how each challenge ended."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from inspection.decision import Action, Frozen
from inspection.events import Event, EventKind
from reports.record.entry import Entry
from reports.shift.query import events_noted
from reports.statistics.agreement import Agreement, Call, agreement


class Called(NamedTuple):
    """One look at one piece."""

    piece: str
    expected: str
    """What it must get: actions, with ``|`` between them where several are right."""
    got: str
    at: datetime
    run: str
    """Which challenge."""
    by: str
    """Who began it."""
    part_id: int
    as_expected: bool


class Ended(StrEnum):
    """How a challenge ended."""

    PASSED = "passed"
    FAILED = "failed"
    ABORTED = "aborted"
    OPEN = "open"
    """Not in this stretch of time."""


class ChallengeRun(Frozen):
    """One challenge."""

    run: str
    by: str
    began: datetime | None = None
    """None: before this stretch of time."""
    ended: datetime | None = None
    """None: not in it."""
    result: Ended = Ended.OPEN
    looks: int = 0
    wrong: tuple[str, ...] = ()
    """Pieces that did not get what they must, one by one."""


_ENDING = {
    EventKind.CHALLENGE_PASSED: Ended.PASSED,
    EventKind.CHALLENGE_FAILED: Ended.FAILED,
    EventKind.CHALLENGE_ABORTED: Ended.ABORTED,
}


def challenge_calls(
    connection: Connection, start: datetime, end: datetime, waiting: Iterable[Entry] = ()
) -> list[Called]:
    """The looks of a stretch of time, in their order.

    Args:
        connection: Read only.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        waiting: What lies in the spool and is not in the database.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    return calls_among(events_noted(connection, list(waiting), start, end))


def calls_among(events: Iterable[Event]) -> list[Called]:
    """The looks among events; what does not read as one, which no Passgate writes, is none."""
    found = []
    for event in events:
        if event.kind is not EventKind.CHALLENGE_PIECE or len(event.subjects) < 8:
            continue
        run, piece, expected, got, right, part = event.subjects[2:8]
        part_id = int(part) if part.isdecimal() else 0
        found.append(Called(piece, expected, got, event.at, run, event.by, part_id, right == "right"))
    return found


def challenge_runs(events: Iterable[Event]) -> tuple[ChallengeRun, ...]:
    """The challenges among events, in the order in which they began."""
    runs: dict[str, ChallengeRun] = {}
    for event in events:
        run = event.subjects[2] if len(event.subjects) > 2 else ""
        if not run or not event.kind.value.startswith("challenge_"):
            continue
        known = runs.setdefault(run, ChallengeRun(run=run, by=event.by))
        changes: dict[str, object] = {}
        if event.kind is EventKind.CHALLENGE_BEGAN:
            changes = {"began": event.at, "by": event.by}
        elif event.kind in _ENDING:
            changes = {"ended": event.at, "result": _ENDING[event.kind]}
        for call in calls_among((event,)):
            wrong = known.wrong if call.as_expected else (*known.wrong, call.piece)
            changes = {"looks": known.looks + 1, "wrong": wrong}
        runs[run] = known.model_copy(update=changes)
    return tuple(runs.values())


def agreement_among(events: Iterable[Event], *, station: str) -> Agreement | None:
    """How far the looks among events agree with what is known of their pieces; None without any.

    Where several calls are right they are one kind of call, ``rework|stop``.

    Args:
        events: Those of a stretch of time.
        station: The name of who looked.
    """
    return agreement(
        (
            Call(
                piece=one.piece,
                appraiser=station,
                run=one.run,
                expected=one.expected,
                got=one.expected if one.as_expected else one.got,
            )
            for one in calls_among(events)
        ),
        good=Action.PASS.value,
    )
