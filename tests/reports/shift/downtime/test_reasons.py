"""Each moment has one reason, and nothing that is not known is taken for running."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.alarms.catalogue import AlarmCode
from inspection.events import SETTINGS, Event, EventKind
from reports.shift.downtime.reasons import Downtime, Life, Reason, Told, downtime

START: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
END: Final = START + 8 * HOUR


def at(hours: float) -> datetime:
    return START + hours * HOUR


def told(hours: float, kind: str, *, heard: float | None = None, by: str = "anna", code: int = 0) -> Told:
    subjects = ("a" * 32, f"0x{code:04X}", "1") if kind.startswith("alarm") else ()
    event = Event(at=at(hours), kind=EventKind(kind), by=by, subjects=subjects)
    return Told(event, None if heard is None else at(heard))


BEFORE: Final = (told(-2, "engine_started"), told(-1.9, "link_up"))


def spent(
    *within: Told, before: tuple[Told, ...] = BEFORE, heard: float | None = 9.0, now: float = 10.0
) -> Downtime:
    life = Life(before, within, (), None if heard is None else at(heard))
    return downtime(life, start=START, end=END, now=at(now))


def hours_of(found: Downtime) -> dict[Reason, float]:
    assert found.down_s + found.unknown_s + found.running_s == pytest.approx(found.total_s)
    return {row.reason: row.seconds / 3600 for row in found.rows}


def test_a_shift_without_an_event_of_a_run_that_is_heard_of_later_ran_throughout() -> None:
    found = spent()
    assert hours_of(found) == {}
    assert found.availability == (1.0, 1.0)
    assert (found.losses, found.between_losses.total_s, found.between_losses.mean_s) == (0, 8 * 3600, None)


def test_what_held_the_station_before_the_shift_holds_it_in_it_and_is_marked_as_cut() -> None:
    found = spent(told(2, "start"), before=(*BEFORE, told(-1, "hold")))
    assert hours_of(found) == {Reason.HOLD: 2.0}
    assert found.rows[0].cut == 1
    assert found.rows[0].longest_s == 2 * 3600


def test_of_a_hold_in_which_the_plc_was_lost_the_loss_has_its_time_and_each_is_counted() -> None:
    found = spent(told(1, "hold"), told(2, "link_lost"), told(3, "link_up"), told(5, "start"))
    assert hours_of(found) == {Reason.HOLD: 3.0, Reason.LINK_LOST: 1.0}
    assert [(row.times, row.whole_s / 3600) for row in found.rows] == [(1, 4.0), (1, 1.0)]
    assert (found.losses, found.between_losses.total_s) == (1, 7 * 3600)
    assert (found.to_restore.count, found.to_restore.mean_s) == (1, 3600.0)


def test_an_engine_that_died_is_not_known_to_have_run_from_when_it_was_last_heard_of() -> None:
    found = spent(told(4, "engine_started", heard=2), told(4.5, "link_up"))
    assert hours_of(found) == {Reason.UNKNOWN: 2.0, Reason.STARTING: 0.5}
    assert found.availability == pytest.approx((5.5 / 8, 7.5 / 8))
    assert found.between_losses.total_s == 5.5 * 3600, "what is not known is no time at work"


def test_an_engine_that_was_stopped_and_started_was_not_running_in_between() -> None:
    found = spent(told(1, "engine_stopped"), told(3, "engine_started", heard=1), told(3, "link_up"))
    assert hours_of(found) == {Reason.STOPPED: 2.0}


def test_the_end_of_a_shift_of_which_nothing_later_says_that_the_engine_lived_is_not_known() -> None:
    assert hours_of(spent(heard=6)) == {Reason.UNKNOWN: 2.0}
    assert hours_of(spent(told(3, "hold"), told(4, "start"), heard=None))[Reason.UNKNOWN] == 4.0


def test_before_a_records_first_event_nothing_is_known() -> None:
    first = (told(1, "record_began"), told(1, "engine_started"), told(1.25, "link_up"))
    assert hours_of(spent(*first, before=())) == {Reason.UNKNOWN: 1.0, Reason.STARTING: 0.25}
    assert hours_of(spent(before=())) == {Reason.UNKNOWN: 8.0}


def test_a_run_without_a_word_on_its_plc_as_older_versions_left_is_not_known() -> None:
    assert hours_of(spent(before=(told(-2, "engine_started"),))) == {Reason.UNKNOWN: 8.0}


def test_while_a_shift_runs_nothing_is_told_of_what_is_to_come() -> None:
    found = spent(told(1, "fault"), heard=2, now=2)
    assert (found.total_s, hours_of(found)) == (2 * 3600, {Reason.FAULT: 1.0})
    assert spent(heard=None, now=-1).availability is None


def test_the_bypass_is_told_whatever_else_stood_in_the_way() -> None:
    found = spent(
        told(1, "bypass_began"), told(2, "halted"), told(3, "halt_cleared"), told(4, "bypass_ended")
    )
    assert hours_of(found) == {Reason.BYPASS: 2.0, Reason.HALTED: 1.0}
    assert found.bypass_s == 3 * 3600


def test_a_degraded_record_is_told_and_the_station_ran_and_one_that_took_nothing_did_not() -> None:
    degraded, stuck = AlarmCode.STORE_DEGRADED, AlarmCode.NOT_RECORDED
    found = spent(
        told(1, "alarm_raised", code=degraded),
        told(2, "alarm_cleared", code=degraded),
        told(3, "alarm_raised", code=stuck),
        told(3.5, "alarm_acknowledged", code=stuck),
        told(4, "alarm_cleared", code=stuck),
        told(5, "alarm_raised", code=AlarmCode.NO_PICTURE),
    )
    assert hours_of(found) == {Reason.DEGRADED: 1.0, Reason.NOT_RECORDED: 1.0}
    assert (found.running_s, found.degraded_s, found.down_s) == (7 * 3600, 3600, 3600)


def test_a_hold_by_the_settings_ends_with_the_run_and_one_by_a_person_does_not() -> None:
    again = (told(2, "engine_stopped"), told(2, "engine_started", heard=2), told(2, "link_up"))
    assert hours_of(spent(told(1, "hold", by=SETTINGS), *again)) == {Reason.HOLD: 1.0}
    assert hours_of(spent(told(1, "hold"), *again)) == {Reason.HOLD: 7.0}


def test_a_clock_that_was_set_back_makes_no_time_of_its_own_and_is_told() -> None:
    found = spent(told(3, "hold"), told(2, "start"))
    assert hours_of(found) == {}
    assert found.clock_set_back


kinds = st.sampled_from(
    [kind for kind in EventKind if not kind.startswith(("alarm", "user", "sign", "role", "password", "pin"))]
)


@given(
    st.lists(st.tuples(kinds, st.floats(-4, 12), st.floats(-4, 12)), max_size=30),
    st.one_of(st.none(), st.floats(0, 12)),
    st.floats(-1, 12),
)
def test_whatever_happens_the_parts_of_a_shift_are_the_whole_of_it(
    steps: list[tuple[EventKind, float, float]], heard: float | None, now: float
) -> None:
    events = [
        told(hours, kind, heard=before) for kind, hours, before in sorted(steps, key=lambda one: one[1])
    ]
    within = [one for one in events if START <= one.event.at < END]
    found = spent(*within, before=tuple(one for one in events if one.event.at < START), heard=heard, now=now)
    assert min(found.down_s, found.unknown_s, found.running_s) >= 0.0
    assert found.down_s + found.unknown_s + found.running_s == pytest.approx(found.total_s)
    assert found.total_s == pytest.approx(max(0.0, min(now, 8.0)) * 3600, abs=1e-5)
    assert all(row.seconds <= row.whole_s + 1e-6 for row in found.rows)
    if EventKind.ENGINE_STARTED not in {kind for kind, _, _ in steps}:
        assert found.running_s == 0.0


def test_while_a_challenge_is_due_or_failed_no_part_may_pass_and_a_hold_comes_before_it() -> None:
    def challenge(hours: float, kind: str, standing: str) -> Told:
        return Told(Event(at=at(hours), kind=EventKind(kind), by="engine", subjects=(standing, "", "")))

    found = spent(
        challenge(1, "challenge_due", "due"),
        told(1.5, "hold"),
        told(2, "start"),
        challenge(2.5, "challenge_failed", "failed"),
        challenge(3, "challenge_released", "met"),
    )
    assert hours_of(found) == {Reason.CHALLENGE: 1.5, Reason.HOLD: 0.5}
