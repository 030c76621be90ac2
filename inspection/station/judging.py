"""Judging one part: pictures, quality check, inspector and guard, under the part's deadline.

Blocking work runs in threads: one for each camera, one for inference. What misses the deadline is a
*straggler*: it goes on in its thread, and ``busy`` is true until it has come back, so that no further part
queues up behind it. Pictures that the archive has not kept by the deadline cost the part its pass, and no
other part anything: they join the record when they are kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import structlog

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import Certificate
from inspection.decision import DecidedBy, Decision
from inspection.errors import CameraError, PassgateError, StoreError, in_words
from inspection.messages.codes import Code
from inspection.messages.message import joined
from inspection.messages.telling import say
from inspection.motion.chunk import ProposedMotion
from inspection.part import Frame, Trigger
from inspection.pictures import quality
from inspection.ports import Camera, Clock, Inspector
from inspection.recipe import Recipe
from inspection.result import InspectionResult, LaterWords
from inspection.station import guard
from inspection.station.passage import Passage, Phase
from inspection.station.recording.recorder import Recorder
from inspection.unheard import ALL_HEARD, Unheard

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Kept(NamedTuple):
    """What came of one part's pictures."""

    pictures: tuple[str, ...]
    """SHA-256 of each that is in the archive."""
    fault: str
    """Why one is not; empty where each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of looking at one part."""

    decision: Decision
    frames: tuple[Frame, ...] = ()
    pictures: tuple[str, ...] = ()
    """SHA-256 of each picture in the archive."""
    unkept: str = ""
    """Why one is not there; empty where each is."""
    motion: ProposedMotion | None = None
    """How the inspector would move belt and diverter; none where it was late, or has no word on it."""
    words: LaterWords | None = None
    """Asks for what the model will say of the part when it is published; None where that is nothing."""
    straggler: "asyncio.Future[InspectionResult] | None" = None
    """The inspection that missed the deadline; its decision is kept for the record when it comes."""
    late_pictures: "asyncio.Future[Kept] | None" = None
    """What came of the pictures, where the archive had not answered by the deadline."""


class Judge:
    """Looks at parts by one recipe, one at a time. Lives in the event loop."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        cameras: Mapping[str, Camera],
        inspector: Inspector,
        recorder: Recorder,
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
            cameras: By the names that its views use.
            inspector: Has the recipe's memory.
            recorder: Keeps the pictures.
            clock: Time.
            alarm: Told whatever asks for a person.
            well: Told when the cause of such an alarm is gone.
            on_free: Called when late work has come back.
            certificate: The one that holds; a pass must keep its threshold.
            unheard: What the recipe asks of types that nobody can name.
        """
        self.frames: dict[str, Frame] = {}
        """The newest picture of each camera."""
        self.last_decision_ns = 0
        self.model_fault = ""
        self.picture_fault = ""
        """Why a picture of the last part that had any is not kept; empty where each is."""
        self._looked = 0
        """Parts of which there were pictures: the archive may be at work on those of several."""
        self._camera_faults: dict[str, str] = {}
        """The last capture's, by camera; "" stands for what is no single camera's."""
        self._recipe = recipe
        self._cameras = cameras
        self._inspector = inspector
        self._recorder = recorder
        self._clock = clock
        self._alarm = alarm
        self._well = well
        self._on_free = on_free
        self._certificate = certificate
        self._unheard = unheard
        self._inference = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._shutters = {
            name: ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"camera-{name}") for name in cameras
        }
        self._digests: dict[str, str] = {}  # touched by the inference thread alone
        self._stragglers: set[asyncio.Future[Any]] = set()

    @property
    def simulated(self) -> bool:
        """Some camera's pictures do not show the part on the belt."""
        return any(camera.simulated for camera in self._cameras.values())

    @property
    def busy(self) -> bool:
        """A camera or the model is still at work on something that is late."""
        return bool(self._stragglers)

    @property
    def camera_fault(self) -> str:
        """Why no picture could be taken now, as far as known; a camera that watches itself is asked.

        A camera that no view of the recipe uses keeps no part from its picture.
        """
        faults = dict(self._camera_faults)
        for name, camera in self._cameras.items():
            if name not in {view.camera for view in self._recipe.views}:
                faults.pop(name, None)
            elif (known := camera.fault) is not None:
                faults[name] = known
        return joined(faults.values())

    @property
    def model_absent(self) -> str:
        """Why the inspector cannot be asked at all now; empty where it can."""
        return self._inspector.fault

    def _model_changed(self) -> None:
        """The inspector went away, or came back."""
        if fault := self.model_absent:
            self._alarm(AlarmCode.INSPECTION_FAILED, fault)
        else:
            self.model_fault = ""
            self._well(AlarmCode.INSPECTION_FAILED)
        self._on_free()

    async def prepare(self) -> None:
        """Open the cameras and load the recipe.

        A real camera that is off does not keep the station from starting: it goes on trying by itself, and
        until it succeeds every part goes to manual review.

        Raises:
            CameraError: A simulated camera cannot be opened: nothing will mend that by itself.
            RecipeError: The recipe was not taught, or its weights are absent.
        """
        loop = asyncio.get_running_loop()
        for name, camera in self._cameras.items():
            try:
                await loop.run_in_executor(self._shutters[name], camera.open)
            except CameraError as error:
                if camera.simulated:
                    raise
                self._camera_faults[name] = error.sentence
                self._alarm(AlarmCode.NO_PICTURE, error.sentence)

        def changed() -> None:
            with suppress(RuntimeError):  # the loop is closed: the station has ended
                loop.call_soon_threadsafe(self._model_changed)

        self._inspector.watch(changed)
        await loop.run_in_executor(self._inference, self._inspector.prepare, self._recipe)

    def close(self) -> None:
        """Let go of cameras and threads; does not wait for what hangs."""
        for camera in self._cameras.values():
            camera.close()
        self._inspector.watch(lambda: None)
        self._inspector.close()
        for thread in (self._inference, *self._shutters.values()):
            thread.shutdown(wait=False, cancel_futures=True)

    async def judge(self, passage: Passage, *, on_exposed: Callable[[], None]) -> Judgement:
        """Look at one part. Whatever fails, there is a decision, and it is no pass.

        Args:
            passage: The part; it is advanced to ``captured`` when its pictures are taken.
            on_exposed: Called then: the part may move.
        """
        trigger = passage.trigger
        deadline_ns = trigger.seen_ns + self._deadline_ms(trigger) * 1_000_000
        try:
            begun_ns, frames = await self._before(deadline_ns, self._capture(trigger))
        except TimeoutError:
            self._alarm(AlarmCode.NO_PICTURE, say(Code.NO_PICTURE_IN_TIME))
            return Judgement(decision=self._late(trigger, say(Code.NO_PICTURE_IN_TIME)))
        except PassgateError as error:
            self._alarm(AlarmCode.NO_PICTURE, error.sentence)
            return Judgement(decision=self.undecided(trigger, error.sentence))
        passage.advance(Phase.CAPTURED, self._clock.monotonic_ns())
        self._camera_faults.clear()
        self._well(AlarmCode.NO_PICTURE)
        on_exposed()

        self._looked += 1
        archive = asyncio.create_task(self._archive(frames, self._looked))
        work = asyncio.get_running_loop().run_in_executor(
            self._inference, self._look, frames, trigger, deadline_ns
        )
        straggler: asyncio.Future[InspectionResult] | None = None
        motion: ProposedMotion | None = None
        words: LaterWords | None = None
        try:
            result = await self._before(deadline_ns, work)
            decision, motion, words = result.decision, result.motion, result.words
            self.model_fault = ""
            self._well(AlarmCode.INSPECTION_LATE)
            if decision.decided_by is DecidedBy.GUARD:  # the quality check's word: the model did not look
                self._alarm(AlarmCode.BAD_PICTURE, decision.sentence)
            else:
                self._well(AlarmCode.BAD_PICTURE)
                self._well(AlarmCode.INSPECTION_FAILED)
        except TimeoutError:
            straggler = work
            self._alarm(AlarmCode.INSPECTION_LATE, say(Code.DECISION_LATE))
            decision = self._late(trigger, say(Code.DECISION_LATE))
        except Exception as error:  # whatever fails in a model: the part goes to a person, with its picture
            self.model_fault = in_words(error)
            log.warning("inspection failed", part_id=trigger.part_id, exc_info=error)
            self._alarm(AlarmCode.INSPECTION_FAILED, self.model_fault)
            decision = self.undecided(trigger, self.model_fault)
        kept, late_pictures = await self._kept(archive, deadline_ns)
        decision = guard.review(
            decision,
            trigger=trigger,
            recipe=self._recipe,
            certificate=self._certificate,
            unheard=self._unheard,
            unkept=kept.fault,
        )
        now_ns = self._clock.monotonic_ns()
        self.last_decision_ns = now_ns
        timings = decision.timings_ms.model_copy(
            update={
                "trigger_to_capture": (begun_ns - trigger.seen_ns) / 1e6,
                "capture": passage.elapsed_ms(Phase.CAPTURED),
                "total": (now_ns - trigger.seen_ns) / 1e6,
            }
        )
        return Judgement(
            decision=decision.model_copy(update={"timings_ms": timings}),
            frames=frames,
            pictures=kept.pictures,
            unkept=kept.fault,
            motion=motion,
            words=words,
            straggler=straggler,
            late_pictures=late_pictures,
        )

    async def explain(self, words: LaterWords, *, go_on: Callable[[], bool]) -> str:
        """What the model says of a part, in up to 500 characters; empty where it fails over it.

        Args:
            words: Of the part's judgement.
            go_on: See ``LaterWords``.
        """
        loop = asyncio.get_running_loop()
        try:
            text = await loop.run_in_executor(self._inference, lambda: words(go_on=go_on))
        except Exception as error:  # the decision stands; only its explanation is missing
            log.warning("no explanation", exc_info=error)
            return ""
        return text[:500]

    def undecided(self, trigger: Trigger, reason: str) -> Decision:
        """Manual review, because of ``reason``."""
        return guard.undecided(trigger, recipe=self._recipe, reason=reason)

    async def _capture(self, trigger: Trigger) -> tuple[int, tuple[Frame, ...]]:
        """When the first camera was called, on the monotonic clock, and what they gave."""
        loop = asyncio.get_running_loop()
        captures = []
        for view in self._recipe.views:
            camera = self._cameras.get(view.camera)
            if camera is None:
                error = CameraError(
                    f"the recipe's view {view.name!r} wants camera {view.camera!r}, which is not configured",
                    part="the part goes to manual review",
                    todo=f"name one of: {', '.join(self._cameras)}",
                    code=Code.CAMERA_NOT_CONFIGURED,
                    params={"view": view.name, "camera": view.camera},
                )
                self._camera_faults[""] = error.sentence
                raise error
            captures.append(
                loop.run_in_executor(self._shutters[view.camera], self._shoot, camera, trigger.part_id)
            )
        try:
            shots = await asyncio.gather(*captures)
        except BaseException:  # of one camera; the others are at work still
            for capture in captures:
                if not capture.done():
                    self._is_late(capture)
            raise
        frames = tuple(frame for _, frame in shots)
        self.frames.update({frame.camera: frame for frame in frames})
        return min(begun_ns for begun_ns, _ in shots), frames

    def _shoot(self, camera: Camera, part_id: int) -> tuple[int, Frame]:
        """One picture, and when the camera was called; in the camera's thread."""
        begun_ns = self._clock.monotonic_ns()
        try:
            return begun_ns, camera.capture(part_id)
        except PassgateError as error:
            self._camera_faults[camera.name] = error.sentence
            raise

    def _look(self, frames: tuple[Frame, ...], trigger: Trigger, deadline_ns: int) -> InspectionResult:
        """Judge the pictures; in the inference thread."""
        started_ns = self._clock.monotonic_ns()
        faults: list[quality.QualityFault] = []
        for frame in frames:
            faults += quality.check(
                frame,
                self._recipe.quality,
                self._digests.get(frame.camera),
                levels=self._recipe.levels,
            )
            self._digests[frame.camera] = quality.digest(frame.picture)
        quality_ms = (self._clock.monotonic_ns() - started_ns) / 1e6
        if faults:
            decision = self.undecided(trigger, joined(fault.sentence for fault in faults))
            result = InspectionResult(decision=decision)
        else:
            result = self._inspector.inspect(
                frames,
                recipe=self._recipe,
                part_id=trigger.part_id,
                trigger_seq=trigger.seq,
                deadline_ns=deadline_ns,
            )
        timings = result.decision.timings_ms.model_copy(update={"quality": quality_ms})
        return replace(result, decision=result.decision.model_copy(update={"timings_ms": timings}))

    async def _archive(self, frames: tuple[Frame, ...], number: int) -> Kept:
        """Have the pictures of the ``number``-th part kept; the newest part's say whether that works."""
        kept, fault = [], ""
        for frame in frames:
            try:
                kept.append(await self._recorder.pictures.keep(frame))
            except Exception as error:  # whatever fails there: the part goes to a person
                fault = in_words(error)
                log.warning(
                    "a picture is not kept",
                    camera=frame.camera,
                    error=fault,
                    exc_info=None if isinstance(error, StoreError) else error,
                )
                self._alarm(AlarmCode.PICTURE_NOT_KEPT, fault)
        if number == self._looked:
            self.picture_fault = fault
            if not fault:
                self._well(AlarmCode.PICTURE_NOT_KEPT)
        return Kept(tuple(kept), fault)

    async def _kept(
        self, archive: "asyncio.Task[Kept]", deadline_ns: int
    ) -> tuple[Kept, "asyncio.Future[Kept] | None"]:
        """What came of the pictures by the deadline; where the archive has not answered, more is to come.

        It is no straggler: no later part waits for it, but in turn, for the disk. Where that has been silent
        for long, no part waits at all: a decision at the deadline may be too late for the PLC.
        """
        silent_s = self._recorder.pictures.silent_s
        if archive.done() or (not silent_s and await self._is_done(deadline_ns, archive)):
            return archive.result(), None
        self.picture_fault = (
            say(Code.PICTURES_DISK_SILENT, silent_s=silent_s) if silent_s else say(Code.PICTURES_DISK_LATE)
        )
        self._alarm(AlarmCode.PICTURE_NOT_KEPT, say(Code.CHECK_DISK, cause=self.picture_fault))
        return Kept((), self.picture_fault), archive

    def _deadline_ms(self, trigger: Trigger) -> int:
        """Internal deadline: the recipe's, but always a tenth before the PLC's own."""
        if trigger.deadline_ms == 0:
            return self._recipe.deadline_ms
        return min(self._recipe.deadline_ms, trigger.deadline_ms * 9 // 10)

    async def _before(self, deadline_ns: int, work: Awaitable[T]) -> T:
        """The result of ``work``, or TimeoutError at the deadline; late work goes on as a straggler."""
        future = asyncio.ensure_future(work)
        if await self._is_done(deadline_ns, future):
            return future.result()
        self._is_late(future)
        raise TimeoutError

    async def _is_done(self, deadline_ns: int, work: "asyncio.Future[Any]") -> bool:
        """Wait for ``work``, until the deadline at most; it goes on where it was not done."""
        remaining_s = (deadline_ns - self._clock.monotonic_ns()) / 1e9
        timer = asyncio.ensure_future(self._clock.sleep(max(0.0, remaining_s)))
        try:
            await asyncio.wait({work, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        return work.done()

    def _is_late(self, work: "asyncio.Future[Any]") -> None:
        """Nobody waits for ``work`` any more, and no part is taken until it has come back."""
        self._stragglers.add(work)
        work.add_done_callback(self._straggler_done)

    def _straggler_done(self, future: "asyncio.Future[Any]") -> None:
        self._stragglers.discard(future)
        if not future.cancelled():
            future.exception()  # seen: whoever keeps the straggler logs it
        self._on_free()

    def _late(self, trigger: Trigger, reason: str) -> Decision:
        return guard.undecided(
            trigger,
            recipe=self._recipe,
            reason=reason,
            action=self._recipe.late_policy,
            decided_by=DecidedBy.TIMEOUT,
        )
