"""Judging one part with more than one camera: what is late is known to be late, whoever waits for it."""

import asyncio

from inspection.recipe import Recipe, View
from inspection.station.judging import Judge
from inspection.station.passage import Passage
from inspection.station.recording.recorder import Recorder
from tests.fakes import FakeCamera, FakeClock, FakeInspector, FakeStore, trigger, until

TWO_VIEWS = Recipe(
    id=1,
    name="cover",
    deadline_ms=450,
    views=(View(name="top", camera="main"), View(name="side", camera="side")),
)


class SideCamera(FakeCamera):
    name = "side"


def test_a_camera_that_is_still_at_work_when_another_has_failed_lets_no_part_queue_up_behind_it() -> None:
    async def body() -> None:
        clock, main, side = FakeClock(), FakeCamera(), SideCamera()
        freed: list[bool] = []
        recorder = Recorder(FakeStore(), clock)
        judge = Judge(
            recipe=TWO_VIEWS,
            cameras={"main": main, "side": side},
            inspector=FakeInspector(),
            recorder=recorder,
            clock=clock,
            alarm=lambda *_: None,
            well=lambda _: None,
            on_free=lambda: freed.append(True),
        )
        main.error = "it is unplugged"
        side.gate.clear()
        try:
            judgement = await judge.judge(Passage(trigger(1)), on_exposed=lambda: None)
            assert "it is unplugged" in judgement.decision.reason
            assert judge.busy, "the other camera still takes its picture"
        finally:
            side.gate.set()
        await until(lambda: not judge.busy)
        assert freed
        judge.close()
        await recorder.close()

    asyncio.run(body())
