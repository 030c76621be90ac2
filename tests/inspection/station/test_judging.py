"""Judging the pictures of one part: whatever fails, there is a decision, and only a pass passes."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import Certification
from inspection.decision import Action, DecidedBy, Defect, Severity
from inspection.levels import BitDepth
from inspection.line_events import (
    PartTriggered,
)
from inspection.recipe import GreyLevels
from inspection.status import Mode
from tests.fakes import (
    FakeInspector,
    certificate,
    trigger,
    until,
)
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
