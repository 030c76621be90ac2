"""The disks between parts: whatever hangs, people are told, and nobody waits for it."""

import asyncio

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import Action
from inspection.line_events import (
    PartTriggered,
)
from inspection.station.recording.housekeeping import HOUSEKEEPING_S
from inspection.status import Command, Mode
from tests.fakes import (
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world


@in_world
async def test_a_disk_of_pictures_that_hangs_while_nobody_waits_for_it_is_told(world: World) -> None:
    world.store.picture_gate.clear()
    await world.keep_house_until(AlarmCode.PICTURES_SILENT)
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active, alarm.times) == (AlarmCode.PICTURES_SILENT, True, 1)
    assert "the disk of the pictures has not answered for" in alarm.text
    assert "every part goes to manual review" in world.station.standing.reason
    assert world.line.ready, "parts are taken and recorded"
    maintained = world.store.maintained
    await world.keep_house(lambda: world.store.maintained > maintained)  # the record's own work goes on
    world.store.picture_gate.set()
    await world.keep_house(lambda: world.store.retired > 0)
    await world.keep_house(lambda: not world.station.telemetry.alarms[0].active)
    assert world.station.standing.reason == ""


@in_world
async def test_a_record_that_hangs_in_its_housekeeping_alone_is_told_too(
    world: World,
) -> None:
    world.store.housekeeping_gate.clear()
    try:
        await world.keep_house_until(AlarmCode.NOT_RECORDED)
        (alarm,) = world.station.telemetry.alarms
        assert alarm.code == AlarmCode.NOT_RECORDED
        assert "the record has not answered for" in world.station.standing.reason
        assert not world.line.ready
    finally:
        world.store.housekeeping_gate.set()
    await until(lambda: world.line.ready)
    assert world.station.standing.reason == ""


@in_world
async def test_old_pictures_that_cannot_be_deleted_are_an_alarm_of_their_own(world: World) -> None:
    world.store.housekeeping_broken = True
    await world.keep_house_until(AlarmCode.PICTURES_NOT_RETIRED)
    assert world.station.telemetry.alarms[0].code == AlarmCode.PICTURES_NOT_RETIRED
    world.line.post(PartTriggered(trigger(1, seen_ns=world.clock.monotonic_ns())))
    assert await world.published() is Action.PASS
    assert world.station.telemetry.alarms[0].active
    world.store.housekeeping_broken = False
    await until(lambda: world.station.mode is Mode.IDLE and world.clock.sleepers > 0)
    world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: not world.station.telemetry.alarms[0].active)


@in_world
async def test_a_record_that_does_not_answer_is_told_while_it_hangs_and_no_part_is_taken(
    world: World,
) -> None:
    kept_house = world.store.maintained
    world.store.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(world.store.waiting.is_set)
    world.line.set_ready(True)
    for _ in range(5):  # the keeper's seconds go on, whatever hangs
        await until(lambda: world.clock.sleepers > 0)
        world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: bool(world.station.telemetry.alarms))
    assert "the record has not answered for" in world.station.standing.reason
    assert not world.line.ready
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active, alarm.times) == (AlarmCode.NOT_RECORDED, True, 1)
    assert "is not released" in alarm.text
    assert world.store.maintained == kept_house, "nothing piles up behind what hangs"
    world.store.gate.set()
    await until(lambda: world.station.mode is Mode.IDLE)
    assert (world.station.standing.reason, world.line.ready) == ("", True)
    assert not world.station.telemetry.alarms[0].active


@in_world
async def test_housekeeping_that_hangs_keeps_nobody_from_hearing_that_the_record_does(world: World) -> None:
    world.store.housekeeping_gate.clear()
    try:
        for _ in range(3):
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
        held = asyncio.create_task(world.station.command(Command.HOLD, by="Li"))
        await until(lambda: world.clock.sleepers > 1)  # it waits for the disk, beside the housekeeping
        for _ in range(4):
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
        assert "not on record" in (await held).message
        await until(lambda: bool(world.station.telemetry.alarms))
        assert "the record has not answered" in world.station.telemetry.alarms[0].text
    finally:
        world.store.housekeeping_gate.set()
