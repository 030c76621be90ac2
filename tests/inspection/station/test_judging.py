"""Judging the pictures of one part: whatever fails, there is a decision, and only a pass passes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import Certification
from inspection.decision import Action, DecidedBy, Defect, Severity
from inspection.instruments.reading import Reading, Unreadable
from inspection.levels import BitDepth
from inspection.line_events import (
    PartTriggered,
    ToldName,
)
from inspection.part import Frame, Identity
from inspection.recipe import GreyLevels, View
from inspection.result import InspectionResult
from inspection.status import Mode
from tests.fakes import (
    FakeCamera,
    FakeInspector,
    certificate,
    trigger,
    until,
)
from tests.inspection.station.gauging.instruments import FakeReader, code, dial, recipe, says, shows
from tests.inspection.station.world import RECIPE, World, in_world, running


class AbsentInspector(FakeInspector):
    """Its model may be away."""

    closed = False

    def watch(self, changed: Callable[[], None]) -> None:
        self.changed = changed

    def close(self) -> None:
        self.closed = True

    def is_now(self, fault: str) -> None:
        self.fault = fault
        self.changed()


def test_while_the_model_is_away_no_part_is_taken_and_when_it_is_back_the_alarms_cause_is_gone() -> None:
    inspector = AbsentInspector()

    async def body() -> None:
        async with running(inspector=inspector) as world:
            await until(lambda: world.line.ready)
            inspector.is_now("waits for the model: it hung")
            await until(lambda: not world.line.ready)
            assert world.station.standing.reason == "waits for the model: it hung"
            alarm = next(iter(world.station.telemetry.alarms))
            assert (alarm.code, alarm.active) == (AlarmCode.INSPECTION_FAILED, True)
            inspector.is_now("")
            await until(lambda: world.line.ready)
            assert not next(iter(world.station.telemetry.alarms)).active
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS

    asyncio.run(body())
    assert inspector.closed, "the station lets go of it at its end"


@in_world
async def test_a_black_picture_is_not_judged(world: World) -> None:
    world.camera.picture = np.zeros((48, 64, 3), np.uint8)
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    assert world.only().decision.decided_by is DecidedBy.GUARD
    assert "black" in world.station.telemetry.alarms[0].text


@pytest.mark.parametrize(("camera", "taught"), [(12, 8), (8, 12), (12, 10), (12, 16)])
def test_a_picture_of_another_depth_than_the_recipes_is_not_judged(
    camera: BitDepth, taught: BitDepth
) -> None:
    async def look() -> None:
        async with running(
            recipe=RECIPE.model_copy(update={"levels": GreyLevels(bit_depth=taught)})
        ) as world:
            world.camera.bit_depth = camera
            if camera > 8:
                noise = np.random.default_rng(1).integers(400, 900, (48, 64, 3), np.uint16)
                world.camera.picture = noise
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.MANUAL_REVIEW
            decision = world.only().decision
            assert decision.decided_by is DecidedBy.GUARD
            assert f"has {camera} bits, the recipe was taught at {taught}" in decision.reason

    asyncio.run(look())


def test_a_picture_of_the_recipes_depth_is_judged_as_any_other() -> None:
    async def look() -> None:
        async with running(recipe=RECIPE.model_copy(update={"levels": GreyLevels(bit_depth=12)})) as world:
            world.camera.bit_depth = 12
            world.camera.picture = np.random.default_rng(1).integers(900, 3000, (48, 64, 3), np.uint16)
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS

    asyncio.run(look())


@in_world
async def test_a_late_decision_follows_the_policy_and_the_late_result_is_kept_but_never_offered(
    world: World,
) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(world.line.exposed))
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW
    world.inspector.gate.set()
    await until(lambda: world.only().late_decision is not None)
    late = world.only().late_decision
    assert late is not None
    assert late.action is Action.PASS
    assert world.only().decision.action is Action.MANUAL_REVIEW
    assert world.line.published.empty()
    assert world.station.telemetry.counts.late == 1


@in_world
async def test_the_internal_deadline_lies_before_the_plcs_own(world: World) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1, deadline_ms=200)))
    await until(lambda: bool(world.line.exposed))
    await world.pass_time(180)
    assert await world.published() is Action.MANUAL_REVIEW


@pytest.mark.parametrize("error", [ValueError("bug"), MemoryError()])
def test_an_inspector_that_fails_holds_the_part(error: Exception) -> None:
    async def body() -> None:
        async with running() as world:
            world.inspector.error = error
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.MANUAL_REVIEW
            assert world.only().decision.decided_by is DecidedBy.GUARD

    asyncio.run(body())


@in_world
async def test_the_guard_has_the_last_word(world: World) -> None:
    world.inspector.defects = (Defect(type="crack", severity=Severity.CRITICAL, box=(0, 0, 9, 9), score=0.9),)
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.STOP


def test_a_certified_station_passes_no_part_above_the_threshold_and_records_what_held() -> None:
    held = certificate(threshold=0.4)

    async def body() -> None:
        async with running(certification=Certification(certificate=held, reason="")) as world:
            for seq, (score, action) in enumerate(
                [(0.4, Action.PASS), (0.41, Action.MANUAL_REVIEW), (None, Action.MANUAL_REVIEW)], 1
            ):
                world.inspector.defect_score = score
                world.line.post(PartTriggered(trigger(seq)))
                assert await world.published() is action
                await until(lambda: world.station.mode is Mode.IDLE)
            assert [part.certificate for part in world.store.latest().values()] == [held.ref] * 3

    asyncio.run(body())


PANEL = View(name="panel", camera="main")


def reads(world: World, *answers: Reading) -> FakeReader:
    """The station's gauges read so."""
    reader = FakeReader(*answers)
    world.station.judge._gauges._reader._read = reader
    return reader


def test_gauges_are_read_on_record_and_the_guard_holds_the_part_to_their_limits() -> None:
    async def body() -> None:
        async with running(recipe=recipe(dial("pressure"), code("id"))) as world:
            reads(world, shows(6.0), says("SN0042"))
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.REWORK
            part = world.only()
            assert [(one.name, one.value, one.text) for one in part.decision.gauges] == [
                ("pressure", 6.0, ""),
                ("id", None, "SN0042"),
            ]
            assert part.identity == Identity(serial="SN0042")
            assert part.decision.timings_ms.gauges == 0.0

    asyncio.run(body())


def test_a_gauge_that_hangs_costs_its_part_manual_review_at_the_deadline_and_no_part_queues_up() -> None:
    async def body() -> None:
        async with running(recipe=recipe(dial("pressure"), dial("vacuum"))) as world:
            reader = reads(world, shows(4.0))
            reader.gate.clear()
            world.line.post(PartTriggered(trigger(1)))
            await until(lambda: bool(reader.calls))
            await world.pass_time(450)
            assert await world.published() is Action.MANUAL_REVIEW
            decision = world.only().decision
            assert [one.reason for one in decision.gauges] == [Unreadable.LATE] * 2
            assert AlarmCode.GAUGES_LATE in {one.code for one in world.station.telemetry.alarms if one.active}
            await until(lambda: world.station.mode is Mode.IDLE)
            assert not world.line.ready, "it still hangs: no further part"
            reader.gate.set()
            await until(lambda: world.line.ready)

    asyncio.run(body())


def test_what_gauges_read_is_on_record_though_the_model_is_late_or_fails() -> None:
    async def body() -> None:
        async with running(recipe=recipe(dial("pressure"))) as world:
            reader = reads(world, shows(4.0), shows(4.1))
            thread = world.station.judge._gauges._thread
            world.inspector.error = ValueError("bug")
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.MANUAL_REVIEW
            assert [one.value for one in world.only().decision.gauges] == [4.0]
            await until(lambda: world.station.mode is Mode.IDLE)
            world.inspector.error = None
            world.inspector.gate.clear()
            world.line.post(PartTriggered(trigger(2)))
            await until(lambda: len(reader.calls) == 2 and thread._under_way_since_ns is None)
            await world.pass_time(450)
            assert await world.published() is Action.MANUAL_REVIEW
            (late,) = (one for one in world.store.latest().values() if one.trigger.seq == 2)
            assert late.decision.decided_by is DecidedBy.TIMEOUT
            assert [one.value for one in late.decision.gauges] == [4.1]

    asyncio.run(body())


def test_a_view_for_gauges_alone_is_kept_and_read_but_not_inspected_and_may_be_dark() -> None:
    class Dark(FakeCamera):
        """Its second picture of each part is that of a display in the dark."""

        def capture(self, part_id: int) -> Frame:
            taken = super().capture(part_id)
            return taken if self.taken % 2 else replace(taken, picture=taken.picture // 100)

    class Counting(FakeInspector):
        def inspect(self, frames: tuple[Frame, ...], **asked: Any) -> InspectionResult:
            self.seen = [one.number for one in frames]
            return super().inspect(frames, **asked)

    async def body() -> None:
        inspector = Counting()
        of = recipe(dial("pressure", view="panel"), gauge_views=(PANEL,))
        async with running(recipe=of, inspector=inspector) as world:
            dark = Dark()
            world.station.cameras._cameras = {"main": dark}
            reader = reads(world, shows(4.0))
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS
            assert inspector.seen == [1]
            ((seen,), _) = reader.calls[0]
            assert seen.max() <= 1, "the gauge was read in its own view"
            assert len(world.only().pictures) == 2
            assert world.station.cameras.frames["main"].number == 1, "people are shown the part"

    asyncio.run(body())


def test_the_name_that_the_line_tells_is_on_record_and_a_part_without_its_name_goes_to_a_person() -> None:
    told = Identity(serial="SN0042", source="plc")

    @in_world
    async def body(world: World) -> None:
        world.line.post(PartTriggered(trigger(1), ToldName(identity=told)))
        assert await world.published() is Action.PASS
        assert world.only().identity == told
        await until(lambda: world.station.mode is Mode.IDLE)
        world.line.post(PartTriggered(trigger(2), ToldName(fault="the PLC names nothing")))
        assert await world.published() is Action.MANUAL_REVIEW
        await until(lambda: world.station.mode is Mode.IDLE)
        world.camera.error = "the camera is gone"
        world.line.post(PartTriggered(trigger(3), ToldName(identity=told)))
        assert await world.published() is Action.MANUAL_REVIEW
        _, unnamed, unseen = world.store.latest().values()
        assert (unnamed.identity, unnamed.decision.reason) == (None, "the PLC names nothing")
        assert unseen.identity == told, "it is known though there is no picture"

    body()


def test_a_code_that_says_another_serial_than_the_line_holds_the_part() -> None:
    async def body() -> None:
        async with running(recipe=recipe(code("id"))) as world:
            reads(world, says("SN0043"))
            told = ToldName(identity=Identity(serial="SN0042", source="plc"))
            world.line.post(PartTriggered(trigger(1), told))
            assert await world.published() is Action.MANUAL_REVIEW
            part = world.only()
            assert part.identity is None
            assert "serial SN0043, the PLC says SN0042" in part.decision.reason

    asyncio.run(body())


def test_a_recipe_without_gauges_has_no_thread_for_them_and_its_records_say_nothing_of_them() -> None:
    @in_world
    async def body(world: World) -> None:
        world.line.post(PartTriggered(trigger(1)))
        assert await world.published() is Action.PASS
        written = world.only().model_dump_json()
        assert '"gauges":[]' in written
        assert '"gauges":null' in written
        assert "identity" not in written
        assert world.station.judge._gauges._thread._thread.ident is None

    body()
