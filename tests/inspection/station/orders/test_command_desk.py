"""Commands: none is obeyed later than it was given, and none hides what nobody has been shown."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta

from inspection.alarms.catalogue import AlarmCode
from inspection.events import EventKind
from inspection.ports import StoreHealth
from inspection.station.orders.command_desk import CommandDesk
from inspection.station.orders.latches import FAULT, HALTED, HELD, PLC, Orders
from inspection.station.readiness import Circumstances, Standing
from inspection.station.recording.recorder import Recorder
from inspection.station.telemetry import Telemetry
from inspection.status import Command
from inspection.times.shifts import THREE_SHIFTS
from tests.fakes import EPOCH, PATIENCE_S, FakeClock, FakeLine, FakeStore, until


class World:
    """A desk with the station's latches, and a record that a test may hold up."""

    def __init__(self) -> None:
        self.clock, self.store, self.line = FakeClock(), FakeStore(), FakeLine()
        self.alarms = Telemetry(THREE_SHIFTS, EPOCH, alarm_changed=lambda *_: None).alarms
        self.orders = Orders(
            Recorder(self.store, self.clock), self.clock, alarm=self.raise_, start_held=False, zone=None
        )
        self.desk = CommandDesk(
            orders=self.orders,
            alarms=self.alarms,
            line=self.line,
            standing=lambda: self.standing,
            changed=lambda: None,
        )

    def raise_(self, code: AlarmCode, text: str) -> None:
        self.alarms.raise_(code, text, EPOCH)

    @property
    def standing(self) -> Standing:
        return Standing.of(
            Circumstances(
                stopping=False,
                fault=self.orders.why(FAULT),
                halted=self.orders.why(HALTED),
                held=self.orders.held,
                linked=True,
                line=self.line.state(),
                bypass_known=False,
                judging=False,
                store=StoreHealth(),
                behind=False,
                crowded="",
                late_work=False,
                model_absent="",
                camera_fault="",
                model_fault="",
                picture_fault="",
            )
        )


def in_world(test: Callable[[World], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Run a test with a desk whose orders are written."""

    def wrapped() -> None:
        async def body() -> None:
            world = World()
            scribe = asyncio.create_task(world.orders.run())
            try:
                await asyncio.wait_for(test(world), PATIENCE_S)
            finally:
                world.store.gate.set()
                scribe.cancel()
                await asyncio.gather(scribe, return_exceptions=True)

        asyncio.run(body())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


@in_world
async def test_until_the_record_is_taken_up_a_start_or_reset_is_refused_and_a_hold_waits(
    world: World,
) -> None:
    for command in (Command.START, Command.RESET):
        answer = await world.desk.take(command, by="Ann")
        assert not answer.accepted
        assert "still taking up its record" in answer.message
    assert not world.desk.may_reset
    hold = asyncio.create_task(world.desk.take(Command.HOLD, by="Li"))
    await asyncio.sleep(0)
    assert not hold.done()
    world.desk.open.set()
    assert (await hold).accepted
    assert "by Li since" in world.orders.held, "no Start from before clears it"


@in_world
async def test_a_reset_that_a_halt_overtakes_clears_no_fault_and_acknowledges_nothing(world: World) -> None:
    world.desk.open.set()
    world.orders.latch(FAULT, by="engine", detail="released part 28")
    await until(lambda: len(world.store.events) == 1)
    world.line.set_fault(AlarmCode.RELEASED_WITHOUT_PASS)
    world.raise_(AlarmCode.RELEASED_WITHOUT_PASS, "released part 28")
    world.store.gate.clear()
    reset = asyncio.create_task(world.desk.take(Command.RESET, by="Ann"))
    await asyncio.sleep(0)
    world.orders.latch(HALTED, by=PLC, detail="the heartbeat is frozen")
    world.raise_(AlarmCode.LINE_HALTED, "the heartbeat is frozen")
    world.store.gate.set()
    answer = await reset
    assert not answer.accepted
    assert "still halted: the heartbeat is frozen" in answer.message
    assert world.orders.in_force(FAULT) is not None
    assert world.line.fault == AlarmCode.RELEASED_WITHOUT_PASS
    assert not any(alarm.acknowledged for alarm in world.alarms)
    assert EventKind.RESET not in {event.kind for event in world.store.events}


@in_world
async def test_an_alarm_that_comes_while_a_reset_waits_for_the_disk_is_not_taken_for_seen(
    world: World,
) -> None:
    world.desk.open.set()
    world.raise_(AlarmCode.NO_PICTURE, "the camera is gone")
    world.store.gate.clear()
    reset = asyncio.create_task(world.desk.take(Command.RESET, by="Ann"))
    await asyncio.sleep(0)
    world.raise_(AlarmCode.OUTCOME_UNKNOWN, "the PLC did not tell what became of some parts")
    world.store.gate.set()
    assert (await reset).accepted
    assert {alarm.code: alarm.acknowledged for alarm in world.alarms} == {
        AlarmCode.NO_PICTURE: True,
        AlarmCode.OUTCOME_UNKNOWN: False,
    }


@in_world
async def test_a_start_while_the_station_serves_is_obeyed(world: World) -> None:
    world.desk.open.set()
    world.orders.latch(HELD, by="Li")
    assert (await world.desk.take(Command.START, by="Ann")).accepted
    assert not world.orders.held


@in_world
async def test_in_a_flood_a_reset_acknowledges_what_is_shown_and_not_what_is_only_counted(
    world: World,
) -> None:
    world.desk.open.set()
    for letter in "abcdefghijkl":
        world.raise_(AlarmCode.BAD_PICTURE, letter)
    world.raise_(AlarmCode.LINE_HALTED, "frozen")
    assert (await world.desk.take(Command.RESET, by="Ann")).accepted
    seen = {alarm.text for alarm in world.alarms if alarm.acknowledged}
    assert seen == {"a", "frozen"}, "the first-out and what is no mere warning"
    world.alarms.look(EPOCH + timedelta(minutes=11))
    assert world.desk.may_reset
    assert (await world.desk.take(Command.RESET, by="Ann")).accepted
    assert all(alarm.acknowledged for alarm in world.alarms)
