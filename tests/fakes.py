"""A world for the station in which a test decides what happens, and when."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from inspection.certification.binomial import upper_bound
from inspection.certification.certificate import Certificate, Draw
from inspection.decision import Action, DecidedBy, Decision, Defect, ModelRef, RecipeRef
from inspection.errors import CameraError, StoreError
from inspection.events import Event, EventKind
from inspection.levels import BitDepth
from inspection.line_events import Halted, KnownPart, LineEvent, LineState
from inspection.motion.chunk import ProposedMotion
from inspection.part import Frame, Inspection, Trigger, Truth
from inspection.ports import InRecord, StoreHealth
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.status import Alarm, Counts

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
BOOT = 7
PATIENCE_S = 10.0
"""How long a test waits for what must happen; never how long it takes."""


async def until(holds: Callable[[], bool]) -> None:
    """Let everything else in the loop work until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110  (threads move it; there is no event to wait for)
            await asyncio.sleep(0)


def trigger(seq: int = 1, **changes: object) -> Trigger:
    """The trigger ``seq`` as the PLC's run ``BOOT`` raises it."""
    values: dict[str, object] = {
        "seq": seq,
        "part_id": 1000 + seq,
        "plc_boot_id": BOOT,
        "deadline_ms": 500,
        "seen_ns": 0,
        "seen_at": EPOCH,
    }
    return Trigger.model_validate(values | changes)


def decision(action: Action = Action.PASS, **changes: object) -> Decision:
    """A decision on trigger 1 by the reflex."""
    values: dict[str, object] = {
        "part_id": 1001,
        "trigger_seq": 1,
        "recipe": RecipeRef(id=1, version=1),
        "action": action,
        "confidence": 0.9,
        "decided_by": DecidedBy.REFLEX,
        "reason": "as the test wants it",
        "model": ModelRef(name="fake", version="1", sha256=""),
    }
    return Decision.model_validate(values | changes)


def certificate(**changes: object) -> Certificate:
    """A certificate for 5 % at 5 % from 60 defective parts."""
    values: dict[str, object] = {
        "alpha": 0.05,
        "delta": 0.05,
        "n_defective": 60,
        "misses": 0,
        "threshold": 0.4,
        "draw": Draw.PICTURE,
        "pictures_defective": 60,
        "n_good": 100,
        "overkilled": 3,
        "overkill_bound": upper_bound(3, 100, 0.05),
        "pictures_good": 100,
        "recipe_name": "cover",
        "recipe": RecipeRef(id=1, version=1),
        "recipe_sha256": "b" * 64,
        "model": ModelRef(name="passgate-reflex", version="1", sha256="a" * 64),
        "certified_at": EPOCH,
    }
    return Certificate.issue(**(values | changes))


class FakeClock:
    """Time stands still until ``advance``."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._wall = timedelta()
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def monotonic_ns(self) -> int:
        return self._now_ns

    def now(self) -> datetime:
        return EPOCH + self._wall + timedelta(microseconds=self._now_ns / 1000)

    def set_back(self, seconds: float) -> None:
        """Set the wall clock back; the monotonic one goes on."""
        self._wall -= timedelta(seconds=seconds)

    @property
    def sleepers(self) -> int:
        return sum(not waker.done() for _, waker in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if seconds <= 0:
            return
        self._sleepers.append((self._now_ns + int(seconds * 1e9), waker))
        await waker

    def advance(self, ms: float) -> None:
        """Let time pass, and wake whoever slept until then."""
        self._now_ns += int(ms * 1e6)
        due = [waker for at, waker in self._sleepers if at <= self._now_ns]
        self._sleepers = [(at, waker) for at, waker in self._sleepers if at > self._now_ns]
        for waker in due:
            if not waker.done():
                waker.set_result(None)


class FakeLine:
    """A line whose events a test posts, and which keeps what the station tells it."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self.published: asyncio.Queue[tuple[Trigger, Decision, bool]] = asyncio.Queue()
        self.abandoned: asyncio.Queue[Trigger] = asyncio.Queue()
        self.acknowledged: asyncio.Queue[int] = asyncio.Queue()
        self.exposed: list[int] = []
        self.motions: list[ProposedMotion | None] = []
        self.ready = False
        self.fault = 0
        self.degraded = self.challenge_due = False
        self.shown = LineState(connected=True, enabled=True, plc_boot_id=BOOT)
        self.takes_results = True
        self.known: KnownPart | None = None
        self.own_runs: frozenset[int] = frozenset()
        self.before_publish: Callable[[], None] = lambda: None

    def post(self, event: LineEvent) -> None:
        self._events.put_nowait(event)

    boot_id = 4711

    async def run(
        self, known: KnownPart | None, *, own_runs: frozenset[int] = frozenset(), halted: str = ""
    ) -> None:
        self.known, self.own_runs = known, own_runs
        if halted:
            self.post(Halted(halted))
        await asyncio.Event().wait()

    async def events(self) -> AsyncIterator[LineEvent]:
        while True:
            yield await self._events.get()

    def state(self) -> LineState:
        return self.shown

    def set_ready(self, ready: bool) -> None:
        self.ready = ready

    def set_recipe(self, recipe_id: int) -> None:
        pass

    def set_degraded(self, store_degraded: bool) -> None:
        self.degraded = store_degraded

    def set_challenge_due(self, due: bool) -> None:
        self.challenge_due = due

    def set_fault(self, error_code: int) -> None:
        self.fault = error_code

    def exposure_complete(self, trigger: Trigger) -> None:
        self.exposed.append(trigger.seq)

    def publish(
        self,
        trigger: Trigger,
        decision: Decision,
        *,
        defect_code: int,
        simulated: bool,
        motion: ProposedMotion | None = None,
    ) -> bool:
        self.before_publish()
        self.motions.append(motion)
        if self.takes_results:
            self.published.put_nowait((trigger, decision, simulated))
        return self.takes_results

    def outcome_recorded(self, seq: int, plc_boot_id: int) -> None:
        self.acknowledged.put_nowait(seq)

    def abandon(self, trigger: Trigger) -> None:
        self.abandoned.put_nowait(trigger)


class FakeCamera:
    """Gives a fresh noisy grey picture at once, unless the test takes it away or blocks it."""

    name = "main"
    simulated = False
    fault: str | None = None
    """What it knows of itself between captures."""

    def __init__(self) -> None:
        self.off = False
        self.error: str | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.picture: np.ndarray | None = None
        self.bit_depth: BitDepth = 8
        self.taken = 0

    def open(self) -> None:
        if self.off:
            raise CameraError("the camera is off")

    def close(self) -> None:
        pass

    def capture(self, part_id: int) -> Frame:
        self.gate.wait(PATIENCE_S)
        if self.error is not None:
            raise CameraError(self.error)
        self.taken += 1
        noise = np.random.default_rng(self.taken)
        picture = self.picture
        if picture is None:
            picture = noise.integers(60, 200, (48, 64, 3), dtype=np.uint8)
        return Frame(
            picture=picture,
            camera=self.name,
            captured_at=EPOCH,
            number=self.taken,
            simulated=self.simulated,
            truth=Truth(defective=False),
            bit_depth=self.bit_depth,
        )


class FakeInspector:
    """Decides what the test says, unless the test blocks it or lets it fail."""

    model = ModelRef(name="fake", version="1", sha256="")
    fault = ""

    def __init__(self) -> None:
        self.action = Action.PASS
        self.defects: tuple[Defect, ...] = ()
        self.defect_score: float | None = None
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.motion: ProposedMotion | None = None
        self.words = ""
        self.explaining = threading.Event()
        self.explanation_gate = threading.Event()
        self.explanation_gate.set()

    def watch(self, changed: Callable[[], None]) -> None:
        pass

    def prepare(self, recipe: Recipe) -> None:
        pass

    def close(self) -> None:
        pass

    def say(self, *, go_on: Callable[[], bool]) -> str:
        """Its words on any part."""
        self.explaining.set()
        self.explanation_gate.wait(PATIENCE_S)
        return self.words if go_on() else ""

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        action = self.action  # what it will say was settled when it began to look
        self.gate.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        said = decision(
            action,
            part_id=part_id,
            trigger_seq=trigger_seq,
            defects=self.defects,
            defect_score=self.defect_score,
            recipe=RecipeRef(id=recipe.id, version=recipe.version),
        )
        return InspectionResult(decision=said, motion=self.motion, words=self.say)


class FakeStore:
    """Keeps revisions in a list, unless the test breaks it."""

    def __init__(self) -> None:
        self.revisions: list[Inspection] = []
        self.events: list[Event] = []
        self.stood: list[Alarm] = []
        self.beside: list[Event] = []
        """Of the events, those that another program wrote meanwhile."""
        self.broken = False
        self.complaint: Exception = StoreError("the disk is full")
        self.pictures_broken = self.housekeeping_broken = False
        self.maintained = self.retired = 0
        self.full = False
        self.detail = ""
        self.waiting = threading.Event()
        """A record waits at the gate, or has passed it."""
        self.gate = threading.Event()
        self.gate.set()
        self.picture_gate = threading.Event()
        self.picture_gate.set()
        self.housekeeping_gate = threading.Event()
        self.housekeeping_gate.set()

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def archive_picture(self, frame: Frame) -> str:
        self.picture_gate.wait(PATIENCE_S)
        if self.pictures_broken:
            raise StoreError("the picture cannot be kept")
        return f"{frame.number:064x}"

    def append(self, inspection: Inspection) -> None:
        self.waiting.set()
        self.gate.wait(PATIENCE_S)
        if self.broken:
            raise self.complaint
        self.revisions.append(inspection)

    def latest(self) -> dict[str, Inspection]:
        """Latest revision of each inspection."""
        return {inspection.inspection_id: inspection for inspection in self.revisions}

    def open_inspections(self) -> list[Inspection]:
        return [inspection for inspection in self.latest().values() if inspection.outcome is None]

    def last_part(self) -> KnownPart | None:
        if not self.revisions:
            return None
        last = self.revisions[-1].trigger
        return KnownPart(last.plc_boot_id, last.seq, last.part_id)

    def recent(self, limit: int) -> list[Inspection]:
        return list(self.latest().values())[::-1][:limit]

    def counts_since(self, since: datetime) -> Counts:
        parts = [part for part in self.latest().values() if part.trigger.seen_at >= since]
        judged = [part for part in parts if part.missed is None]
        went = [part.went_as_decided for part in judged]
        return Counts(
            since=since,
            triggers=len(parts),
            by_action=Counter(part.decision.action for part in judged if part.went_as_decided),
            not_as_decided=went.count(False),
            pending=went.count(None),
            by_outcome=Counter(part.outcome for part in parts if part.outcome is not None),
            missed=len(parts) - len(judged),
        )

    def note(self, event: Event) -> None:
        self.gate.wait(PATIENCE_S)
        if self.broken:
            raise self.complaint
        self.events.append(event)

    def last_event(self, kinds: frozenset[EventKind]) -> Event | None:
        ours = (event for event in reversed(self.events) if event not in self.beside)
        return next((event for event in ours if event.kind in kinds), None)

    def alarms_that_stood(self) -> list[Alarm]:
        return self.stood

    def heard_beside(self, kinds: frozenset[EventKind]) -> Event | None:
        if self.broken:
            raise self.complaint
        return next((event for event in reversed(self.events) if event.kind in kinds), None)

    def maintain(self) -> None:
        self.housekeeping_gate.wait(PATIENCE_S)
        self.maintained += 1

    def prepare_pictures(self) -> None:
        self.picture_gate.wait(PATIENCE_S)

    def retire_pictures(self, in_record: InRecord) -> None:
        self.picture_gate.wait(PATIENCE_S)
        self.retired += 1
        if self.housekeeping_broken:
            raise StoreError("old pictures cannot be deleted")

    def health(self) -> StoreHealth:
        return StoreHealth(degraded=self.broken or self.full, full=self.full, detail=self.detail)
