"""The station as a whole: what holds over restarts, who is told what, and when it takes no part."""

import asyncio
from dataclasses import replace

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import ALARM_KINDS
from inspection.decision import Action
from inspection.events import EventKind
from inspection.line_events import (
    HaltCleared,
    Halted,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    SecondEngine,
    SecondEngineGone,
)
from inspection.part import MissedCause, Outcome
from inspection.status import Alarm, AlarmState, Command, Mode
from inspection.unheard import Unheard
from tests.fakes import (
    BOOT,
    EPOCH,
    FakeStore,
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world, running


@in_world
async def test_a_full_disk_is_told_to_the_plc_and_to_people_alike(world: World) -> None:
    world.store.full = True
    world.line.post(HaltCleared())
    await until(lambda: not world.line.ready)
    assert not world.station.standing.takes_parts
    assert "the record is full" in world.station.standing.reason
    world.store.full = False
    world.line.post(HaltCleared())
    await until(lambda: world.line.ready)
    assert world.station.standing.reason == ""


def test_what_nobody_can_name_is_an_alarm_from_the_start() -> None:
    async def body() -> None:
        world = World()
        world.station.unheard = Unheard(types=("crack",), lost={"crack": Action.STOP})
        task = asyncio.create_task(world.station.run())
        await until(lambda: bool(world.station.telemetry.alarms))
        (alarm,) = world.station.telemetry.alarms
        assert alarm.active
        assert "cannot name crack" in alarm.text
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(body())


@in_world
async def test_hold_takes_no_further_part_and_start_takes_them_again(world: World) -> None:
    await world.station.command(Command.HOLD, by="the test")
    assert not world.line.ready
    assert world.station.mode is Mode.HELD
    await world.station.command(Command.START, by="the test")
    assert world.line.ready


def test_a_station_comes_back_as_strict_as_it_was_and_says_why() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            await world.station.command(Command.HOLD, by="Li")
            await until(lambda: any(event.kind is EventKind.HOLD for event in store.events))
        async with running(store, until_mode=Mode.HELD) as world:
            assert "held by Li since" in world.station.standing.reason
            assert not world.line.ready
            assert (await world.station.command(Command.START, by="Ann")).accepted
        async with running(store) as world:
            world.line.post(Halted("the PLC's heartbeat is frozen"))
            await until(lambda: store.events[-1].kind is EventKind.HALTED)
        async with running(store, until_mode=Mode.ABORTED) as world:
            assert world.station.standing.reason == "the PLC's heartbeat is frozen"
            await until(lambda: bool(world.station.telemetry.alarms))
            world.line.post(HaltCleared())
            await until(lambda: store.events[-1].kind is EventKind.HALT_CLEARED)
        async with running(store) as world:
            world.line.post(PartMissed(trigger(1), MissedCause.GAP))
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await until(lambda: store.events[-1].kind is EventKind.FAULT)
        async with running(store, until_mode=Mode.ABORTED) as world:
            assert world.line.fault
            assert "released part 1001" in world.station.standing.reason
            assert [alarm.code for alarm in world.station.telemetry.alarms] == [
                AlarmCode.RELEASED_WITHOUT_PASS
            ]
            assert (await world.station.command(Command.RESET, by="Ann")).accepted
        async with running(store):
            pass

    asyncio.run(body())


def test_a_station_that_saw_the_bypass_key_turned_looks_ready_to_nobody_until_it_has_read_it_anew() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            world.line.shown = replace(world.line.shown, bypassed=True)
            world.line.post(LinkChanged(True, ""))
            await until(lambda: store.events[-1].kind is EventKind.BYPASS_BEGAN)
        world = World(store)
        task = asyncio.create_task(world.station.run())
        await until(lambda: world.line.ready)
        assert world.station.mode is Mode.STARTING
        assert "bypass key was turned" in world.station.standing.reason
        assert not world.station.standing.takes_parts
        world.line.post(LinkChanged(True, ""))
        await until(lambda: world.station.mode is Mode.IDLE)
        await until(lambda: store.events[-1].kind is EventKind.BYPASS_ENDED)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(body())


def test_who_ordered_what_is_on_record_refused_orders_too() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            await world.station.command(Command.HOLD, by="Li")
            await world.station.command(Command.START, by="Ann")
            world.line.post(Halted("frozen"))
            await until(lambda: world.station.mode is Mode.ABORTED)
            await world.station.command(Command.RESET, by="Bo")
            world.line.post(HaltCleared())
            await until(lambda: world.station.mode is Mode.IDLE)
            await world.station.command(Command.RESET, by="Bo")
        assert [(event.kind, event.by) for event in store.events] == [
            (EventKind.ENGINE_STARTED, "engine"),
            (EventKind.LINK_UP, "engine"),
            (EventKind.HOLD, "Li"),
            (EventKind.ASKED, "Ann"),
            (EventKind.START, "Ann"),
            (EventKind.HALTED, "plc"),
            (EventKind.ALARM_RAISED, "engine"),
            (EventKind.REFUSED, "Bo"),
            (EventKind.HALT_CLEARED, "plc"),
            (EventKind.ALARM_CLEARED, "engine"),
            (EventKind.ASKED, "Bo"),
            (EventKind.RESET, "Bo"),
            (EventKind.ALARM_ACKNOWLEDGED, "Bo"),
            (EventKind.ENGINE_STOPPED, "engine"),
        ]
        assert store.events[7].detail.startswith("reset: still halted: frozen")

    asyncio.run(body())


def test_what_nobody_had_seen_stands_again_after_a_restart_and_is_the_same_when_it_is_raised_again() -> None:
    async def body() -> None:
        store = FakeStore()
        stood = Alarm(alarm_id="a", code=AlarmCode.NO_PICTURE, text="camera 1 is gone", raised_at=EPOCH)
        seen = stood.model_copy(update={"alarm_id": "b", "code": AlarmCode.STORE_DEGRADED})
        store.stood = [seen, stood.model_copy(update={"acknowledged": False})]
        async with running(store) as world:
            (alarm,) = world.station.telemetry.alarms
            assert (alarm.alarm_id, alarm.state) == ("a", AlarmState.RETURNED)
            world.station.alarm(AlarmCode.NO_PICTURE, "camera 1 is gone")
            (alarm,) = world.station.telemetry.alarms
            assert (alarm.alarm_id, alarm.state) == ("a", AlarmState.UNACKNOWLEDGED)
        told = [(event.kind, *event.subjects[:1]) for event in store.events if event.kind in ALARM_KINDS]
        cleared, raised = EventKind.ALARM_CLEARED, EventKind.ALARM_RAISED
        assert told == [(cleared, "b"), (cleared, "a"), (raised, "a")]
        assert store.events[0].kind is EventKind.ENGINE_STARTED, (
            "what the new run tells stands behind its start"
        )

    asyncio.run(body())


@in_world
async def test_a_second_engine_that_refused_itself_is_an_alarm_and_on_record_and_changes_nothing(
    world: World,
) -> None:
    world.line.post(SecondEngine(9, "another Passgate engine (boot id 9) refused itself"))
    await until(lambda: len(world.station.telemetry.alarms) == 1)
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active) == (AlarmCode.SECOND_ENGINE, True)
    await until(lambda: world.store.events[-1].kind is EventKind.SECOND_ENGINE)
    assert "boot id 9" in world.store.events[-1].detail
    assert world.station.mode is Mode.IDLE
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    world.line.post(SecondEngineGone())
    await until(lambda: not world.station.telemetry.alarms[0].active)
    await world.station.command(Command.RESET, by="the test")
    assert len(world.station.telemetry.alarms) == 0


@in_world
async def test_a_start_that_is_not_on_record_is_refused(world: World) -> None:
    await world.station.command(Command.HOLD, by="Li")
    world.store.broken = True
    answer = await world.station.command(Command.START, by="Ann")
    assert not answer.accepted
    assert "not on record: the disk is full" in answer.message
    assert world.station.mode is Mode.HELD
    world.store.broken = False


@in_world
async def test_a_start_that_a_hold_overtook_says_so_and_blames_no_disk(world: World) -> None:
    await world.station.command(Command.HOLD, by="Li")
    start = asyncio.create_task(world.station.command(Command.START, by="Ann"))
    await asyncio.sleep(0)  # it waits for the disk
    await world.station.command(Command.HOLD, by="Bo")
    assert (await start).message == "not started: Bo said hold meanwhile"


@in_world
async def test_a_halted_line_says_so_and_only_the_plc_ends_it(world: World) -> None:
    world.line.post(Halted("the PLC's heartbeat is frozen"))
    await until(lambda: world.station.mode is Mode.ABORTED)
    await world.station.command(Command.RESET, by="the test")
    assert world.station.mode is Mode.ABORTED
    world.line.post(HaltCleared())
    await until(lambda: world.station.mode is Mode.IDLE)


@in_world
async def test_a_refused_reset_changes_nothing(world: World) -> None:
    world.inspector.action = Action.REWORK
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    world.line.post(Halted("the PLC's heartbeat is frozen"))
    await until(lambda: len(world.station.telemetry.alarms) == 2)
    before = list(world.station.telemetry.alarms)
    assert not world.station.desk.may_reset
    answer = await world.station.command(Command.RESET, by="the test")
    assert not answer.accepted
    assert "Reset the fault at the PLC" in answer.message
    assert list(world.station.telemetry.alarms) == before
    assert world.line.fault, "the station's own fault is latched still"


@in_world
async def test_an_alarm_whose_cause_is_gone_can_be_cleared_while_the_station_is_ready(world: World) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    answer = await world.station.command(Command.RESET, by="the test")
    assert answer.accepted
    assert "camera is gone" in answer.message, "it says what stays"
    assert [alarm.acknowledged for alarm in world.station.telemetry.alarms] == [True]
    assert not world.station.desk.may_reset, "there is nothing that Reset would do"
    await until(lambda: world.station.mode is Mode.IDLE)
    world.camera.error = None
    world.line.post(PartTriggered(trigger(2)))
    await world.published()
    assert not world.station.telemetry.alarms


@in_world
async def test_an_alarm_that_nobody_saw_outlives_its_cause(world: World) -> None:
    world.line.post(Halted("the PLC's heartbeat is frozen"))
    world.line.post(HaltCleared())
    await until(lambda: bool(world.station.telemetry.alarms))
    await until(lambda: world.station.mode is Mode.IDLE)
    assert world.station.desk.may_reset
    assert (await world.station.command(Command.RESET, by="the test")).accepted
    assert not world.station.telemetry.alarms


@in_world
async def test_under_the_bypass_key_the_station_never_says_that_it_is_ready(world: World) -> None:
    world.line.shown = replace(world.line.shown, bypassed=True)
    assert world.station.mode is Mode.SUSPENDED
    assert "bypass" in world.station.standing.reason
    world.line.post(PartMissed(trigger(1), MissedCause.BYPASS))
    await until(lambda: bool(world.store.revisions))
    assert world.only().missed is MissedCause.BYPASS
    assert world.only().decision.reason == "not inspected: bypass"
    assert "bypass key" in world.station.telemetry.alarms[0].text
    world.line.post(LinkChanged(False, "no connection"))
    await until(lambda: world.station.mode is Mode.STARTING)  # what the key does now is not known
    world.line.post(LinkChanged(True, ""))
    world.line.shown = replace(world.line.shown, bypassed=False)
    await until(lambda: world.station.mode is Mode.IDLE)


def test_a_store_that_fails_at_the_end_does_not_hide_why_the_station_ended() -> None:
    class BugError(Exception):
        pass

    async def body() -> None:
        world = World()

        async def fails(*_: object, **__: object) -> None:
            await until(lambda: bool(world.store.events))
            world.store.broken = True
            raise BugError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world.line, "run", fails)
            with pytest.raises(BugError):
                await world.station.run()

    asyncio.run(body())


@in_world
async def test_a_lost_link_is_on_record_once_with_why_and_so_is_its_return(world: World) -> None:
    for reason in ("no connection", "no connection at all"):
        world.line.post(LinkChanged(False, reason))
    world.line.post(LinkChanged(True, ""))
    await until(lambda: len(world.store.events) == 4)
    told = [(event.kind, event.detail) for event in world.store.events[1:]]
    assert told == [
        (EventKind.LINK_UP, ""),
        (EventKind.LINK_LOST, "no connection"),
        (EventKind.LINK_UP, ""),
    ]
