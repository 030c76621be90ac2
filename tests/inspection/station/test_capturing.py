"""Taking the pictures of one part with several cameras: what is late is known to be late, whoever waits."""

import asyncio

import pytest

from inspection.errors import CameraError
from inspection.recipe import Recipe, View
from inspection.station.capturing import Cameras
from tests.fakes import FakeCamera, FakeClock, until

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
