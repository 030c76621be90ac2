"""What the station needs of the world, as protocols. The other packages implement them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from inspection.decision import Decision, ModelRef
from inspection.events import Event, EventKind
from inspection.line_events import KnownPart, LineEvent, LineState
from inspection.motion.chunk import ProposedMotion
from inspection.part import Frame, Inspection, Trigger
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.status import Alarm, Counts

Answer = TypeVar("Answer")

# --- time ---------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Time as a port: tests drive a fake one, so that no test sleeps."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that only grow; the zero is arbitrary."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait in the event loop."""


# --- camera -------------------------------------------------------------------------------------------


class Camera(Protocol):
    """One camera. Every call returns or raises within the time-out that it was built with."""

    @property
    def name(self) -> str:
        """The name that recipes' views use."""

    @property
    def simulated(self) -> bool:
        """True where its pictures do not show the part on the belt (rendered, or replayed from files).

        A camera is one or the other from when it was built.
        """

    @property
    def fault(self) -> str | None:
        """Why a capture would get no picture now; empty where it would, None where only a capture can tell.

        Never blocks.
        """

    def open(self) -> None:
        """Make ready. Raises CameraError."""

    def capture(self, part_id: int) -> Frame:
        """One fresh picture, blocking. ``part_id`` matters only to simulated cameras. Raises CameraError."""

    def close(self) -> None:
        """Let go of the device. May be called twice."""


# --- inspector ----------------------------------------------------------------------------------------


class Inspector(Protocol):
    """Judges pictures of one part by one recipe. It remembers no part from one call to the next."""

    @property
    def model(self) -> ModelRef:
        """What judges."""

    @property
    def fault(self) -> str:
        """Why no part can be judged now; empty where one can, as always where it cannot go away.

        Never blocks.
        """

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called, from any thread, whenever ``fault`` has changed."""

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """Judge one part, blocking, in the inference thread.

        Args:
            frames: One frame a view, in the order of ``recipe.views``.
            recipe: The recipe that holds; its memory has been loaded by ``prepare``.
            part_id: Goes into the decision.
            trigger_seq: Goes into the decision.
            deadline_ns: On the monotonic clock; work that cannot be done by then is abandoned.

        Returns:
            The decision, and with it all else that there is to say of the part, or will be.

        Raises:
            RecipeError: The recipe has not been taught, or does not fit the frames.
        """

    def prepare(self, recipe: Recipe) -> None:
        """Load what ``recipe`` needs and warm up. Raises RecipeError or WeightsError."""

    def close(self) -> None:
        """Let go of whatever it holds. May be called twice."""


# --- line ---------------------------------------------------------------------------------------------


class Line(Protocol):
    """The conveyor behind its PLC. All calls are made in the event loop and never block it."""

    @property
    def boot_id(self) -> int:
        """Number of this run of the program, as the PLC reads it; drawn anew at each start."""

    async def run(
        self, known: KnownPart | None, *, own_runs: frozenset[int] = frozenset(), halted: str = ""
    ) -> None:
        """Exchange cyclically until cancelled.

        Args:
            known: The last trigger on record, None at first.
            own_runs: The boot ids of the runs of this program that wrote the same record.
            halted: Why the line was halted when the last of them ended: it is halted from the beginning.
        """

    def events(self) -> AsyncIterator[LineEvent]:
        """What happened, in order, each once. One consumer. Ends when ``run`` ends."""

    def state(self) -> LineState:
        """As last read."""

    def set_ready(self, ready: bool) -> None:
        """Offer to take triggers, or not. The link withholds it by itself while a part is being judged."""

    def set_recipe(self, recipe_id: int) -> None:
        """Say which recipe is active; 0 for none."""

    def set_degraded(self, store_degraded: bool) -> None:
        """Say whether records go to the spool instead of the database."""

    def set_challenge_due(self, due: bool) -> None:
        """Say whether no part passes because of a challenge."""

    def set_fault(self, error_code: int) -> None:
        """Raise a fault (severity·4096 + component·256 + code), or clear it with 0."""

    def exposure_complete(self, trigger: Trigger) -> None:
        """The picture is taken: the part may move."""

    def publish(
        self,
        trigger: Trigger,
        decision: Decision,
        *,
        defect_code: int,
        simulated: bool,
        motion: ProposedMotion | None = None,
    ) -> bool:
        """Offer the decision to the PLC, and to a PLC that follows, a motion for it.

        Returns False, and publishes nothing, where the trigger is no longer open (deadline passed, PLC
        restarted, link lost): such a decision is stored and never offered later.

        The decision rules: a ``motion`` that amounts to another action is void, and where there is none, the
        line plans one itself.
        """

    def outcome_recorded(self, seq: int, plc_boot_id: int) -> None:
        """The outcome reported for ``seq`` is durable: acknowledge it to the PLC, which may show the next.

        Never acknowledged before this call: an outcome that is lost in a crash is shown again.
        """

    def abandon(self, trigger: Trigger) -> None:
        """Publish nothing for this trigger: the PLC default-rejects it. Makes ready for the next.

        In the same turn of the event loop as ``publish`` it takes the result back: nothing was sent.
        """


# --- store --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    """How the record is doing."""

    degraded: bool = False
    """Records go to the spool on disk, not to the database."""
    full: bool = False
    """The spool is full as well: no further part may be taken."""
    silent_s: float = 0.0
    """For how long, in s, it has not answered a call, whichever; 0 where it answers. The recorder says so."""
    pictures_silent_s: float = 0.0
    """The same of the disk of the pictures."""
    spooled: int = 0
    last_write_ns: int = 0
    """When the last record became durable, on the monotonic clock; 0 for never."""
    detail: str = ""


class InRecord(Protocol):
    """Calls a function in the record's thread, for the store's work that runs in the pictures' thread."""

    def __call__(self, call: Callable[[], Answer], /) -> Answer:
        """Wait for ``call``, and return or raise what it does. Raises StoreError where no answer comes."""


class Store(Protocol):
    """The record of every part. Blocking; called in two threads of its own.

    One is the pictures', so that their disk never holds up the record: it calls ``prepare_pictures``,
    ``archive_picture`` and ``retire_pictures``. The other one, the record's, calls all else.
    """

    def open(self) -> None:
        """Bring the schema up to date and drain the spool. Raises StoreError."""

    def prepare_pictures(self) -> None:
        """Make the archive's folders, so that no part has to wait for them; without room, later.

        Raises:
            StoreError: They cannot be made.
        """

    def archive_picture(self, frame: Frame) -> str:
        """Keep a picture; returns its SHA-256. The same picture is kept once. Raises StoreError."""

    def retire_pictures(self, in_record: InRecord) -> object:
        """Delete old pictures in idle moments, a few milliseconds each.

        Args:
            in_record: Where what it asks of the record, or puts on it, is called.

        Raises:
            StoreError: They cannot be deleted, or the record does not answer.
        """

    def append(self, inspection: Inspection) -> None:
        """Make one revision durable: when this returns, it survives kill -9 and loss of power.

        Raises:
            StoreError: Neither database nor spool took it; the part must not be released.
        """

    def open_inspections(self) -> list[Inspection]:
        """Latest revisions that have no outcome yet, oldest first."""

    def last_part(self) -> KnownPart | None:
        """The last trigger on record."""

    def recent(self, limit: int) -> list[Inspection]:
        """Latest revisions, newest first."""

    def counts_since(self, since: datetime) -> Counts:
        """Parts whose trigger was seen since then. Raises StoreError."""

    def note(self, event: Event) -> None:
        """Make an event durable: when this returns, it survives kill -9 and loss of power.

        Raises:
            RecordRefusedError: It cannot be kept; trying again cannot help.
            StoreError: Neither database nor spool took it.
        """

    def last_event(self, kinds: frozenset[EventKind]) -> Event | None:
        """The newest durable event of any of ``kinds``; None where there is none."""

    def alarms_that_stood(self) -> list[Alarm]:
        """The alarms that stood when the record's newest events were written, oldest first.

        Raises:
            StoreError: The database cannot be read.
        """

    def heard_beside(self, kinds: frozenset[EventKind]) -> Event | None:
        """The same, with what other programs wrote into the database meanwhile.

        Raises:
            StoreError: The database cannot be read, or lacks what waits in the spool.
        """

    def health(self) -> StoreHealth:
        """Never blocks and never raises."""

    def maintain(self) -> object:
        """Housekeeping of the record for idle moments, a few milliseconds each: drain the spool.

        Raises:
            StoreError: What it must leave beside the record cannot be written.
        """

    def close(self) -> None:
        """Flush and let go. May be called twice."""
