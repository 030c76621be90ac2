"""The life of one part: what was measured on its way is on record, whatever the way was."""

import asyncio

from inspection.line_events import OutcomeReported, PartTriggered
from inspection.part import Outcome, WithheldCause
from tests.fakes import BOOT, PATIENCE_S, FakeStore, trigger, until
from tests.inspection.station.world import World, in_world, running


async def is_recorded_late(world: World, record_ms: float) -> None:
    """The record of the part under the camera takes so long that the PLC waits no longer."""
    world.store.gate.clear()
    world.line.takes_results = False
    world.line.post(PartTriggered(trigger(1, deadline_ms=500)))
    await until(world.store.waiting.is_set)
    world.clock.advance(record_ms)
    world.store.gate.set()
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: not world.only().published)


def test_what_was_measured_of_a_part_is_on_record_after_a_restart_before_its_outcome() -> None:
    store = FakeStore()

    async def body() -> None:
        async with running(store) as world:
            await is_recorded_late(world, 1100)
        async with running(store) as world:
            world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            closed = world.only()
            assert closed.recording_ms == 1100
            assert closed.withheld is WithheldCause.RECORDED_LATE

    asyncio.run(body())


@in_world
async def test_a_part_without_a_picture_took_time_as_well_until_it_was_decided(world: World) -> None:
    world.camera.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: world.clock.sleepers > 1)
    world.clock.advance(450)
    await world.published()
    timings = world.only().decision.timings_ms
    assert (timings.total, timings.capture) == (450, None)
    world.line.post(OutcomeReported(1, BOOT, Outcome.DIVERTED))
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    latency_ms = world.station.telemetry.latency_ms
    assert latency_ms is not None
    assert world.only().published_ms == latency_ms.max, "on record it took as long as it was shown"
