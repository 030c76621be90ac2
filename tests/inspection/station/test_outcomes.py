"""Promise 1 in the station: every trigger ends as one stored inspection with one outcome, in order."""

import asyncio

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import Action
from inspection.line_events import (
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    RunTakenOver,
)
from inspection.part import MissedCause, Outcome
from inspection.station.open_parts import MAX_OPEN
from inspection.station.outcomes import CLERK_QUEUE
from inspection.station.recording.recorder import RETRY_S
from inspection.status import Command, Mode
from tests.fakes import (
    BOOT,
    PATIENCE_S,
    FakeStore,
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world, running


@in_world
async def test_an_outcome_is_acknowledged_only_when_it_is_durable(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.store.broken = True
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: not world.line.ready)  # no further part while something is not on record
    assert world.line.acknowledged.empty()
    world.store.broken = False
    await world.pass_time(RETRY_S * 1000)
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    assert world.only().outcome is Outcome.RELEASED


@in_world
async def test_a_missed_trigger_is_on_record_with_its_outcome(world: World) -> None:
    world.line.post(PartMissed(trigger(1), MissedCause.GAP))
    world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    inspection = world.only()
    assert (inspection.missed, inspection.published) == (MissedCause.GAP, False)
    assert inspection.decision.action is Action.MANUAL_REVIEW
    assert inspection.outcome is Outcome.DEFAULT_REJECTED


@in_world
async def test_an_overrun_is_recorded_after_the_part_that_it_overran(world: World) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(world.line.exposed))
    world.line.post(PartMissed(trigger(2), MissedCause.OVERRUN))
    world.line.post(OutcomeReported(2, BOOT, Outcome.DEFAULT_REJECTED))
    world.inspector.gate.set()
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 2
    assert [r.trigger.seq for r in world.store.revisions if r.revision == 0] == [1, 2]


@in_world
async def test_a_missed_part_is_recorded_before_the_part_that_came_after_it(world: World) -> None:
    world.line.post(PartMissed(trigger(1), MissedCause.GAP))
    world.line.post(PartTriggered(trigger(2)))
    await world.published()
    assert [r.trigger.seq for r in world.store.revisions if r.revision == 0] == [1, 2]


@in_world
async def test_parts_of_a_plc_that_restarted_are_closed_as_unconfirmed(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(PlcRestarted(BOOT, BOOT + 1))
    await until(lambda: world.only().outcome is not None)
    assert world.only().outcome is Outcome.UNCONFIRMED


@in_world
async def test_a_plc_that_restarts_faster_than_the_disk_writes_does_not_block_the_record(
    world: World,
) -> None:
    # The line is ahead: it speaks of run BOOT while the queue still holds the run before.
    world.line.post(LinkChanged(True, ""))
    world.line.post(PartMissed(trigger(1, plc_boot_id=BOOT - 1), MissedCause.GAP))
    world.line.post(PlcRestarted(BOOT - 1, BOOT))
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    await until(lambda: Outcome.UNCONFIRMED in {i.outcome for i in world.store.latest().values()})
    assert len(world.store.latest()) == 2


@in_world
async def test_a_release_without_a_pass_stops_the_station_until_it_is_reset(world: World) -> None:
    world.inspector.action = Action.REWORK
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: world.station.mode is Mode.ABORTED)
    assert (bool(world.line.fault), world.line.ready) == (True, False)
    await world.station.command(Command.RESET, by="the test")
    assert (bool(world.line.fault), world.line.ready) == (False, True)


@in_world
async def test_parts_that_another_record_has_are_no_broken_promise_and_those_of_this_one_are(
    world: World,
) -> None:
    world.line.post(RunTakenOver(plc_boot_id=BOOT, other_boot_id=99, seq=28))
    world.line.post(PartMissed(trigger(28), MissedCause.BEFORE_RECORD))
    world.line.post(OutcomeReported(28, BOOT, Outcome.RELEASED))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 28
    assert world.station.mode is Mode.IDLE
    (alarm,) = world.station.telemetry.alarms
    assert "this record begins here" in alarm.text
    assert "99" in alarm.text
    assert not world.only().mismatched_release
    world.line.post(PartMissed(trigger(29), MissedCause.GAP))
    world.line.post(OutcomeReported(29, BOOT, Outcome.RELEASED))
    await until(lambda: world.station.mode is Mode.ABORTED)


def test_parts_whose_outcome_another_record_has_are_closed_at_once_and_the_others_wait_for_theirs() -> None:
    """A backup was restored: parts 1 and 2 were open on it; the PLC has told what became of all up to 4."""

    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            for seq in (1, 2):
                world.line.post(PartTriggered(trigger(seq)))
                await world.published()
                await until(lambda: world.station.mode is Mode.IDLE)
        async with running(store) as world:
            world.line.post(
                RunTakenOver(plc_boot_id=BOOT, other_boot_id=9, seq=6, rows_lost=True, outcomes_told=4)
            )
            for seq in range(3, 7):
                world.line.post(PartMissed(trigger(seq), MissedCause.BEFORE_RECORD))
            world.line.post(OutcomeReported(5, BOOT, Outcome.RELEASED))
            assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 5
            await until(lambda: len(world.store.latest()) == 6)
            assert by_outcome(world) == {
                Outcome.UNCONFIRMED: [1, 2, 3, 4],
                Outcome.RELEASED: [5],
                None: [6],
            }
            assert [alarm.code for alarm in world.station.telemetry.alarms] == [AlarmCode.RECORD_BEGAN]
            assert world.station.mode is Mode.IDLE

    asyncio.run(body())


@pytest.mark.parametrize(
    ("told", "seq", "has"),
    [(0, 1, False), (4, 4, True), (4, 5, False), (4, 65530, True), (65530, 4, False), (1, 65535, True)],
)
def test_whose_outcome_was_told_follows_the_plcs_count_round(told: int, seq: int, has: bool) -> None:
    assert RunTakenOver(BOOT, 9, seq=told or 1, outcomes_told=told).has_outcome_of(seq) is has


def test_after_a_restart_the_open_part_gets_its_outcome_and_nothing_is_recorded_twice() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            world.line.post(PartTriggered(trigger(1)))
            await world.published()
        async with running(store) as world:
            assert world.line.known is not None
            assert world.line.known.seq == 1
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            assert world.only().outcome is Outcome.RELEASED
            # The PLC did not see the acknowledgement and shows the outcome once more.
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            assert [r.revision for r in store.revisions] == [0, 1]

    asyncio.run(body())


def by_outcome(world: World) -> dict[Outcome | None, list[int]]:
    """Trigger numbers on record by their latest outcome."""
    found: dict[Outcome | None, list[int]] = {}
    for inspection in world.store.latest().values():
        found.setdefault(inspection.outcome, []).append(inspection.trigger.seq)
    return {outcome: sorted(numbers) for outcome, numbers in found.items()}


@in_world
async def test_a_flood_faster_than_the_disk_loses_nothing_and_takes_no_part_until_it_is_over(
    world: World,
) -> None:
    """A jump of the PLC's count tells more missed triggers than wait anywhere while the disk is slow."""
    flood = CLERK_QUEUE + 64
    world.store.gate.clear()
    for seq in range(1, flood + 1):
        world.line.post(PartMissed(trigger(seq), MissedCause.GAP))
    await until(lambda: world.station._clerk._queue.full())
    assert not world.line.ready
    assert "no outcome" in world.station.standing.reason
    world.store.gate.set()
    await until(lambda: len(world.store.revisions) == flood + flood - MAX_OPEN)
    await until(lambda: world.line.ready)
    told = by_outcome(world)
    assert told[Outcome.UNCONFIRMED] == list(range(1, flood - MAX_OPEN + 1)), "the oldest, in their order"
    assert told[None] == list(range(flood - MAX_OPEN + 1, flood + 1))
    assert world.line.acknowledged.empty(), "nothing is acknowledged that the PLC did not tell"


@in_world
async def test_a_plc_that_never_tells_an_outcome_does_not_stop_the_line(world: World) -> None:
    for seq in range(1, MAX_OPEN + 3):
        await until(lambda: world.line.ready)
        world.line.post(PartTriggered(trigger(seq)))
        assert await world.published() is Action.PASS
    await until(lambda: len(world.station._open) == MAX_OPEN and world.line.ready)
    assert by_outcome(world)[Outcome.UNCONFIRMED] == [1, 2]
    assert any("did not tell" in alarm.text for alarm in world.station.telemetry.alarms)


def test_a_station_starts_however_many_parts_are_open_on_its_record() -> None:
    async def body() -> None:
        async with running() as world:
            for seq in range(1, 4):
                world.line.post(PartMissed(trigger(seq), MissedCause.GAP))
            await until(lambda: len(world.store.latest()) == 3)
        template = next(iter(world.store.latest().values()))
        store = FakeStore()
        store.revisions = [
            template.model_copy(update={"inspection_id": f"{seq:032x}", "trigger": trigger(seq)})
            for seq in range(1, CLERK_QUEUE + 2 * MAX_OPEN)
        ]
        async with running(store) as world:
            await until(lambda: len(world.station._open) == MAX_OPEN and world.line.ready)

    asyncio.run(body())
