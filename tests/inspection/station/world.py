"""A running station and everything around it, in which a test decides what happens, and when."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.challenge.plan import ChallengePlan
from inspection.decision import Action
from inspection.drift.usual import UsualView
from inspection.line_events import LinkChanged
from inspection.part import Inspection
from inspection.recipe import Recipe
from inspection.station.recording.housekeeping import HOUSEKEEPING_S
from inspection.station.recording.recorder import Recorder
from inspection.station.station import Station
from inspection.status import Mode
from tests.fakes import PATIENCE_S, FakeCamera, FakeClock, FakeInspector, FakeLine, FakeStore, until

RECIPE = Recipe(id=1, name="cover", deadline_ms=450)


class World:
    """A running station and everything around it."""

    def __init__(
        self,
        store: FakeStore | None = None,
        certification: Certification = UNCERTIFIED,
        inspector: FakeInspector | None = None,
        recipe: Recipe = RECIPE,
        usual: tuple[UsualView, ...] = (),
        challenge: ChallengePlan | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.line = FakeLine()
        self.camera = FakeCamera()
        self.inspector = inspector or FakeInspector()
        self.store = store or FakeStore()
        self.station = Station(
            line=self.line,
            cameras={"main": self.camera},
            inspector=self.inspector,
            recorder=Recorder(self.store, self.clock),
            clock=self.clock,
            recipe=recipe,
            certification=certification,
            usual=usual,
            challenge=challenge,
        )

    async def published(self) -> Action:
        """The next decision that the PLC is offered."""
        _, decision, _ = await asyncio.wait_for(self.line.published.get(), PATIENCE_S)
        return decision.action

    async def pass_time(self, ms: float) -> None:
        """Let time pass, once somebody beside the housekeeping waits for it."""
        await until(lambda: self.clock.sleepers > 1)
        self.clock.advance(ms)

    async def keep_house_until(self, code: AlarmCode) -> None:
        """Let housekeeping go on, second by second, until an alarm comes of it, whichever thread is first."""
        await self.keep_house(lambda: any(alarm.code == code for alarm in self.station.telemetry.alarms))

    async def keep_house(self, done: Callable[[], bool]) -> None:
        """Let housekeeping go on, second by second, until ``done``; a second may be missed."""
        async with asyncio.timeout(PATIENCE_S):
            while not done():
                await until(lambda: self.clock.sleepers > 0)
                self.clock.advance(HOUSEKEEPING_S * 1000)
                await asyncio.sleep(0.001)  # threads do the work

    def only(self) -> Inspection:
        """The one inspection on record."""
        latest = self.store.latest()
        assert len(latest) == 1
        return next(iter(latest.values()))


@asynccontextmanager
async def running(
    store: FakeStore | None = None,
    *,
    camera_off: bool = False,
    certification: Certification = UNCERTIFIED,
    inspector: FakeInspector | None = None,
    recipe: Recipe = RECIPE,
    usual: tuple[UsualView, ...] = (),
    challenge: ChallengePlan | None = None,
    until_mode: Mode = Mode.IDLE,
) -> AsyncIterator[World]:
    """A station at work, in the mode that it comes back in."""
    world = World(store, certification, inspector, recipe, usual, challenge)
    on_record = len(world.store.events)
    world.camera.off = camera_off
    await world.station.prepare()
    task = asyncio.create_task(world.station.run())
    world.line.post(LinkChanged(True, ""))
    await until(lambda: world.station.mode is until_mode and world.station.desk.open.is_set())
    await until(
        lambda: len(world.store.events) > on_record + 1
    )  # start and link; else a test may find it at the gate
    try:
        yield world
    finally:
        world.camera.gate.set()
        world.inspector.gate.set()
        world.inspector.explanation_gate.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def in_world(test: Callable[[World], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test with a station at work."""

    def wrapped() -> None:
        async def body() -> None:
            async with running() as world:
                await test(world)

        asyncio.run(body())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped
