"""Judging the pictures of one part, under its deadline: quality check, inspector, gauges and the guard.

Inspecting blocks, in a thread of its own. What misses the deadline is a straggler: it goes on in that thread,
and ``busy`` is true until it has come back, so that no further part queues up behind it. Judging knows none
of the steps of the part's life: it says what came of the pictures, and when.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import Certificate
from inspection.decision import DecidedBy, Decision, GaugeReading
from inspection.errors import in_words
from inspection.line_events import NOT_ASKED, ToldName
from inspection.messages.codes import Code
from inspection.messages.message import joined
from inspection.messages.telling import say
from inspection.motion.chunk import ProposedMotion
from inspection.part import Frame, Identity, Trigger
from inspection.pictures import quality
from inspection.ports import Clock, Inspector
from inspection.recipe import QualityLimits, Recipe
from inspection.result import InspectionResult, LaterWords
from inspection.station import guard
from inspection.station.gauging.identity import agreed, identity_of, without_contradiction
from inspection.station.gauging.reading_thread import GaugeThread
from inspection.station.recording.part_pictures import Kept, PartPictures
from inspection.station.waiting import Stragglers
from inspection.unheard import ALL_HEARD, Unheard

log = structlog.get_logger(__name__)

_NO_MORE: Final[Mapping[str, Sequence[Frame]]] = MappingProxyType({})

_ANY_LIGHT: Final = QualityLimits(min_mean=0.0, max_mean=255.0, max_saturated=1.0, min_contrast=0.0)
"""For views that are taken for gauges alone: a lit display may be all that is seen, and its reader knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of judging one part."""

    decision: Decision
    decided_ns: int
    """When it was decided, on the monotonic clock."""
    frames: tuple[Frame, ...] = ()
    """The pictures that were judged, one a view: those of the recipe's views, then those for gauges alone."""
    pictures: tuple[str, ...] = ()
    """SHA-256 of each picture in the archive."""
    unkept: str = ""
    """Why one is not there; empty where each is."""
    motion: ProposedMotion | None = None
    """How the inspector would move belt and diverter; none where it was late, or has no word on it."""
    identity: Identity | None = None
    """Which part it is, by the codes in view and what the line says; None where neither tells."""
    scores: tuple[float, ...] = ()
    """The defect score of each view; see ``InspectionResult``."""
    words: LaterWords | None = None
    """Asks for what the model will say of the part when it is published; None where that is nothing."""
    straggler: "asyncio.Future[InspectionResult] | None" = None
    """The inspection that missed the deadline; its decision is kept for the record when it comes."""
    late_pictures: "asyncio.Future[Kept] | None" = None
    """What came of the pictures, where the archive had not answered by the deadline."""


class Judge:
    """Judges parts by one recipe, one at a time. Lives in the event loop; owns two threads."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        inspector: Inspector,
        pictures: PartPictures,
        clock: Clock,
        alarm: Callable[[AlarmCode, str], None],
        well: Callable[[AlarmCode], None],
        on_free: Callable[[], None],
        certificate: Certificate | None = None,
        unheard: Unheard = ALL_HEARD,
    ) -> None:
        """Judge by ``recipe``.

        Args:
            recipe: The active recipe.
            inspector: Has the recipe's memory.
            pictures: Keeps the pictures meanwhile.
            clock: Time.
            alarm: Told whatever asks for a person.
            well: Told when the cause of such an alarm is gone.
            on_free: Called when a late inspection has come back, or the inspector has.
            certificate: The one that holds; a pass must keep its threshold.
            unheard: What the recipe asks of types that nobody can name.
        """
        self.last_decision_ns = 0
        """When a part with pictures was decided last, on the monotonic clock; 0 for never."""
        self.model_fault = ""
        """Why the last inspection failed; empty where it did not."""
        self._recipe = recipe
        self._inspector = inspector
        self._pictures = pictures
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._on_free = on_free
        self._certificate = certificate
        self._unheard = unheard
        self._inference = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._digests: dict[str, str] = {}  # touched by the inference thread alone
        self._late = Stragglers(clock, on_free=on_free)
        self._gauges = GaugeThread(recipe, clock, alarm=alarm, well=well, on_free=on_free)

    @property
    def busy(self) -> bool:
        """The inspector, or a gauge's reader, is still at work on a part that is late."""
        return bool(self._late) or self._gauges.busy

    @property
    def model_absent(self) -> str:
        """Why the inspector cannot be asked at all now; empty where it can."""
        return self._inspector.fault

    async def prepare(self) -> None:
        """Load the recipe; warm up. Raises RecipeError where it is untaught, or its weights are absent."""
        loop = asyncio.get_running_loop()

        def changed() -> None:
            with suppress(RuntimeError):  # the loop is closed: the station has ended
                loop.call_soon_threadsafe(self._model_changed)

        self._inspector.watch(changed)
        await self._gauges.prepare()
        await loop.run_in_executor(self._inference, self._inspector.prepare, self._recipe)

    def close(self) -> None:
        """Let go of inspector and threads; does not wait for what hangs."""
        self._inspector.watch(lambda: None)
        self._inspector.close()
        self._inference.shutdown(wait=False, cancel_futures=True)
        self._gauges.close()

    async def judge(
        self,
        trigger: Trigger,
        frames: tuple[Frame, ...],
        *,
        deadline_ns: int,
        more: Mapping[str, Sequence[Frame]] = _NO_MORE,
        told: ToldName = NOT_ASKED,
    ) -> Judgement:
        """Have one part's pictures inspected and kept and its gauges read; the guard has the last word.

        Whatever fails, there is a decision, and it is no pass.

        Args:
            trigger: The part.
            frames: Its pictures, one a view: the recipe's views in order, then its views for gauges.
            deadline_ns: The part's, on the monotonic clock.
            more: Further pictures by view, for gauges that are read off several.
            told: What the line says of which part it is.
        """
        reading = self._gauges.begin(self._by_view(frames, more), deadline_ns=deadline_ns)
        keeping = self._pictures.begin(frames)
        inspecting = asyncio.get_running_loop().run_in_executor(
            self._inference, self._inspect, frames, trigger, deadline_ns
        )
        result, straggler = await self._inspected(inspecting, trigger, deadline_ns)
        read = await self._gauges.read_by(deadline_ns, reading)
        readings = without_contradiction(self._recipe, read.readings)
        identity, unnamed = agreed(identity_of(self._recipe, readings), told)
        kept, late_pictures = await self._pictures.kept_by(deadline_ns, keeping)
        decision = guard.review(
            _with_gauges(result.decision, readings, took_ms=read.took_ms),
            trigger=trigger,
            recipe=self._recipe,
            certificate=self._certificate,
            unheard=self._unheard,
            unkept=kept.fault,
            unnamed=unnamed,
        )
        self.last_decision_ns = self._clock.monotonic_ns()
        return Judgement(
            decision=decision,
            decided_ns=self.last_decision_ns,
            frames=frames,
            pictures=kept.pictures,
            unkept=kept.fault,
            motion=result.motion,
            identity=identity,
            scores=result.scores,
            words=result.words,
            straggler=straggler,
            late_pictures=late_pictures,
        )

    def _by_view(
        self, frames: tuple[Frame, ...], more: Mapping[str, Sequence[Frame]]
    ) -> dict[str, tuple[Frame, ...]]:
        views = (*self._recipe.views, *self._recipe.gauge_views)
        return {
            view.name: (frame, *more.get(view.name, ())) for view, frame in zip(views, frames, strict=True)
        }

    async def explain(self, words: LaterWords, *, part_id: int, go_on: Callable[[], bool]) -> str:
        """What the model says of a part, in up to 500 characters; empty where it fails over it.

        Args:
            words: Of the part's judgement.
            part_id: The part, for the log.
            go_on: See ``LaterWords``.
        """
        loop = asyncio.get_running_loop()
        try:
            text = await loop.run_in_executor(self._inference, lambda: words(go_on=go_on))
        except Exception as error:  # the decision stands; only its explanation is missing
            log.warning("no explanation of a part; its decision stands", part_id=part_id, exc_info=error)
            return ""
        return text[:500]

    def _model_changed(self) -> None:
        """The inspector went away, or came back."""
        if fault := self.model_absent:
            self._alarm(AlarmCode.INSPECTION_FAILED, fault)
        else:
            self.model_fault = ""
            self._well(AlarmCode.INSPECTION_FAILED)
        self._on_free()

    async def _inspected(
        self, inspecting: "asyncio.Future[InspectionResult]", trigger: Trigger, deadline_ns: int
    ) -> tuple[InspectionResult, "asyncio.Future[InspectionResult] | None"]:
        """The result by the deadline, or what stands for it; and, where it is late, what goes on."""
        try:
            result = await self._late.before(deadline_ns, inspecting)
        except TimeoutError:
            self._alarm(AlarmCode.INSPECTION_LATE, say(Code.DECISION_LATE))
            late = guard.late(trigger, recipe=self._recipe, reason=say(Code.DECISION_LATE))
            return InspectionResult(decision=late), inspecting
        except Exception as error:  # whatever fails in a model: the part goes to a person, with its picture
            self.model_fault = in_words(error)
            log.warning("inspection failed", part_id=trigger.part_id, exc_info=error)
            self._alarm(AlarmCode.INSPECTION_FAILED, self.model_fault)
            undecided = guard.undecided(trigger, recipe=self._recipe, reason=self.model_fault)
            return InspectionResult(decision=undecided), None
        self.model_fault = ""
        self._well(AlarmCode.INSPECTION_LATE)
        if result.decision.decided_by is DecidedBy.GUARD:  # the quality check's word: nothing was inspected
            self._alarm(AlarmCode.BAD_PICTURE, result.decision.sentence)
        else:
            self._well(AlarmCode.BAD_PICTURE)
            self._well(AlarmCode.INSPECTION_FAILED)
        return result, None

    def _inspect(self, frames: tuple[Frame, ...], trigger: Trigger, deadline_ns: int) -> InspectionResult:
        """Check the pictures, and have them inspected where nothing is wrong; in the inference thread."""
        started_ns = self._clock.monotonic_ns()
        inspected = frames[: len(self._recipe.views)]
        faults: list[quality.QualityFault] = []
        for place, frame in enumerate(frames):
            faults += quality.check(
                frame,
                self._recipe.quality if place < len(inspected) else _ANY_LIGHT,
                self._digests.get(frame.camera),
                levels=self._recipe.levels,
            )
            self._digests[frame.camera] = quality.digest(frame.picture)
        quality_ms = (self._clock.monotonic_ns() - started_ns) / 1e6
        if faults:
            reason = joined(fault.sentence for fault in faults)
            result = InspectionResult(decision=guard.undecided(trigger, recipe=self._recipe, reason=reason))
        else:
            result = self._inspector.inspect(
                inspected,
                recipe=self._recipe,
                part_id=trigger.part_id,
                trigger_seq=trigger.seq,
                deadline_ns=deadline_ns,
            )
        timings = result.decision.timings_ms.model_copy(update={"quality": quality_ms})
        return replace(result, decision=result.decision.model_copy(update={"timings_ms": timings}))


def _with_gauges(
    decision: Decision, readings: tuple[GaugeReading, ...], *, took_ms: float | None
) -> Decision:
    """A decision with what was read of the part's gauges, whoever decided; no model has a word on that."""
    if took_ms is None:
        return decision.model_copy(update={"gauges": ()}) if decision.gauges else decision
    timings = decision.timings_ms.model_copy(update={"gauges": took_ms})
    return decision.model_copy(update={"gauges": readings, "timings_ms": timings})
