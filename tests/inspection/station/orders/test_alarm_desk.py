"""What people do with single alarms: on record with who did it, and refused where it would hide too much."""

import re
from datetime import timedelta

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.order import AlarmAct, AlarmOrder
from inspection.errors import StoreError
from inspection.events import EventKind
from inspection.messages.telling import tell
from inspection.status import AlarmState, CommandResult
from tests.fakes import until
from tests.inspection.station.world import World, in_world


def raised(world: World, code: AlarmCode = AlarmCode.NO_PICTURE) -> str:
    """An alarm that stands; its name."""
    world.station.alarm(code, f"{code.name} is gone")
    return world.station.telemetry.alarms[0].alarm_id


async def asked(
    world: World, act: AlarmAct, alarm_id: str, minutes: int = 0, reason: str = ""
) -> CommandResult:
    order = AlarmOrder(act=act, alarm_id=alarm_id, minutes=minutes, reason=reason)
    return await world.station.desk.of_alarms.take(order, by="Bo")


def state(world: World) -> list[AlarmState]:
    return [alarm.state for alarm in world.station.telemetry.alarms]


def on_record(world: World, *kinds: EventKind) -> list[tuple[EventKind, str, str]]:
    return [(event.kind, event.by, event.detail) for event in world.store.events if event.kind in kinds]


@in_world
async def test_one_alarm_is_acknowledged_by_whom_and_no_other(world: World) -> None:
    first, second = raised(world), raised(world, AlarmCode.BAD_PICTURE)
    assert (await asked(world, AlarmAct.ACKNOWLEDGE, first)).accepted
    assert state(world) == [AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED]
    seen = [event for event in world.store.events if event.kind is EventKind.ALARM_ACKNOWLEDGED]
    assert [(event.by, event.subjects[0]) for event in seen] == [("Bo", first)]
    assert first != second


@in_world
async def test_a_shelf_says_until_when_and_why_is_on_record_and_ends_by_itself(world: World) -> None:
    alarm_id = raised(world)
    answer = await asked(world, AlarmAct.SHELVE, alarm_id, 30, "  the lamp\n is ordered ")
    until_ = f"{world.clock.now() + timedelta(minutes=30):%Y-%m-%d %H:%M}"
    said = f"shelved until {until_} (the lamp is ordered): NO_PICTURE is gone"
    assert (answer.accepted, answer.message) == (True, said)
    assert tell(answer.coded, "", "zh").startswith(f"搁置至 {until_}（the lamp is ordered）")
    assert on_record(world, EventKind.ALARM_SHELVED) == [(EventKind.ALARM_SHELVED, "Bo", said)]
    assert not world.station.desk.may_reset, "nobody is asked for"
    world.clock.advance(30 * 60_000)
    await world.keep_house(lambda: state(world) == [AlarmState.UNACKNOWLEDGED])
    await until(lambda: bool(on_record(world, EventKind.ALARM_UNSHELVED)))
    assert on_record(world, EventKind.ALARM_UNSHELVED)[0][1] == "engine"


@in_world
async def test_a_shelf_is_ended_by_hand(world: World) -> None:
    alarm_id = raised(world)
    await asked(world, AlarmAct.SHELVE, alarm_id, 30, "known")
    assert (await asked(world, AlarmAct.UNSHELVE, alarm_id)).accepted
    assert state(world) == [AlarmState.UNACKNOWLEDGED]
    assert on_record(world, EventKind.ALARM_UNSHELVED)[0][1] == "Bo"


@in_world
async def test_what_is_refused_changes_nothing_and_is_on_record(world: World) -> None:
    alarm_id, critical = raised(world), raised(world, AlarmCode.NOT_RECORDED)
    before = state(world)
    refused = [
        await asked(world, AlarmAct.SHELVE, critical, 1, "it is in the way"),
        await asked(world, AlarmAct.SHELVE, alarm_id, 61, "too long for an error"),
        await asked(world, AlarmAct.SHELVE, alarm_id, 0, "no time"),
        await asked(world, AlarmAct.SHELVE, alarm_id, 5, " "),
        await asked(world, AlarmAct.UNSHELVE, alarm_id),
        await asked(world, AlarmAct.ACKNOWLEDGE, "gone long ago"),
    ]
    assert not any(answer.accepted for answer in refused)
    assert state(world) == before
    await until(lambda: len(on_record(world, EventKind.REFUSED)) == len(refused))
    assert len({answer.message for answer in refused}) == len(refused) - 1, "each says why"
    events = [event for event in world.store.events if event.kind is EventKind.REFUSED]
    assert [event.subjects[0] for event in events[:2]] == [critical, alarm_id], "and which is meant"
    told = tell(events[0].coded, "", "zh")
    assert not re.search("[A-Za-z]", told), told


@in_world
async def test_what_is_shelved_is_not_acknowledged_unseen_neither_alone_nor_by_reset(world: World) -> None:
    alarm_id = raised(world)
    await asked(world, AlarmAct.SHELVE, alarm_id, 30, "known")
    assert not (await asked(world, AlarmAct.ACKNOWLEDGE, alarm_id)).accepted
    assert not (await asked(world, AlarmAct.SHELVE, alarm_id, 30, "again")).accepted
    raised(world, AlarmCode.BAD_PICTURE)
    world.station.telemetry.alarms.acknowledge(world.station.telemetry.alarms, by="Bo")
    assert not [alarm for alarm in world.station.telemetry.alarms if alarm.shelf and alarm.acknowledged]


@in_world
async def test_a_shelf_that_does_not_come_on_record_is_taken_back(world: World) -> None:
    alarm_id = raised(world)
    await until(lambda: bool(on_record(world, EventKind.ALARM_RAISED)))
    world.store.broken, world.store.complaint = True, StoreError("the disk is full")
    answer = await asked(world, AlarmAct.SHELVE, alarm_id, 30, "known")
    assert not answer.accepted
    assert "the disk is full" in answer.message
    assert AlarmState.SHELVED not in state(world)
    world.store.broken = False
