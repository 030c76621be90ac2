"""An inspector whose models live in a process of their own, killed and started anew where they hang or crash.

A thread that hangs in native code can only be waited for. So the models get a process: frames reach it by
shared memory, decisions come back as JSON. What has not answered by a part's deadline plus a grace is killed;
what ends by itself, or says what is no answer, is replaced. Meanwhile the station says that it waits for the
model and takes no part.
"""

import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing import Pipe, connection
from typing import Final

import numpy as np
import structlog

from app.inference.messages import (
    Answer,
    Done,
    Enough,
    Explain,
    Explained,
    Inspect,
    Judged,
    Ping,
    Prepare,
    Ready,
    Refused,
)
from app.inference.pictures import SharedPictures
from app.inference.process import Build
from app.inference.worker import PART_HELD, Worker, WorkerLostError, raised
from inspection.decision import ModelRef
from inspection.errors import InspectorError, PassgateError
from inspection.messages.codes import Code
from inspection.messages.telling import said_as
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.result import InspectionResult
from inspection.unheard import Unheard

GRACE_S: Final = 1.0
START_TIMEOUT_S: Final = 120.0
"""To build the inspector and to prepare a recipe, each."""
LOOK_EVERY_S: Final = 1.0
"""How often an idle process is asked whether it lives."""
PING_TIMEOUT_S: Final = 5.0
"""An idle process that has not answered for so long is stopped or hangs."""
EXPLAIN_TIMEOUT_S: Final = 30.0
"""Then the explanation has to end."""
ENOUGH_TIMEOUT_S: Final = 2.0
"""From the end of an explanation being asked for to its end."""
FIRST_BACKOFF_S: Final = 0.5
MAX_BACKOFF_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 5.0
_TURN_S: Final = 0.02
"""How soon it is noticed that an explanation must end, or that an inspection wants the process."""

log = structlog.get_logger(__name__)


class SupervisedInspector:
    """Implements ``Inspector`` over an inference process.

    ``inspect`` and ``prepare``, and the words of a result, are called in one thread at a time, as the port
    says; a thread of its own watches the process.

    Args:
        build: Builds the inspector, in the process; called again for each new one.
        start_timeout_s: To build it.
        grace_s: After a part's deadline; a process that has not answered then hangs.

    Raises:
        PassgateError: It cannot be built; as ``build`` raised it.
    """

    def __init__(
        self, build: Build, *, start_timeout_s: float = START_TIMEOUT_S, grace_s: float = GRACE_S
    ) -> None:
        self._build = build
        self._grace_ns = int(grace_s * 1e9)
        self._start_timeout_s = start_timeout_s
        self._lock = threading.Lock()
        """Of the worker and of all that is said to it."""
        self._worker: Worker | None = None
        self._counter = itertools.count(1)
        self._asked = 0
        """The newest question's number."""
        self._starting: Worker | None = None
        self._lost = ""
        """Why there is no worker; empty where there is one."""
        self._prepared: Recipe | None = None
        self._pictures = SharedPictures()
        self._changed: Callable[[], None] = lambda: None
        self._closing = threading.Event()
        self._bell, self._hears_bell = _bell()
        self.replaced = 0
        """How often a process was killed or found dead."""
        self._peak_mb = 0.0
        self._worker, ready = self._started(None)
        self.recipe = ready.recipe
        """What the inspector was built for."""
        self.unheard: Unheard = ready.unheard
        """What of it nobody hears."""
        self.certification = ready.certification
        """Whether a certificate holds for recipe and model."""
        self._model = ready.model
        self._finalizer = weakref.finalize(self, _end, self._closing, self._worker)
        self._watch = threading.Thread(target=self._watching, name="inference-watch", daemon=True)
        self._watch.start()

    # --- the port -------------------------------------------------------------------------------------

    @property
    def model(self) -> ModelRef:
        """What judges."""
        return self._model

    @property
    def fault(self) -> str:
        """Why no part can be judged now; empty where one can."""
        return self._lost

    @property
    def peak_memory_mb(self) -> float:
        """Largest resident size of an inference process so far, in MB (10⁶ bytes)."""
        return self._peak_mb

    @property
    def pid(self) -> int | None:
        """The inference process's; None while there is none."""
        worker = self._worker
        return None if worker is None else worker.pid

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called, from any thread, when ``fault`` has changed."""
        self._changed = changed

    def prepare(self, recipe: Recipe) -> None:
        """See ``Inspector``. Raises PassgateError as the inspector does, or where its process is lost."""
        with self._talking(until_ns=_in(self._start_timeout_s)) as worker:
            self._prepare(worker, recipe)
            self._prepared = recipe

    def inspect(
        self, frames: tuple[Frame, ...], *, recipe: Recipe, part_id: int, trigger_seq: int, deadline_ns: int
    ) -> InspectionResult:
        """See ``Inspector``; back at the latest a grace after the deadline.

        Raises:
            PassgateError: As the inspector does.
            InspectorError: The process was lost, or is being started anew.
        """
        until_ns = deadline_ns + self._grace_ns
        with self._talking(until_ns=until_ns) as worker:
            if recipe is not self._prepared and recipe != self._prepared:
                raise InspectorError(
                    f"recipe {recipe.name!r} was not prepared", part="the part goes to manual review"
                )
            places = self._pictures.put(frames)
            bare = tuple(replace(frame, picture=np.empty((0, 0, 3), frame.picture.dtype)) for frame in frames)
            question = Inspect(self._number(), bare, places, part_id, trigger_seq, deadline_ns)
            worker.ask(question)
            answer = self._expect(worker, question.number, until_ns, "did not answer in time")
            if not isinstance(answer, Judged):
                raise self._nonsense()
            decision = answer.decision
            asked = (part_id, trigger_seq, recipe.ref, self._model)
            if (decision.part_id, decision.trigger_seq, decision.recipe, decision.model) != asked:
                raise self._nonsense()
            return InspectionResult(
                decision=decision,
                motion=None if answer.motion is None else answer.motion.arrived(),
                words=partial(self._explain, worker, question.number) if answer.words else None,
            )

    def _explain(self, judge: Worker, of: int, *, go_on: Callable[[], bool]) -> str:
        """The words on a part; see ``LaterWords``. Raises InspectorError where the process is lost over it.

        Args:
            judge: The process that judged the part; another one has no words on it.
            of: The number of the question that the part was judged by.
            go_on: Asked all the while.
        """
        until_ns = _in(EXPLAIN_TIMEOUT_S)
        with self._talking(until_ns=until_ns) as worker:
            if worker is not judge:
                return ""
            question = Explain(self._number(), of)
            worker.ask(question)
            ended = False
            while (answer := worker.answer(question.number, until_ns=_in(_TURN_S))) is None:
                over = time.monotonic_ns() >= until_ns
                if ended and over:
                    raise WorkerLostError("the model did not end its sentence")
                if not ended and (over or not go_on()):
                    ended, until_ns = True, _in(ENOUGH_TIMEOUT_S)
                    worker.ask(Enough())
            if isinstance(answer, Refused):
                raise raised(answer)
            if not isinstance(answer, Explained):
                raise self._nonsense()
            return answer.text

    def close(self) -> None:
        """End the process. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._ring()
        for worker in (self._starting, self._worker):  # what is being started need not get ready any more
            if worker is not None:
                worker.end()
        self._watch.join(CLOSE_TIMEOUT_S)
        if self._lock.acquire(timeout=CLOSE_TIMEOUT_S):  # whoever was answered by its end is through
            try:
                if self._worker is not None:
                    self._worker.kill()
            finally:
                self._lock.release()
        self._finalizer.detach()
        self._pictures.close()

    # --- talking to the process -----------------------------------------------------------------------

    @contextmanager
    def _talking(self, *, until_ns: int) -> Iterator[Worker]:
        """The process, for one exchange; what is lost over it is killed, and replaced by the watch.

        Raises InspectorError where there is none.
        """
        if not self._lock.acquire(timeout=max((until_ns - time.monotonic_ns()) / 1e9, 0.0)):
            raise InspectorError("the model is busy", part="the part goes to manual review")
        try:
            worker = self._worker
            if worker is None:
                raise InspectorError(
                    self._lost or "there is no model",
                    part="the part goes to manual review",
                    code=Code.MODEL_LOST,
                )
            try:
                yield worker
            except WorkerLostError as error:
                self._lose(worker, error.what)
                raise
        finally:
            self._lock.release()

    def _expect(self, worker: Worker, number: int, until_ns: int, otherwise: str) -> Answer:
        answer = worker.answer(number, until_ns=until_ns)
        if answer is None:
            raise WorkerLostError(
                f"the model's process {otherwise}",
                part=PART_HELD,
            )
        if isinstance(answer, Refused):
            raise raised(answer)
        if isinstance(answer, Done):
            self._peak_mb = max(self._peak_mb, answer.peak_mb)
        return answer

    def _prepare(self, worker: Worker, recipe: Recipe) -> None:
        question = Prepare(self._number(), recipe)
        worker.ask(question)
        answer = self._expect(
            worker, question.number, _in(self._start_timeout_s), "did not get ready in time"
        )
        if not isinstance(answer, Done):
            raise self._nonsense()

    def _nonsense(self) -> WorkerLostError:
        return WorkerLostError(
            "the model's process answered something else than it was asked",
            part=PART_HELD,
        )

    def _number(self) -> int:
        self._asked = next(self._counter)
        return self._asked

    # --- the watch ------------------------------------------------------------------------------------

    def _lose(self, worker: Worker, why: str) -> None:
        """Kill it; the watch starts another one. Under the lock."""
        if self._worker is not worker:
            return
        self._worker, self._lost = (
            None,
            said_as(f"waits for the model: {why}; it is started anew", Code.MODEL_LOST),
        )
        self.replaced += 1
        log.error("the inference process is lost and started anew", why=why, pid=worker.pid)
        worker.kill()
        self._pictures.close()  # whatever became of that memory: the next process gets new one
        self._ring()
        self._changed()

    def _ring(self) -> None:
        with suppress(OSError):
            self._bell.send_bytes(b"!")

    def _watching(self) -> None:
        """The watch's whole life."""
        backoff_s = FIRST_BACKOFF_S
        while not self._closing.is_set():
            worker = self._worker
            if worker is not None:
                backoff_s = FIRST_BACKOFF_S
                ready = connection.wait([worker.sentinel, self._hears_bell], timeout=LOOK_EVERY_S)
                self._hear_bell()
                if worker.sentinel in ready:
                    self._found_dead(worker)
                elif not ready:
                    self._ask_whether_it_lives(worker)
                continue
            if not self._start_anew():
                self._closing.wait(backoff_s)
                backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)

    def _hear_bell(self) -> None:
        while self._hears_bell.poll():
            self._hears_bell.recv_bytes()

    def _found_dead(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker and not self._closing.is_set():
                try:
                    worker.answer(-1, until_ns=0)
                    why = "its process ended"
                except WorkerLostError as error:
                    why = error.what
                self._lose(worker, why)

    def _ask_whether_it_lives(self, worker: Worker) -> None:
        """In turns, so that an inspection never waits for it."""
        if not self._lock.acquire(blocking=False):
            return  # it is at work, and whoever asked it watches
        number, until_ns = 0, _in(PING_TIMEOUT_S)
        try:
            number = self._number()
            worker.ask(Ping(number))
        except WorkerLostError as error:
            self._lose(worker, error.what)
            return
        finally:
            self._lock.release()
        while not self._closing.is_set():
            with self._lock:
                if self._worker is not worker or self._asked != number:
                    return  # it was asked something else since, and whoever did has its answers
                try:
                    answer = worker.answer(number, until_ns=_in(_TURN_S))
                    if isinstance(answer, Done):
                        self._peak_mb = max(self._peak_mb, answer.peak_mb)
                        return
                    if time.monotonic_ns() >= until_ns:
                        raise WorkerLostError("its process hangs")
                except WorkerLostError as error:
                    self._lose(worker, error.what)
                    return
            time.sleep(_TURN_S / 4)  # whoever waits for the lock gets it now

    def _started(self, version: int | None) -> tuple[Worker, Ready]:
        worker = self._starting = Worker(self._build, version=version)
        try:
            if self._closing.is_set():  # before that, there was nothing yet that ``close`` could end
                raise WorkerLostError("the station ends")
            return worker, worker.ready(until_ns=_in(self._start_timeout_s))
        except BaseException:
            worker.kill()
            raise

    def _start_anew(self) -> bool:
        """Whether there is a process again that judges as the last one did."""
        began_s = time.monotonic()
        worker: Worker | None = None
        try:
            worker, ready = self._started(self.recipe.version)
            if (ready.recipe, ready.model, ready.unheard) != (self.recipe, self._model, self.unheard):
                raise InspectorError(
                    "recipe or model on disk are no longer those that the station runs with",
                    todo="restart the engine to run with the new ones, or bring the old ones back",
                )
            if self._prepared is not None:
                self._prepare(worker, self._prepared)
        except Exception as error:  # whatever it is, it is tried again: nobody else would
            if worker is not None:
                worker.kill()
            why = str(error) if isinstance(error, PassgateError | OSError) else f"internal error: {error!r}"
            log.error("the inference process cannot be started", error=why)  # noqa: TRY400
            waits = f"waits for the model, which cannot be started: {why}"
            self._tell(said_as(waits, Code.MODEL_NOT_STARTED))
            return False
        with self._lock:
            self._worker, self._lost = worker, ""
            self._finalizer.detach()
            self._finalizer = weakref.finalize(self, _end, self._closing, worker)
        log.info("the inference process runs again", after_s=round(time.monotonic() - began_s, 1))
        self._changed()
        return True

    def _tell(self, fault: str) -> None:
        if self._lost != fault:
            self._lost = fault
            self._changed()


def _end(closing: threading.Event, worker: Worker) -> None:
    """Where nobody closed it before the interpreter ends."""
    closing.set()
    worker.kill()


def _in(seconds: float) -> int:
    """So long from now, on the monotonic clock, in ns."""
    return time.monotonic_ns() + int(seconds * 1e9)


def _bell() -> tuple[connection.Connection, connection.Connection]:
    """One end to ring, one that ``connection.wait`` hears."""
    hears, rings = Pipe(duplex=False)
    return rings, hears
