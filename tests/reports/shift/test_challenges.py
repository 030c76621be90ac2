"""The challenges of a shift, by their events."""

from datetime import timedelta

from inspection.events import Event, EventKind
from reports.shift.challenges import Called, Ended, calls_among, challenge_runs
from tests.reports.parts import START


def event(kind: EventKind, run: str, *more: str, minute: int = 0, by: str = "Ben") -> Event:
    return Event(at=START + timedelta(minutes=minute), kind=kind, by=by, subjects=("due", "", run, *more))


def test_each_look_and_each_challenge_is_told_as_it_was() -> None:
    events = [
        event(EventKind.CHALLENGE_DUE, "", by="engine"),
        event(EventKind.CHALLENGE_PIECE, "a", "golden", "pass", "pass", "right", "1"),
        event(EventKind.CHALLENGE_PASSED, "a", "recipe", "model", "set", minute=1),
        event(EventKind.HOLD, "a"),
        event(EventKind.CHALLENGE_BEGAN, "b", minute=2, by="Ann"),
        event(EventKind.CHALLENGE_PIECE, "b", "dent", "rework|stop", "pass", "wrong", "77", minute=3),
    ]
    calls = calls_among(events)
    assert [(one.piece, one.got, one.as_expected) for one in calls] == [
        ("golden", "pass", True),
        ("dent", "pass", False),
    ]
    assert calls[1] == Called("dent", "rework|stop", "pass", events[5].at, "b", "Ben", 77, False)
    first, second = challenge_runs(events)
    assert (first.began, first.ended, first.result) == (None, events[2].at, Ended.PASSED)
    assert (second.by, second.ended, second.result, second.looks) == ("Ann", None, Ended.OPEN, 1)
    assert second.wrong == ("dent",)


def test_what_does_not_read_as_a_look_is_none() -> None:
    assert calls_among([event(EventKind.CHALLENGE_PIECE, "a", "golden")]) == []
    assert challenge_runs([Event(at=START, kind=EventKind.CHALLENGE_BEGAN, by="Ann")]) == ()
