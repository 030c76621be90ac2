"""What the station counts of the running shift: as the record has it, over restarts and shifts."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import Action
from inspection.line_events import (
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
)
from inspection.part import MissedCause, Outcome
from inspection.station.telemetry import Telemetry
from inspection.status import Mode
from inspection.times.shifts import THREE_SHIFTS, ShiftCalendar
from tests.fakes import (
    BOOT,
    EPOCH,
    PATIENCE_S,
    FakeStore,
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world, running


@in_world
async def test_a_pass_that_the_plc_did_not_take_spoils_the_yield_when_that_is_known(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    await until(lambda: world.station.telemetry.counts.by_action == {Action.PASS: 1})
    world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    counts = world.station.telemetry.counts
    assert (counts.by_action, counts.not_as_decided, counts.yield_rate) == ({}, 1, 0.0)
    assert counts == world.store.counts_since(EPOCH).model_copy(update={"since": counts.since})


@in_world
async def test_a_missed_part_is_counted_when_it_is_on_record_and_not_before(world: World) -> None:
    world.store.gate.clear()
    world.line.post(PartMissed(trigger(1), MissedCause.GAP))
    await until(lambda: any(a.code == AlarmCode.PARTS_MISSED for a in world.station.telemetry.alarms))
    assert world.station.telemetry.counts.missed == 0
    world.store.gate.set()
    await until(lambda: world.station.telemetry.counts.missed == 1)


def test_counts_begin_with_the_plants_shift_also_in_the_night_of_nine_hours() -> None:
    night = datetime(2026, 10, 24, 20, tzinfo=UTC)  # 22:00 in Berlin
    plant = ShiftCalendar(THREE_SHIFTS.rules, ZoneInfo("Europe/Berlin"))
    telemetry = Telemetry(plant, night + timedelta(hours=2), alarm_changed=lambda *_: None)
    assert telemetry.counts.since == night
    telemetry.roll_over(night + timedelta(hours=9) - timedelta.resolution)
    assert telemetry.counts.since == night
    telemetry.roll_over(night + timedelta(hours=9))
    assert telemetry.counts.since == night + timedelta(hours=9)


def test_after_a_restart_the_shifts_counts_and_the_last_parts_are_there() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            world.line.post(PartTriggered(trigger(1)))
            await world.published()
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            world.line.post(PartMissed(trigger(2), MissedCause.GAP))
            await until(lambda: world.station.telemetry.counts.missed == 1)
            assert len(store.latest()) == 2
            before = world.station.telemetry.counts
            assert before.since == THREE_SHIFTS.shift_of(EPOCH).start
        async with running(store) as world:
            assert world.station.telemetry.counts == before
            assert [part.trigger.seq for part in world.station.telemetry.recent] == [2, 1]
            latency = world.station.telemetry.latency_ms
            assert latency is not None
            assert latency.n == 1
            world.line.post(OutcomeReported(2, BOOT, Outcome.DEFAULT_REJECTED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            assert world.station.telemetry.counts.by_outcome[Outcome.DEFAULT_REJECTED] == 1

    asyncio.run(body())


@in_world
async def test_counting_begins_anew_with_the_shift_and_not_when_the_clock_is_set_back(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    began = world.station.telemetry.counts.since
    assert began is not None
    world.clock.set_back(3 * 3600)
    world.line.post(LinkChanged(True, ""))
    await until(lambda: world.station.mode is Mode.IDLE)
    assert world.station.telemetry.counts.triggers == 1
    world.clock.set_back(-12 * 3600)
    world.line.post(PartTriggered(trigger(2, seen_at=world.clock.now())))
    await world.published()
    counts = world.station.telemetry.counts
    assert counts.since is not None
    assert counts.since > began
    assert counts.triggers == 1
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))  # of the shift before
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    assert world.station.telemetry.counts.by_outcome == {}


@in_world
async def test_a_part_seen_before_the_shift_changed_and_decided_after_counts_as_on_the_record(
    world: World,
) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(world.line.exposed))
    world.clock.set_back(-12 * 3600)
    world.inspector.gate.set()
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    world.line.post(PartMissed(trigger(2), MissedCause.GAP))
    world.line.post(PartMissed(trigger(3, seen_at=world.clock.now()), MissedCause.GAP))
    await until(lambda: len(world.store.latest()) == 3 and world.station.telemetry.counts.triggers > 0)
    counts = world.station.telemetry.counts
    assert (counts.triggers, counts.missed, counts.by_action, counts.by_outcome) == (1, 1, {}, {})
    assert counts.since == THREE_SHIFTS.shift_of(world.clock.now()).start
    assert counts == world.store.counts_since(counts.since)
