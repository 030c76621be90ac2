"""Taking the pictures of one part with several cameras: what is late is known to be late, whoever waits."""

import asyncio

import pytest

from inspection.decision import Action, DecidedBy
from inspection.errors import CameraError
from inspection.instruments.indicator import LampDescription
from inspection.line_events import (
    PartTriggered,
)
from inspection.part import Frame
from inspection.recipe import GaugeSpec, Recipe, View
from inspection.station.capturing import Cameras, Captured
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


LAMP = LampDescription(region=(0, 0, 8, 8), on_level=100.0, frames=3)
BLINKS = Recipe(
    id=1,
    name="cover",
    deadline_ms=450,
    gauge_views=(View(name="panel", camera="side"),),
    gauges=(GaugeSpec(name="ready", view="panel", region=(0, 0, 20, 20), reads=LAMP),),
)


class Shooting:
    """A station's cameras, of which one looks at a lamp that may blink."""

    def __init__(self, side: FakeCamera) -> None:
        self.main, self.side, self.clock = FakeCamera(), side, FakeClock()
        self.alarms: list[str] = []
        self.cameras = Cameras(
            {"main": self.main, "side": side},
            recipe=BLINKS,
            clock=self.clock,
            alarm=lambda _, text: self.alarms.append(text),
            well=lambda _: None,
            on_free=lambda: None,
        )

    async def shoot(self) -> Captured:
        return await self.cameras.capture(1001, deadline_ns=DEADLINE_NS)


def test_a_gauge_that_is_read_off_several_pictures_gets_them_before_the_part_may_move() -> None:
    async def body() -> None:
        shooting = Shooting(SideCamera())
        captured = await shooting.shoot()
        assert [one.camera for one in captured.frames] == ["main", "side"]
        assert [one.number for one in captured.more["panel"]] == [2, 3]
        assert (shooting.main.taken, shooting.side.taken) == (1, 3), "no other view is taken again"
        shooting.cameras.close()

    asyncio.run(body())


def test_further_pictures_take_a_third_of_the_time_at_most_and_what_fails_there_costs_no_picture() -> None:
    class Slow(SideCamera):
        shooting: Shooting

        def capture(self, part_id: int) -> Frame:
            taken = super().capture(part_id)
            if self.taken == 2:
                self.shooting.clock._now_ns += 200_000_000
            return taken

    class Unplugged(SideCamera):
        def capture(self, part_id: int) -> Frame:
            self.error = "it is unplugged" if self.taken == 2 else None
            return super().capture(part_id)

    async def body(shooting: Shooting) -> None:
        captured = await shooting.shoot()
        assert len(captured.frames) == 2
        assert [one.number for one in captured.more["panel"]] == [2]
        assert not shooting.cameras.busy
        assert (shooting.alarms, shooting.cameras.fault) == ([], "")
        shooting.cameras.close()

    slow = Slow()
    slow.shooting = Shooting(slow)
    asyncio.run(body(slow.shooting))
    asyncio.run(body(Shooting(Unplugged())))


def test_a_camera_that_hangs_over_a_further_picture_costs_the_gauge_and_is_late_work() -> None:
    class Hangs(SideCamera):
        def capture(self, part_id: int) -> Frame:
            if self.taken == 1:
                self.gate.clear()
            return super().capture(part_id)

    async def body() -> None:
        shooting = Shooting(Hangs())
        capturing = asyncio.ensure_future(shooting.shoot())
        await until(lambda: not shooting.side.gate.is_set() and shooting.clock.sleepers > 0)
        await asyncio.sleep(0)
        shooting.clock.advance(150)
        captured = await capturing
        assert len(captured.frames) == 2
        assert captured.more == {}
        assert shooting.cameras.busy
        shooting.side.taken = 7  # it does not hang again
        shooting.side.gate.set()
        await until(lambda: not shooting.cameras.busy)
        shooting.cameras.close()

    asyncio.run(body())


def test_a_camera_of_a_view_for_gauges_alone_is_asked_for_its_fault_as_any_other() -> None:
    shooting = Shooting(SideCamera())
    shooting.side.fault = "it is connecting"
    assert shooting.cameras.fault == "it is connecting"
