"""What people ordered and what latched holds over restarts; what is milder is on record before it holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.events import SETTINGS, EventKind
from inspection.station.orders.latches import FAULT, HELD, LATCHES, MOST_WAITING, PATIENCE_S, Latch, Orders
from inspection.station.recording.recorder import RETRY_S, Recorder
from inspection.status import Alarm
from tests.fakes import EPOCH, FakeClock, FakeStore, until


class World:
    """Orders with a store that a test may break, and what they have raised."""

    def __init__(self, store: FakeStore, *, start_held: bool = False) -> None:
        self.clock, self.store = FakeClock(), store
        self.alarms: list[tuple[AlarmCode, str]] = []
        self.recorder = Recorder(store, self.clock)
        self.orders = Orders(
            self.recorder,
            self.clock,
            alarm=lambda code, text: self.alarms.append((code, text)),
            start_held=start_held,
            zone=ZoneInfo("Asia/Kolkata"),
        )
        self.own_runs: frozenset[int] = frozenset()

    def kinds(self) -> list[EventKind]:
        """What is on record, but for starts and ends of the engine."""
        lives = {EventKind.ENGINE_STARTED, EventKind.ENGINE_STOPPED}
        return [event.kind for event in self.store.events if event.kind not in lives]


@asynccontextmanager
async def life(
    store: FakeStore | None = None, *, start_held: bool = False, boot_id: int = 5, ends: bool = False
) -> AsyncIterator[World]:
    """One run of the engine; it dies without a word unless ``ends``."""
    world = World(store or FakeStore(), start_held=start_held)
    before = len(world.store.events)
    world.own_runs = await world.orders.take_up(boot_id=boot_id)
    scribe = asyncio.create_task(world.orders.run())
    try:
        await until(lambda: len(world.store.events) > before)
        yield world
        if ends:
            await world.orders.end()
    finally:
        world.store.gate.set()
        scribe.cancel()
        await asyncio.gather(scribe, return_exceptions=True)


@pytest.mark.parametrize("latch", LATCHES)
def test_whatever_latches_is_latched_in_the_next_life_too(latch: Latch) -> None:
    async def body() -> None:
        async with life() as before:
            await before.orders.on_record(before.orders.latch(latch, by="Li", detail="because"))
        async with life(before.store) as after:
            event = after.orders.in_force(latch)
            assert event is not None
            assert (event.by, event.detail) == ("Li", "because")
            after.orders.release(latch, by="Li")
            await until(lambda: after.kinds() == list(latch))
        async with life(before.store) as third:
            assert third.orders.in_force(latch) is None

    asyncio.run(body())


def test_a_hold_names_who_held_the_station_and_when_and_the_settings_name_themselves() -> None:
    async def body() -> None:
        async with life(start_held=True) as before:
            assert before.orders.held == "held at start, by the settings"
            await before.orders.on_record(before.orders.latch(HELD, by="Li"))
        async with life(before.store, start_held=True) as after:
            assert after.orders.held == "held by Li since 2026-01-01 05:30:00", "by the plant's clocks"

    asyncio.run(body())


def test_a_start_that_cannot_be_put_on_record_is_refused_and_is_not_kept_for_later() -> None:
    async def body() -> None:
        async with life() as world:
            await world.orders.on_record(world.orders.latch(HELD, by="Li"))
            world.store.broken = True
            assert "the disk is full" in await world.orders.clear(HELD, by="Ann")
            assert world.orders.held
            assert world.alarms[0][0] is AlarmCode.NOT_RECORDED
            assert not world.recorder.behind
            world.store.broken = False
            assert world.kinds() == [EventKind.HOLD]
            assert await world.orders.clear(HELD, by="Ann") == ""
            assert not world.orders.held

    asyncio.run(body())


def test_a_start_that_was_refused_does_not_hold_in_the_next_life_wherever_this_one_is_killed() -> None:
    async def body() -> None:
        async with life() as world:
            await world.orders.on_record(world.orders.latch(HELD, by="Li"))
            world.store.gate.clear()
            start = asyncio.create_task(world.orders.clear(HELD, by="Ann"))
            await until(lambda: world.clock.sleepers == 1)
            world.clock.advance(PATIENCE_S * 1000)
            assert "did not answer" in await start
            assert world.orders.held
            world.store.gate.set()
            await until(lambda: world.kinds()[1:] == [EventKind.ASKED])
            await world.orders.end()
        for killed_after in range(2, len(world.store.events) + 1):  # the start of the engine, and Li's hold
            on_disk = FakeStore()
            on_disk.events = world.store.events[:killed_after]
            async with life(on_disk) as after:
                assert "by Li" in after.orders.held

    asyncio.run(body())


@pytest.mark.parametrize("latch", [HELD, FAULT])
def test_what_a_person_cleared_is_cleared_in_the_next_life_too_once_that_is_on_record(latch: Latch) -> None:
    async def body() -> None:
        async with life() as world:
            await world.orders.on_record(world.orders.latch(latch, by="Li"))
            assert await world.orders.clear(latch, by="Ann") == ""
            await until(lambda: world.kinds() == [latch.sets, EventKind.ASKED, latch.clears])
            asked, cleared = world.store.events[-2:]
            assert (asked.by, asked.detail, cleared.by) == ("Ann", latch.clears.value, "Ann")
        for killed_after, latched in ((2, True), (3, True), (4, False)):
            on_disk = FakeStore()
            on_disk.events = world.store.events[:killed_after]
            async with life(on_disk) as after:
                assert (after.orders.in_force(latch) is not None) is latched

    asyncio.run(body())


def test_a_hold_while_a_start_waits_for_the_disk_wins() -> None:
    async def body() -> None:
        async with life() as world:
            await world.orders.on_record(world.orders.latch(HELD, by="Li"))
            world.store.gate.clear()
            start = asyncio.create_task(world.orders.clear(HELD, by="Ann"))
            await until(lambda: world.clock.sleepers == 1)
            world.orders.latch(HELD, by="Bo")
            world.store.gate.set()
            assert "Bo" in await start
            assert "by Bo" in world.orders.held
            await until(lambda: world.kinds() == [EventKind.HOLD, EventKind.ASKED, EventKind.HOLD])

    asyncio.run(body())


def test_a_hold_holds_at_once_whatever_the_disk_does_and_comes_on_record_when_it_can() -> None:
    async def body() -> None:
        async with life() as world:
            world.store.broken = True
            told = world.orders.latch(HELD, by="Li")
            assert world.orders.held
            assert "the disk is full" in await world.orders.on_record(told)
            world.store.broken = False
            await until(lambda: world.clock.sleepers >= 1)
            world.clock.advance(RETRY_S * 1000)
            await until(lambda: world.kinds() == [EventKind.HOLD])

    asyncio.run(body())


def test_events_that_wait_for_the_disk_are_bounded_and_an_order_beyond_is_refused() -> None:
    async def body() -> None:
        async with life() as world:
            world.store.gate.clear()
            for _ in range(MOST_WAITING + 8):
                world.orders.note(EventKind.REFUSED, by="Li")
            assert "events wait for the disk" in await world.orders.clear(FAULT, by="Li")

    asyncio.run(body())


def test_the_record_knows_its_own_runs_however_much_was_done_since() -> None:
    async def body() -> None:
        async with life(boot_id=5) as first:
            pass
        async with life(first.store, boot_id=6) as second:
            expired = second.store.events[0].model_copy(update={"kind": EventKind.PICTURES_EXPIRED})
            second.store.events.extend([expired] * 2000)
        async with life(first.store, boot_id=7) as third:
            assert third.own_runs == {5, 6}
            assert "without a word" in third.store.events[-1].detail

    asyncio.run(body())


def test_the_record_knows_its_own_runs_and_which_of_them_ended_without_a_word() -> None:
    async def body() -> None:
        async with life(boot_id=5) as first:
            assert len(first.store.events) == 1
        async with life(first.store, boot_id=6, ends=True) as second:
            assert second.own_runs == {5}
        async with life(first.store, boot_id=7) as third:
            assert third.own_runs == {5, 6}
            assert len(third.store.events) == 4
        assert [("without a word" in event.detail) for event in third.store.events] == [
            False,
            True,
            False,
            False,
        ]

    asyncio.run(body())


def test_a_station_that_its_settings_hold_has_it_on_record_and_is_free_when_they_no_longer_say_so() -> None:
    async def body() -> None:
        store = FakeStore()
        async with life(store, start_held=True) as world:
            await until(lambda: world.kinds() == [EventKind.HOLD])
            assert store.events[-1].by == SETTINGS
        async with life(store) as world:
            assert not world.orders.held

    asyncio.run(body())


def test_an_alarm_that_comes_before_the_runs_first_event_is_on_record_behind_it() -> None:
    async def body() -> None:
        world = World(FakeStore())
        alarm = Alarm(alarm_id="a" * 32, code=AlarmCode.NO_PICTURE, text="no camera", raised_at=EPOCH)
        world.orders.note_alarm(EventKind.ALARM_RAISED, alarm, "")
        await world.orders.take_up(boot_id=5)
        scribe = asyncio.create_task(world.orders.run())
        await until(lambda: len(world.store.events) == 2)
        scribe.cancel()
        started, raised = world.store.events
        assert (started.kind, raised.kind, raised.by) == (
            EventKind.ENGINE_STARTED,
            EventKind.ALARM_RAISED,
            "engine",
        )
        assert raised.subjects == ("a" * 32, "0x2201", "1")

    asyncio.run(body())
