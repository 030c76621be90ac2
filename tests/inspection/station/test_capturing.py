"""Taking the pictures of one part with several cameras: what is late is known to be late, whoever waits."""

import asyncio

import pytest

from inspection.decision import Action, DecidedBy
from inspection.errors import CameraError
from inspection.line_events import (
    PartTriggered,
)
from inspection.recipe import Recipe, View
from inspection.station.capturing import Cameras
from inspection.status import Mode
from tests.fakes import (
    FakeCamera,
    FakeClock,
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world, running

TWO_VIEWS = Recipe(
    id=1,
    name="cover",
    deadline_ms=450,
    views=(View(name="top", camera="main"), View(name="side", camera="side")),
)
DEADLINE_NS = 450_000_000


class SideCamera(FakeCamera):
    name = "side"


def test_a_camera_that_is_still_at_work_when_another_has_failed_lets_no_part_queue_up_behind_it() -> None:
    async def body() -> None:
        main, side = FakeCamera(), SideCamera()
        freed: list[bool] = []
        cameras = Cameras(
            {"main": main, "side": side},
            recipe=TWO_VIEWS,
            clock=FakeClock(),
            alarm=lambda *_: None,
            well=lambda _: None,
            on_free=lambda: freed.append(True),
        )
        main.error = "it is unplugged"
        side.gate.clear()
        try:
            with pytest.raises(CameraError, match="it is unplugged"):
                await cameras.capture(1001, deadline_ns=DEADLINE_NS)
            assert cameras.busy, "the other camera still takes its picture"
        finally:
            side.gate.set()
        await until(lambda: not cameras.busy)
        assert freed
        cameras.close()

    asyncio.run(body())


@in_world
async def test_while_the_camera_is_gone_the_station_does_not_look_as_if_parts_could_pass(
    world: World,
) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    await until(lambda: world.station.mode is Mode.IDLE)
    assert "every part goes to manual review: the camera is gone" in world.station.standing.reason


@in_world
async def test_no_picture_means_manual_review(world: World) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    assert "camera is gone" in world.only().decision.reason
    assert "camera is gone" in world.station.cameras.fault


def test_a_real_camera_that_is_off_does_not_keep_the_station_from_starting() -> None:
    async def body() -> None:
        async with running(camera_off=True) as world:
            assert "is off" in world.station.cameras.fault
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS  # switched on since
            assert not world.station.cameras.fault

    asyncio.run(body())


@in_world
async def test_a_camera_that_watches_itself_is_no_fault_from_when_it_can_take_pictures(world: World) -> None:
    world.camera.fault = "it is connecting"
    assert world.station.cameras.fault == "it is connecting"
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    world.camera.fault = ""  # it has connected, and no part has come since
    assert world.station.cameras.fault == ""


def test_a_camera_that_no_view_uses_keeps_no_part_from_its_picture() -> None:
    world, spare = World(), FakeCamera()
    spare.name = "spare"
    spare.fault = "it is connecting"
    spare.off = True
    world.station.cameras._cameras = {"main": world.camera, "spare": spare}
    assert world.station.cameras.fault == ""


@in_world
async def test_a_camera_that_hangs_costs_the_part_its_pass_at_the_deadline(world: World) -> None:
    world.camera.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: world.station.mode is Mode.EXECUTE)
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW
    assert world.only().decision.decided_by is DecidedBy.TIMEOUT
    assert not world.line.ready, "the camera still hangs: no further part"
    world.camera.gate.set()
    await until(lambda: world.line.ready)
