"""A station's challenge with a record that a test may hold up, and that a kill leaves as it is."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import wraps
from uuid import uuid4

from inspection.alarms.catalogue import AlarmCode
from inspection.challenge.plan import ChallengePlan
from inspection.challenge.shown import ChallengeOrder, ChallengeStatus
from inspection.challenge.standing import ChallengeState, Judging
from inspection.decision import Action, ModelRef, RecipeRef
from inspection.errors import StoreError
from inspection.events import Event, EventKind
from inspection.part import Inspection
from inspection.station.challenging.challenge import Challenge
from inspection.station.orders.latches import Orders
from inspection.station.recording.recorder import Recorder
from inspection.times.shifts import THREE_SHIFTS, ShiftCalendar
from tests.fakes import PATIENCE_S, FakeClock, FakeStore, decision, trigger

MODEL = ModelRef(name="fake", version="1", sha256="")
RECIPE = RecipeRef(id=1, version=1)


class Bench:
    """One run of the engine after the other, on one record."""

    def __init__(self, plan: ChallengePlan | None, calendar: ShiftCalendar = THREE_SHIFTS) -> None:
        self.clock, self.store = FakeClock(), FakeStore()
        self.plan, self.calendar = plan, calendar
        self.recipe = RECIPE
        self.alarms: set[AlarmCode] = set()
        self.parts = 0
        self.compose()

    def compose(self) -> None:
        """An engine, on the record as it lies there."""
        self.alarms.clear()
        self.recorder = Recorder(self.store, self.clock)
        self.orders = Orders(
            self.recorder, self.clock, alarm=lambda *_: None, start_held=False, zone=self.calendar.zone
        )
        self.challenge = Challenge(
            self.plan,
            Judging.of(self.recipe, MODEL, self.plan),
            orders=self.orders,
            recorder=self.recorder,
            clock=self.clock,
            calendar=self.calendar,
            alarm=lambda code, _: self.alarms.add(code),
            well=self.alarms.discard,
            changed=lambda: None,
        )

    async def start(self) -> None:
        """An engine starts."""
        self.compose()
        await self.challenge.take_up()
        self._scribe = asyncio.create_task(self.orders.run())

    async def kill(self) -> None:
        """The engine dies: what is on disk is there, and nothing else."""
        left = self.store
        self.store = FakeStore()
        self.store.events, self.store.revisions = list(left.events), list(left.revisions)
        self._scribe.cancel()
        left.broken = True
        left.gate.set()
        await asyncio.gather(self._scribe, return_exceptions=True)

    async def settled(self) -> None:
        """All that was noted is on disk, and what comes of that has happened."""
        for _ in range(3):
            await asyncio.wait_for(self.orders._waiting.join(), PATIENCE_S)
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def part(self, got: Action = Action.PASS, *, part_id: int = 1, serial: str = "") -> Inspection:
        """A part comes, a model gives it ``got``; as it goes on record."""
        self.parts += 1
        came = trigger(self.parts, part_id=part_id, seen_at=self.clock.now())
        begun = self.challenge.at_trigger(came)
        said = decision(got, part_id=part_id, trigger_seq=self.parts)
        ruled, look = self.challenge.rule(said, trigger=came, begun=begun, serial=serial)
        inspection = Inspection(
            inspection_id=uuid4().hex,
            trigger=came,
            decision=ruled,
            challenge=look,
            recorded_at=self.clock.now(),
        )
        try:
            await self.recorder.append(inspection)
        except StoreError:
            self.challenge.took(inspection, durable=False)
        else:
            self.challenge.took(inspection, durable=True)
        return inspection

    async def order(self, order: ChallengeOrder, by: str = "Ann") -> bool:
        accepted, _ = await self.challenge.take(order, by=by)
        return accepted

    async def run_all(self, *gets: Action) -> None:
        """Begin, and show all pieces."""
        assert await self.order(ChallengeOrder.START)
        for got in gets:
            await self.part(got)
        await self.settled()

    def sign(self, *, subjects: tuple[str, ...] | None = None) -> None:
        """Quality puts a release on record, beside the engine."""
        told = self.shown.judged_by
        signed = Event(
            at=self.clock.now(),
            kind=EventKind.CHALLENGE_RELEASED,
            by="Qi",
            subjects=("met", "", "", *told) if subjects is None else subjects,
        )
        self.store.events.append(signed)
        self.store.beside.append(signed)

    def state(self) -> ChallengeState:
        return self.shown.state

    def due(self) -> bool:
        return self.challenge.due

    @property
    def shown(self) -> ChallengeStatus:
        shown = self.challenge.shown()
        assert shown is not None
        return shown

    @property
    def kinds(self) -> list[str]:
        return [event.kind.value.removeprefix("challenge_") for event in self.store.events]

    def pass_time(self, **passed: float) -> None:
        self.clock.advance(timedelta(**passed).total_seconds() * 1000)
        self.challenge.look()


def on_bench(
    plan: ChallengePlan | None,
) -> Callable[[Callable[[Bench], Coroutine[None, None, None]]], Callable[[], None]]:
    """Run a test with an engine that has started on an empty record."""

    def decorated(test: Callable[[Bench], Coroutine[None, None, None]]) -> Callable[[], None]:
        @wraps(test)
        def wrapped() -> None:
            async def body() -> None:
                bench = Bench(plan)
                await bench.start()
                try:
                    await asyncio.wait_for(test(bench), PATIENCE_S)
                finally:
                    await bench.kill()

            asyncio.run(body())

        del wrapped.__wrapped__  # pytest would take its argument for a fixture
        return wrapped

    return decorated
