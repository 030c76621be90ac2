"""What nobody had seen, or somebody had shelved, when the engine died stands again: read from the record."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine

from inspection.alarms.alarm_list import MOST, AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.events import Event, EventKind
from inspection.status import Alarm, AlarmState, Shelf
from reports.record.alarms.standing import alarms_that_stand
from reports.record.events_chain import add_event, event_entry
from reports.record.schema import Base
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import START
from tests.reports.postgresql import on_both

SHELF = Shelf(by="ann", since=START, until=START + timedelta(hours=1), reason="the lamp is ordered")


def list_of(note: Callable[[Event], object]) -> AlarmList:
    """A list that puts on record what becomes of its alarms."""

    def told(kind: EventKind, alarm: Alarm, by: str) -> None:
        said = {"detail": alarm.text, "coded": alarm.coded, "subjects": subjects_of(alarm, kind)}
        note(Event.model_validate({"at": START, "kind": kind, "by": by or "engine", **said}))

    return AlarmList(told)


@on_both
def test_after_a_restart_there_is_what_nobody_had_seen_and_what_was_shelved(store: SqlStore) -> None:
    alarms = list_of(store.note)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.raise_(AlarmCode.STORE_DEGRADED, "the disk is full", START)
    alarms.raise_(AlarmCode.LINE_HALTED, "heartbeat lost", START)
    alarms.raise_(AlarmCode.RECORD_LATE, "it took 300 ms", START)
    alarms.shelve(alarms[2], SHELF)
    alarms.acknowledge([alarms[1], alarms[0]], by="bert")
    assert store.alarms_that_stood() == alarms[::-1], "as it was, without a single alarm too few or too many"

    again = list_of(store.note)
    again.take_up(store.alarms_that_stood(), START + timedelta(minutes=5))
    assert [(alarm.code, alarm.state, alarm.active) for alarm in again] == [
        (AlarmCode.STORE_DEGRADED, AlarmState.SHELVED, False),
        (AlarmCode.NO_PICTURE, AlarmState.RETURNED, False),
    ]
    assert store.alarms_that_stood() == again[::-1]
    again.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    assert len(again) == 2, "what is raised again is the same alarm"
    assert again[0].state is AlarmState.UNACKNOWLEDGED


@on_both
def test_a_shelf_whose_time_ends_while_no_engine_runs_is_over(store: SqlStore) -> None:
    alarms = list_of(store.note)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.shelve(alarms[0], SHELF)
    again = list_of(store.note)
    again.take_up(store.alarms_that_stood(), SHELF.until)
    assert [alarm.state for alarm in again] == [AlarmState.RETURNED]
    again.acknowledge(again, by="bert")
    assert store.alarms_that_stood() == []


def test_what_waits_in_the_spool_counts_too(store: SqlStore, settings: StoreSettings) -> None:
    alarms = list_of(store.note)
    alarms.raise_(AlarmCode.NO_PICTURE, "the camera is gone", START)
    alarms.raise_(AlarmCode.RECORD_LATE, "it took 300 ms", START)
    store._way.degrade(OSError("the database is away"))
    alarms.acknowledge([alarms[1]], by="anna")
    alarms.raise_(AlarmCode.LINE_HALTED, "heartbeat lost", START)
    assert len(store._way.waiting()) == 2
    assert {alarm.alarm_id: alarm.state for alarm in store.alarms_that_stood()} == {
        alarm.alarm_id: alarm.state for alarm in alarms
    }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["raise", "gone", "see", "shelve", "unshelve", "restart"]),
        st.sampled_from([AlarmCode.NO_PICTURE, AlarmCode.STORE_DEGRADED, AlarmCode.INTERNAL]),
    ),
    max_size=25,
)


@example(steps=[(step, AlarmCode.NO_PICTURE) for step in ("raise", "shelve", "unshelve")])
@given(steps=STEPS)
@settings(max_examples=20, deadline=None)
def test_whatever_people_and_the_station_did_the_record_tells_the_list_as_it_was(
    steps: list[tuple[str, AlarmCode]],
) -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        alarms = list_of(lambda event: add_event(connection, event_entry(event)))
        for step, code in steps:
            meant = [alarm for alarm in alarms if alarm.code == code]
            match step:
                case "raise":
                    alarms.raise_(code, code.name, START)
                case "gone":
                    alarms.gone(code)
                case "see":
                    alarms.acknowledge(meant, by="anna")
                case "shelve" if meant and meant[0].shelf is None:
                    alarms.shelve(meant[0], SHELF)
                case "unshelve" if meant and meant[0].shelf is not None:
                    alarms.unshelve(meant[0], by="bert")
                case "restart":
                    alarms.take_up(alarms_that_stand(connection, (), most=MOST), START)
        assert told(alarms) == told(alarms_that_stand(connection, (), most=MOST))
    engine.dispose()


def told(alarms: AlarmList | list[Alarm]) -> dict[str, tuple[AlarmState, bool, bool, Shelf | None]]:
    """What of an alarm matters; how often it came while it was there is not told."""
    return {alarm.alarm_id: (alarm.state, alarm.active, alarm.first_out, alarm.shelf) for alarm in alarms}


@on_both
def test_a_record_that_tells_of_no_alarm_has_none_standing(store: SqlStore, reader: Engine) -> None:
    store.note(Event(at=START, kind=EventKind.HOLD, by="bert"))
    with reader.connect() as connection:
        assert alarms_that_stand(connection, (), most=MOST) == []
