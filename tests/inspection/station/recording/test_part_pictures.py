"""The pictures of a part on their way into the archive: their disk costs a part its pass, and nobody more."""

import asyncio

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import Action, DecidedBy
from inspection.errors import StoreError
from inspection.line_events import (
    OutcomeReported,
    PartTriggered,
)
from inspection.part import Frame, Outcome
from inspection.station.recording.housekeeping import HOUSEKEEPING_S
from inspection.station.recording.picture_keeper import MOST_WAITING, SILENT_S
from inspection.status import Mode
from tests.fakes import (
    BOOT,
    PATIENCE_S,
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world, running


@in_world
async def test_a_part_whose_picture_cannot_be_kept_goes_to_a_person_on_record(world: World) -> None:
    world.store.pictures_broken = True
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    assert world.only().pictures == ()
    assert world.only().decision.decided_by is DecidedBy.GUARD
    assert "its picture could not be kept" in world.only().decision.reason
    await until(lambda: world.station.mode is Mode.IDLE)
    reason = world.station.standing.reason
    assert reason.startswith("the last picture could not be kept"), reason


async def waits_for_its_picture_alone(world: World, seq: int) -> None:
    """The part was triggered and looked at; its decision waits for the archive."""
    world.station.judge.model_fault = "gone once the model has judged"
    world.line.post(PartTriggered(trigger(seq, seen_ns=world.clock.monotonic_ns())))
    await until(lambda: world.station.judge.model_fault == "")
    for _ in range(5):
        await asyncio.sleep(0)


@in_world
async def test_a_disk_of_pictures_that_does_not_answer_costs_a_part_its_pass_and_no_part_its_record(
    world: World,
) -> None:
    world.store.picture_gate.clear()
    await waits_for_its_picture_alone(world, 1)
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW  # the disk still hangs
    assert world.station.telemetry.alarms[0].code == AlarmCode.PICTURE_NOT_KEPT
    unkept = "the disk of the pictures did not answer within the deadline"
    first = world.only()
    assert first.decision.timings_ms.total == 450
    assert first.decision.reason == f"its picture could not be kept: {unkept}"
    assert (first.pictures, first.unkept) == ((), unkept)
    world.line.post(OutcomeReported(1, BOOT, Outcome.HELD))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    await until(lambda: world.line.ready)
    await waits_for_its_picture_alone(world, 2)
    world.store.picture_gate.set()  # its own picture, and the one before, come in time
    assert await world.published() is Action.PASS
    # A person wants to see it.
    await until(lambda: all(part.pictures for part in world.store.latest().values()))
    assert [part.unkept for part in world.store.latest().values()] == ["", ""]
    assert world.station.standing.reason == ""
    await until(lambda: not world.station.telemetry.alarms[0].active)


@in_world
async def test_no_more_pictures_wait_than_there_is_room_for_and_a_part_without_one_does_not_wait(
    world: World,
) -> None:
    world.store.picture_gate.clear()
    for seq in range(1, MOST_WAITING + 2):
        await waits_for_its_picture_alone(world, seq)
        if seq <= SILENT_S // 0.45 + 1:
            await world.pass_time(450)
        assert await world.published() is Action.MANUAL_REVIEW  # at once: the disk has been silent for long
        await until(lambda: world.station.mode is Mode.IDLE)
    assert "8 pictures wait for their disk already" in world.station.pictures.fault
    world.store.picture_gate.set()
    shown = [True] * MOST_WAITING + [False]
    await until(lambda: [bool(part.pictures) for part in world.store.latest().values()] == shown)
    dropped = list(world.store.latest().values())[-1]
    assert "8 pictures wait" in dropped.unkept


@in_world
async def test_a_picture_of_another_part_that_is_kept_late_does_not_speak_for_this_one(
    world: World,
) -> None:
    world.store.picture_gate.clear()
    await waits_for_its_picture_alone(world, 1)
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW
    await until(lambda: world.station.mode is Mode.IDLE)
    keep = world.store.archive_picture

    def refuse(frame: Frame) -> str:
        sha256 = keep(frame)
        if frame.number == 2:
            raise StoreError("no room")
        return sha256

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.store, "archive_picture", refuse)
        await waits_for_its_picture_alone(world, 2)
        world.store.picture_gate.set()
        assert await world.published() is Action.MANUAL_REVIEW
        assert world.station.pictures.fault == "no room"
        await until(lambda: [bool(part.pictures) for part in world.store.latest().values()] == [True, False])


def test_a_station_ends_although_the_disk_of_the_pictures_hangs() -> None:
    async def body() -> World:
        async with running() as world:
            world.store.picture_gate.clear()
            await waits_for_its_picture_alone(world, 1)
            await world.pass_time(450)
            await world.published()
            world.line.post(OutcomeReported(1, BOOT, Outcome.HELD))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            for part in (
                world.station._life.follow_ups
            ):  # what waits for the picture; the end gives it a second or two
                part.cancel()
        return world

    world = asyncio.run(asyncio.wait_for(body(), PATIENCE_S))
    world.store.picture_gate.set()
    assert world.only().outcome is Outcome.HELD


@in_world
async def test_pictures_that_cannot_be_kept_are_an_alarm_until_one_was_kept_again(world: World) -> None:
    world.store.pictures_broken = True
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    await until(lambda: world.station.mode is Mode.IDLE)
    for _ in range(2):  # the store has nothing to keep house of: that says nothing of pictures
        kept_house = world.store.maintained
        while world.store.maintained == kept_house:  # not each second: the last work may be on its way still
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active) == (AlarmCode.PICTURE_NOT_KEPT, True)
    world.store.pictures_broken = False
    world.line.post(PartTriggered(trigger(2, seen_ns=world.clock.monotonic_ns())))
    assert await world.published() is Action.PASS
    assert [alarm.active for alarm in world.station.telemetry.alarms] == [False]
    assert world.station.standing.reason == ""
